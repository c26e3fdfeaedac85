/** Selectors: each says something, names what exists, and finds something. */
import type { At } from '../at.ts';
import { nearest } from '../nearest.ts';
import { anyOf, isGlob, selectsPeople, selectsServers } from '../selectors.ts';
import type { WrittenPeople, WrittenServers } from '../written.ts';
import type { PolicyRule, Subject } from './index.ts';

/** What a field of a selector chooses from. */
interface Choice {
  readonly what: 'team' | 'employee' | 'machine' | 'server';
  readonly names: readonly string[];
  /** Names of entries that could not be read: neither unknown nor matched. */
  readonly known: (name: string) => boolean;
}

interface Choices extends Readonly<Record<Choice['what'], Choice>> {
  /** The labels servers have, each with all its values. */
  readonly labels: ReadonlyMap<string, ReadonlySet<string>>;
}

const rulesSelect: PolicyRule = (subject) => {
  const choices = choicesOf(subject);
  for (const { rule, people, servers, ended } of subject.reaches.rules) {
    const before = subject.report.errors;
    checkPeople(rule.value.to, rule.at, subject, choices);
    checkServers(rule.value.servers, rule.at, subject, choices);
    if (ended || !subject.policy.complete || subject.report.errors > before) continue;
    if (people.members.length === 0) nothing(subject, rule.at, 'to', 'nobody who is here');
    if (servers.members.length === 0) nothing(subject, rule.at, 'servers', 'no server');
  }
};

function nothing({ report }: Subject, at: At, field: string, what: string): void {
  report.warning('selector-matches-nothing', at.key(field), `This means ${what}, so the rule gives nothing.`);
}

const providersSelect: PolicyRule = (subject) => {
  const choices = choicesOf(subject);
  for (const { value, at } of subject.policy.providers) {
    for (const [index, rule] of value.rules.entries()) {
      const before = subject.report.errors;
      checkPeople(rule.to, at, subject, choices, ['rules', index]);
      if (subject.policy.complete && subject.report.errors === before && subject.reaches.to(rule.to).length === 0) {
        subject.report.warning(
          'selector-matches-nothing',
          at.key('rules', index, 'to'),
          'This means nobody who is here, so the rule gives nothing.',
        );
      }
    }
  }
};

const testsSelect: PolicyRule = (subject) => {
  const choices = choicesOf(subject);
  for (const { value, at } of subject.policy.tests) {
    const before = subject.report.errors;
    checkServers(value.servers, at, subject, choices);
    if (subject.policy.complete && subject.report.errors === before && subject.reaches.on(value.servers).length === 0) {
      subject.report.error(
        'test-checks-nothing',
        at.key('servers'),
        'This means no server, so the test checks nothing.',
      );
    }
    if (!subject.policy.whole || subject.policy.named.people.has(value.who)) continue;
    const near = nearest(value.who, subject.policy.named.people.keys());
    subject.report.error(
      'unknown-person',
      at.value('who'),
      `There is no employee or machine ${value.who}.`,
      near === undefined ? undefined : `Did you mean ${near}?`,
    );
  }
};

function choicesOf({ policy }: Subject): Choices {
  const names = (entries: readonly { readonly name: string }[]): string[] => entries.map(({ name }) => name);
  const people = (other: ReadonlySet<string>) => (name: string) => policy.named.people.has(name) && !other.has(name);
  const employees = new Set(names(policy.employees));
  const machines = new Set(names(policy.machines));
  return {
    team: { what: 'team', names: [...policy.named.teams.keys()], known: (name) => policy.named.teams.has(name) },
    employee: { what: 'employee', names: [...employees], known: people(machines) },
    machine: { what: 'machine', names: [...machines], known: people(employees) },
    server: { what: 'server', names: names(policy.servers), known: (name) => policy.named.servers.has(name) },
    labels: labelsOf(policy),
  };
}

function labelsOf({ servers }: Subject['policy']): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>();
  for (const { value } of servers) {
    for (const [label, text] of Object.entries(value.labels ?? {}))
      labels.set(label, (labels.get(label) ?? new Set()).add(text));
  }
  return labels;
}

