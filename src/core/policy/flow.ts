/** Writes a value as YAML on one line, so that every reader of YAML 1.1 or 1.2 reads it the same way. */

/** Words that need no quotes anywhere: no letter in them means anything to YAML. */
const PLAIN = /^[A-Za-z_/](?:[A-Za-z0-9_./@+'-]|:(?=[A-Za-z0-9])| (?=[A-Za-z0-9_/]))*$/;
const MISREAD = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const DATE_FIELDS = new Set(['until', 'left', 'removed']);

/** `field` is the name of the field the value stands in: dates stand without quotes where a date is meant. */
export function flow(value: unknown, field?: string): string {
  if (typeof value === 'string') return word(value, field);
  if (Array.isArray(value)) return `[${value.map((item) => flow(item)).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const pairs = Object.entries(value).filter(([, item]) => item !== undefined);
  return pairs.length === 0 ? '{}' : `{ ${pairs.map(([key, item]) => flowPair(key, item)).join(', ')} }`;
}

/** `key: value`. */
export function flowPair(key: string, value: unknown): string {
  return `${word(key)}: ${flow(value, key)}`;
}

function word(text: string, field?: string): string {
  if (field !== undefined && DATE_FIELDS.has(field) && /^\d{4}-[0-9TZ:-]+$/.test(text)) return text;
  return (PLAIN.test(text) && !MISREAD.test(text)) || IPV4.test(text) ? text : JSON.stringify(text);
}
