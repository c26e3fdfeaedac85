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

/** Whether a selector says anything at all; `except` alone does not. */
export function selectsPeople(to: WrittenPeople): boolean {
  return to.teams !== undefined || to.employees !== undefined || to.machines !== undefined;
}
export function selectsServers(servers: WrittenServers): boolean {
  return servers.names !== undefined || Object.keys(servers.labels ?? {}).length > 0;
}

/** Tells of each server whether it is meant. */
export function serverMatcher(selector: WrittenServers): (server: Entry<WrittenServer>) => boolean {
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

/** Tells of each employee whether they are meant. */
export function employeeMatcher(to: WrittenPeople): (employee: Entry<WrittenEmployee>) => boolean {
  const named = anyOf(to.employees ?? []);
  const teams = anyOf(to.teams ?? []);
  return ({ name, value }) => named(name) || (value.teams ?? []).some(teams);
}

/** Tells of each machine whether it is meant. */
export function machineMatcher(to: WrittenPeople): (machine: Entry<WrittenMachine>) => boolean {
  const named = anyOf(to.machines ?? []);
  return ({ name }) => named(name);
}