type Steps = readonly (string | number)[];

function checkPeople(to: WrittenPeople, at: At, subject: Subject, choices: Choices, under: Steps = []): void {
  if (!selectsPeople(to)) {
    subject.report.error(
      'empty-selector',
      at.value(...under, 'to'),
      'This selects nobody.',
      'Everybody is employees: ["*"].',
    );
    return;
  }
  checkNames(to.teams, choices.team, at, [...under, 'to', 'teams'], subject);
  checkNames(to.employees, choices.employee, at, [...under, 'to', 'employees'], subject);
  checkNames(to.machines, choices.machine, at, [...under, 'to', 'machines'], subject);
  warnOfLeft(to.employees, at, [...under, 'to', 'employees'], subject);
  warnOfLeft(to.machines, at, [...under, 'to', 'machines'], subject);
}

function warnOfLeft(names: readonly string[] | undefined, at: At, steps: Steps, { policy, report }: Subject): void {
  if (names === undefined) return;
  const left = new Set(
    [...policy.employees, ...policy.machines].filter(({ value }) => value.left !== undefined).map(({ name }) => name),
  );
  for (const [index, name] of names.entries()) {
    if (left.has(name))
      report.warning(
        'names-left',
        at.value(...steps, index),
        `${name} has left and gets nothing.`,
        'Take the name out.',
      );
  }
}

function checkServers(servers: WrittenServers, at: At, subject: Subject, choices: Choices): void {
  if (!selectsServers(servers)) {
    const message =
      servers.except === undefined
        ? 'This selects no server.'
        : 'except takes from something; this does not say from what.';
    subject.report.error('empty-selector', at.value('servers'), message, 'Every server is names: ["*"].');
  }
  checkNames(servers.names, choices.server, at, ['servers', 'names'], subject);
  checkNames(servers.except, choices.server, at, ['servers', 'except'], subject);
  checkLabels(servers, at, subject, choices);
}

function checkNames(
  patterns: readonly string[] | undefined,
  { what, names, known }: Choice,
  at: At,
  steps: Steps,
  { policy, report }: Subject,
): void {
  if (!policy.whole) return;
  for (const [index, pattern] of (patterns ?? []).entries()) {
    if (isGlob(pattern)) {
      if (policy.complete && !names.some(anyOf([pattern])))
        report.warning('selector-matches-nothing', at.value(...steps, index), `No ${what} has a name like ${pattern}.`);
    } else if (!known(pattern)) {
      const near = nearest(pattern, names);
      report.error(
        what === 'employee' || what === 'machine' ? 'unknown-person' : `unknown-${what}`,
        at.value(...steps, index),
        `There is no ${what} ${pattern}.`,
        near === undefined ? undefined : `Did you mean ${near}?`,
      );
    }
  }
}

function checkLabels(servers: WrittenServers, at: At, { policy, report }: Subject, { labels }: Choices): void {
  if (!policy.complete || servers.labels === undefined) return;
  for (const [label, wanted] of Object.entries(servers.labels)) {
    const values = labels.get(label);
    if (values === undefined) {
      const near = nearest(label, labels.keys());
      report.warning(
        'unknown-label',
        at.key('servers', 'labels', label),
        `No server has a label ${label}.`,
        near === undefined ? undefined : `Did you mean ${near}?`,
      );
      continue;
    }
    for (const [index, pattern] of (typeof wanted === 'string' ? [wanted] : wanted).entries()) {
      if ([...values].some(anyOf([pattern]))) continue;
      const place =
        typeof wanted === 'string' ? at.value('servers', 'labels', label) : at.value('servers', 'labels', label, index);
      const near = nearest(pattern, values);
      report.warning(
        'unknown-label',
        place,
        `No server has ${label}: ${pattern}.`,
        near === undefined ? undefined : `Did you mean ${near}?`,
      );
    }
  }
}

export const selectorRules: readonly PolicyRule[] = [rulesSelect, providersSelect, testsSelect];
