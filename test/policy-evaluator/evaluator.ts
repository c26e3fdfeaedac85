/**
 * A second evaluator of policies, slow and plain, from the words of the design and nothing of src/: for one person and one
 * server it walks every rule and asks every question anew. It shares with the first only the `yaml` package, and uses
 * another entrance of that. It takes good policies only; what is wrong with a policy is not its matter.
 */
import { parse } from 'yaml';

export interface PlainGrant {
  readonly rule: string;
  readonly account: string;
  /** UTC seconds; null: does not end. */
  readonly until: number | null;
  readonly allow: readonly string[];
  readonly sudo: readonly string[];
  readonly from: readonly string[] | null;
  readonly command: string | null;
}

// oxlint-disable-next-line typescript/no-explicit-any -- plain on purpose: no type of src/ helps it to agree
type Fields = Record<string, any>;

/** Reads the files in the order of their names, the main one first, and puts their sections one after the other. */
export function readPlain(files: ReadonlyMap<string, string>): Fields {
  const main = parse(files.get('access-policy.yaml') ?? '') as Fields;
  const more = [...files.keys()].filter((path) => path.startsWith('access-policy.d/')).sort();
  const all: Fields[] = [main, ...more.map((path) => (parse(files.get(path) ?? '') ?? {}) as Fields)];
  const whole: Fields = { defaults: main['defaults'] ?? {}, employees: {}, machines: {}, servers: {}, rules: [] };
  for (const part of all) {
    for (const name of ['employees', 'machines', 'servers'])
      for (const key in part[name] ?? {}) whole[name][key] = part[name][key];
    for (const rule of part['rules'] ?? []) whole['rules'].push(rule);
  }
  return whole;
}

/** What one person is granted on one server at a moment, rule by rule. */
export function grantsOf(policy: Fields, handle: string, serverName: string, now: number): PlainGrant[] {
  const employee = policy['employees'][handle];
  const person = employee ?? policy['machines'][handle];
  const server = policy['servers'][serverName];
  const found: PlainGrant[] = [];
  if (person === undefined || server === undefined) return found;
  if (person['left'] !== undefined) return found;
  if (server['removed'] !== undefined) return found;
  if (person['until'] !== undefined && now > endOf(person['until'])) return found;
  for (const rule of policy['rules']) {
    if (rule['until'] !== undefined && now > endOf(rule['until'])) continue;
    if (!isMeant(rule['to'], handle, employee)) continue;
    if (!isThere(rule['servers'], serverName, server)) continue;
    const ends = [];
    if (rule['until'] !== undefined) ends.push(endOf(rule['until']));
    if (person['until'] !== undefined) ends.push(endOf(person['until']));
    found.push({
      rule: rule['name'],
      account: person['account'] === undefined ? handle : person['account'],
      until: ends.length === 0 ? null : Math.min(...ends),
      allow: allowed(rule['allow'] === undefined ? (policy['defaults']['allow'] ?? []) : rule['allow']),
      sudo: sudo(rule['sudo'] ?? []),
      from: rule['from'] === undefined ? null : once(rule['from']),
      command: rule['command'] === undefined ? null : rule['command'],
    });
  }
  return found;
}

function isMeant(to: Fields, handle: string, employee: Fields | undefined): boolean {
  if (employee === undefined) return (to['machines'] ?? []).some((pattern: string) => fits(pattern, handle));
  for (const pattern of to['employees'] ?? []) if (fits(pattern, handle)) return true;
  for (const pattern of to['teams'] ?? [])
    for (const team of employee['teams'] ?? []) if (fits(pattern, team)) return true;
  return false;
}

function isThere(servers: Fields, name: string, server: Fields): boolean {
  for (const pattern of servers['except'] ?? []) if (fits(pattern, name)) return false;
  let asked = false;
  if (servers['names'] !== undefined) {
    asked = true;
    if (!servers['names'].some((pattern: string) => fits(pattern, name))) return false;
  }
  for (const label in servers['labels'] ?? {}) {
    asked = true;
    const has = (server['labels'] ?? {})[label];
    if (has === undefined) return false;
    const wanted = servers['labels'][label];
    const patterns: string[] = typeof wanted === 'string' ? [wanted] : wanted;
    if (!patterns.some((pattern) => fits(pattern, has))) return false;
  }
  return asked;
}

/** `*` stands for any letters: tries every length. */
export function fits(pattern: string, text: string): boolean {
  if (pattern === '') return text === '';
  if (pattern[0] !== '*') return text !== '' && pattern[0] === text[0] && fits(pattern.slice(1), text.slice(1));
  for (let skipped = 0; skipped <= text.length; skipped += 1)
    if (fits(pattern.slice(1), text.slice(skipped))) return true;
  return false;
}

function endOf(text: string): number {
  return Date.parse(text.length === 10 ? `${text}T23:59:59Z` : text) / 1000;
}

function once(list: readonly string[]): string[] {
  return [...new Set(list)].sort();
}

function allowed(entries: readonly (string | Fields)[]): string[] {
  const all: string[] = [];
  for (const entry of entries) {
    if (typeof entry === 'string') all.push(entry);
    else for (const target of entry['forward-to']) all.push(`forward-to ${target}`);
  }
  return once(all);
}

function sudo(entries: readonly Fields[]): string[] {
  const all: string[] = [];
  for (const entry of entries) {
    const commands = entry['commands'] === 'ALL' ? ['ALL'] : entry['commands'];
    for (const command of commands) all.push(`${entry['run-as']} ${command}`);
  }
  return once(all);
}
