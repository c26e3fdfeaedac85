/** The JSON Schema for editors, made from the written policy's own shape, and as much of a validator as it needs. */
import { toJsonSchema } from '@valibot/to-json-schema';
import { Written } from '../../../src/core/policy/written.ts';

export type Schema = boolean | { readonly [keyword: string]: unknown };

/** What the schema cannot say: dates that exist, networks, commands. `check` says it. */
export function policySchema(): string {
  const shape = toJsonSchema(Written, { errorMode: 'ignore', typeMode: 'output' });
  const { properties, ...rest } = tidy(shape) as { properties: Record<string, { type?: unknown }> };
  // A section may stand empty: `servers:` and nothing under it.
  const sections = Object.entries(properties).map(([name, section]) => [
    name,
    section.type === 'object' || section.type === 'array' ? { ...section, type: [section.type, 'null'] } : section,
  ]);
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'access-policy.yaml of keyward',
    description: 'Who may reach what. Nobody gets anything that does not stand here.',
    ...rest,
    properties: Object.fromEntries(sections) as unknown,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** `false` for "nothing", without empty lists of requirements. */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (typeof value !== 'object' || value === null) return value;
  if (JSON.stringify(value) === '{"not":{}}') return false;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, item]) => !(key === 'required' && Array.isArray(item) && item.length === 0))
      .map(([key, item]) => [key, tidy(item)]),
  );
}

const KNOWN = new Set([
  '$schema',
  'title',
  'description',
  'type',
  'properties',
  'required',
  'additionalProperties',
  'propertyNames',
  'items',
  'minItems',
  'minimum',
  'maximum',
  'pattern',
  'enum',
  'const',
  'anyOf',
]);

/** Where `value` does not fit; throws for a keyword it does not know, so that none is passed over. */
export function misfits(schema: Schema, value: unknown, path = ''): string[] {
  if (typeof schema === 'boolean') return schema ? [] : [path];
  for (const keyword of Object.keys(schema)) if (!KNOWN.has(keyword)) throw new Error(`no idea what ${keyword} means`);
  const s = schema as {
    type?: string | string[];
    const?: unknown;
    enum?: unknown[];
    anyOf?: Schema[];
    pattern?: string;
    minimum?: number;
    maximum?: number;
  };
  const here = [
    s.type === undefined ||
      [s.type].flat().includes(typeOf(value)) ||
      (typeOf(value) === 'integer' && [s.type].flat().includes('number')),
    s.const === undefined || s.const === value,
    s.enum === undefined || s.enum.includes(value),
    s.anyOf === undefined || s.anyOf.some((one) => misfits(one, value).length === 0),
    s.pattern === undefined || typeof value !== 'string' || new RegExp(s.pattern, 'u').test(value),
    typeof value !== 'number' || (value >= (s.minimum ?? -Infinity) && value <= (s.maximum ?? Infinity)),
  ].every(Boolean);
  return [...(here ? [] : [path]), ...inList(schema, value, path), ...inMapping(schema, value, path)];
}

function inList(schema: { readonly [keyword: string]: unknown }, value: unknown, path: string): string[] {
  if (!Array.isArray(value)) return [];
  const { items = true, minItems = 0 } = schema as { items?: Schema; minItems?: number };
  return [
    ...(value.length < minItems ? [path] : []),
    ...value.flatMap((item, i) => misfits(items, item, `${path}/${i}`)),
  ];
}

function inMapping(schema: { readonly [keyword: string]: unknown }, value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const {
    properties = {},
    required = [],
    additionalProperties = true,
    propertyNames = true,
  } = schema as {
    properties?: Record<string, Schema>;
    required?: string[];
    additionalProperties?: Schema;
    propertyNames?: Schema;
  };
  const missing = required.filter((name) => !(name in value)).map((name) => `${path}/${name}`);
  const fields = Object.entries(value).flatMap(([name, item]) => [
    ...misfits(propertyNames, name, `${path}/${name}`),
    ...misfits(properties[name] ?? additionalProperties, item, `${path}/${name}`),
  ]);
  return [...missing, ...fields];
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}
