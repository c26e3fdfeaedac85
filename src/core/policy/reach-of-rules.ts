/**
 * Whom and what each rule reaches: selectors resolved to numbers of people and servers, once for each rule, never for
 * each pair. Works on a policy with errors as well, as far as its entries could be read.
 */
import { earlierEnd, readEnd } from '../access/index.ts';
import type { Instant } from '../access/index.ts';
import type { Entry } from './at.ts';
import { Bits } from './bits.ts';
import type { ReadPolicy } from './read.ts';
import { employeeFinder, machineMatcher, serverFinder } from './selectors.ts';
import type {
  WrittenEmployee,
  WrittenMachine,
  WrittenPeople,
  WrittenRule,
  WrittenServer,
  WrittenServers,
} from './written.ts';

export interface RuleReach {
  readonly rule: Entry<WrittenRule>;
  /** Nothing is granted by it any more. */
  readonly ended: boolean;
  readonly until?: Instant;
  /** Numbers of `people` it is for, those who left or have ended taken out. */
  readonly people: Bits;
  /** Numbers of `servers`, removed ones taken out. */
  readonly servers: Bits;
}

export interface Reaches {
  /** Employees and machines by handle. */
  readonly people: readonly (Entry<WrittenEmployee> | Entry<WrittenMachine>)[];
  /** Servers by name. */
  readonly servers: readonly Entry<WrittenServer>[];
  readonly numberOfPerson: ReadonlyMap<string, number>;
  readonly rules: readonly RuleReach[];
  /** Numbers of the servers a selector means, removed ones taken out. */
  on(selector: WrittenServers): readonly number[];
  /** Handles a selector means, those who left or have ended taken out. */
  to(selector: WrittenPeople): readonly string[];
}

export function reachOfRules(policy: ReadPolicy, now: Instant): Reaches {
  const people = [...policy.employees, ...policy.machines].sort(byName);
  const servers = [...policy.servers].sort(byName);
  const numberOfPerson = new Map(people.map(({ name }, number) => [name, number]));
  const employees = policy.employees.filter(({ value }) => isHere(value, now));
  const machines = policy.machines.filter(({ value }) => isHere(value, now));
  const findEmployees = employeeFinder(employees);
  const to = (selector: WrittenPeople): string[] => [
    ...findEmployees(selector),
    ...machines.filter(machineMatcher(selector)).map(({ name }) => name),
  ];
  const findServers = serverFinder(servers);
  const on = (selector: WrittenServers): number[] =>
    findServers(selector).filter((number) => servers[number]?.value.removed === undefined);
  const rules = policy.rules.map((rule): RuleReach => {
    const until = endOf(rule.value);
    const numbers = to(rule.value.to).map((handle) => numberOfPerson.get(handle) ?? 0);
    return {
      rule,
      ended: hasEnded(until, now),
      ...(until === undefined ? {} : { until }),
      people: new Bits(people.length, numbers),
      servers: new Bits(servers.length, on(rule.value.servers)),
    };
  });
  return { people, servers, numberOfPerson, rules, on, to };
}

/** The end a rule or a person has, if any. */
export function endOf(written: { readonly until?: string | undefined }): Instant | undefined {
  return written.until === undefined ? undefined : readEnd(written.until);
}

/** An end counts up to its own second. */
export function hasEnded(until: Instant | undefined, now: Instant): boolean {
  return until !== undefined && now > until;
}

function isHere(person: WrittenEmployee | WrittenMachine, now: Instant): boolean {
  return person.left === undefined && !hasEnded(endOf(person), now);
}

/** When a rule ends for one person: the earlier of its end and theirs. */
export function endFor(until: Instant | undefined, person: WrittenEmployee | WrittenMachine): Instant | undefined {
  return earlierEnd(until, endOf(person));
}

export function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}

/** What must be equal for all that one person is granted on one server: where from, and the one command. */
export function limitsOf({ from, command }: WrittenRule): string {
  return JSON.stringify([from === undefined ? null : [...new Set(from)].sort(), command ?? null]);
}
