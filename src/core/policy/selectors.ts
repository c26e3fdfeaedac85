/**
 * The one language for "who" and "where": the fields of `to` add up, the fields of `servers` narrow, so do the entries of
 * `labels`; the entries of a list add up. `*` in a name stands for any letters. What is empty selects nothing.
 */
import type { Entry } from './at.ts';
import type { WrittenEmployee, WrittenMachine, WrittenPeople, WrittenServer, WrittenServers } from './written.ts';

export type Matcher = (text: string) => boolean;

export function isGlob(pattern: string): boolean {
  return pattern.includes('*');
}

/** Matches what any of these patterns matches. */
export function anyOf(patterns: readonly string[]): Matcher {
  const exact = new Set(patterns.filter((pattern) => !isGlob(pattern)));
  const globs = patterns.filter(isGlob).map(globMatcher);
  return (text) => exact.has(text) || globs.some((matches) => matches(text));
}

/** Goes from left to right and takes each piece where it first fits: time grows with the lengths, not with their powers. */
function globMatcher(pattern: string): Matcher {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= text.length - last.length;
  };
}

/** Things by the texts they have, so that a selector looks at those that may fit and not at all of them. */
class ByText {
  readonly #numbers = new Map<string, number[]>();

  /** What stands at `number` in its list has this text, among others. */
  add(text: string, number: number): void {
    const there = this.#numbers.get(text);
    if (there === undefined) this.#numbers.set(text, [number]);
    else there.push(number);
  }

  /** How many have a text that one of these patterns matches; some may be counted more than once. */
  count(patterns: readonly string[]): number {
    return this.#lists(patterns).reduce((sum, { length }) => sum + length, 0);
  }

  /** The numbers of those, each once. */
  any(patterns: readonly string[]): ReadonlySet<number> {
    return new Set(this.#lists(patterns).flat());
  }

  #lists(patterns: readonly string[]): readonly (readonly number[])[] {
    if (!patterns.some(isGlob)) return patterns.flatMap((text) => [this.#numbers.get(text) ?? []]);
    const fits = anyOf(patterns);
    return [...this.#numbers].flatMap(([text, numbers]) => (fits(text) ? [numbers] : []));
  }
}

/** Whether a selector says anything at all; `except` alone does not. */
export function selectsPeople(to: WrittenPeople): boolean {
  return to.teams !== undefined || to.employees !== undefined || to.machines !== undefined;
}
export function selectsServers(servers: WrittenServers): boolean {
  return servers.names !== undefined || Object.keys(servers.labels ?? {}).length > 0;
}

/** Tells of each server whether it is meant. */
function serverMatcher(selector: WrittenServers): (server: Entry<WrittenServer>) => boolean {
  if (!selectsServers(selector)) return () => false;
  const named = selector.names === undefined ? () => true : anyOf(selector.names);
  const except = anyOf(selector.except ?? []);
  const labels = Object.entries(selector.labels ?? {}).map(([label, values]) => ({
    label,
    fits: anyOf(typeof values === 'string' ? [values] : values),
  }));
  return ({ name, value }) =>
    named(name) && !except(name) && labels.every(({ label, fits }) => hasLabel(value, label, fits));
}

function hasLabel(server: WrittenServer, label: string, fits: Matcher): boolean {
  const value = server.labels !== undefined && Object.hasOwn(server.labels, label) ? server.labels[label] : undefined;
  return value !== undefined && fits(value);
}

/**
 * Finds the servers a selector means, by their numbers in this list. Of what narrows, what leaves the fewest is gone
 * through, and each of those is looked at whole.
 */
export function serverFinder(servers: readonly Entry<WrittenServer>[]): (selector: WrittenServers) => readonly number[] {
  const names = new ByText();
  const labels = new Map<string, ByText>();
  for (const [number, { name, value }] of servers.entries()) {
    names.add(name, number);
    for (const [label, text] of Object.entries(value.labels ?? {})) {
      const texts = labels.get(label) ?? new ByText();
      labels.set(label, texts);
      texts.add(text, number);
    }
  }
  const none = new ByText();
  return (selector) => {
    const narrowing = Object.entries(selector.labels ?? {}).map(([label, values]) => ({
      texts: labels.get(label) ?? none,
      patterns: typeof values === 'string' ? [values] : values,
    }));
    if (selector.names !== undefined) narrowing.push({ texts: names, patterns: selector.names });
    const [fewest] = narrowing
      .map((one) => ({ ...one, count: one.texts.count(one.patterns) }))
      .sort((a, b) => a.count - b.count);
    if (fewest === undefined) return [];
    const meant = serverMatcher(selector);
    const found = [...fewest.texts.any(fewest.patterns)].sort((a, b) => a - b);
    return found.filter((number) => {
      const server = servers[number];
      return server !== undefined && meant(server);
    });
  };
}

/** Finds the employees a selector means, in the order of the list. */
export function employeeFinder(employees: readonly Entry<WrittenEmployee>[]): (to: WrittenPeople) => readonly string[] {
  const names = new ByText();
  const teams = new ByText();
  for (const [number, { name, value }] of employees.entries()) {
    names.add(name, number);
    for (const team of value.teams ?? []) teams.add(team, number);
  }
  return (to) => {
    const found = new Set([...names.any(to.employees ?? []), ...teams.any(to.teams ?? [])]);
    return [...found].sort((a, b) => a - b).map((number) => employees[number]?.name ?? '');
  };
}

/** Tells of each machine whether it is meant. */
export function machineMatcher(to: WrittenPeople): (machine: Entry<WrittenMachine>) => boolean {
  const named = anyOf(to.machines ?? []);
  return ({ name }) => named(name);
}
