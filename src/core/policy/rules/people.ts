/** Employees and machines: their ids, teams, owners, and when they are here. */
import { formatInstant, readInstant } from '../../access/index.ts';
import type { Instant } from '../../access/index.ts';
import type { Entry } from '../at.ts';
import { outline } from '../characters.ts';
import { nearest } from '../nearest.ts';
import { endOf, hasEnded } from '../reach-of-rules.ts';
import type { PolicyRule, Subject } from './index.ts';

const idsOnce: PolicyRule = ({ policy, report }) => {
  const before = new Map<string, Entry<unknown>>();
  for (const entry of [...policy.employees, ...policy.machines, ...policy.servers, ...policy.providers]) {
    const { name, value, at } = entry;
    const other = before.get(value.id);
    if (other === undefined) {
      before.set(value.id, entry);
      continue;
    }
    const { file, line = 1 } = other.at.value('id');
    report.error(
      'duplicate-id',
      at.value('id'),
      `${name} has the id of ${other.name} (${file}:${line}).`,
      'Every id is made once and given to nobody else.',
    );
  }
};

const teamsAreListed: PolicyRule = ({ policy, report }) => {
  for (const { value, at } of policy.employees) {
    for (const [index, team] of (value.teams ?? []).entries()) {
      if (!policy.whole || policy.named.teams.has(team)) continue;
      const near = nearest(team, policy.named.teams.keys());
      report.error(
        'unknown-team',
        at.value('teams', index),
        `There is no team ${team}.`,
        near === undefined ? 'List it under teams.' : `Did you mean ${near}?`,
      );
    }
  }
};

const ownersAreEmployees: PolicyRule = ({ policy, report }) => {
  const employees = new Map(policy.employees.map((employee) => [employee.name, employee.value]));
  const machines = new Set(policy.machines.map(({ name }) => name));
  for (const { name, value, at } of policy.machines) {
    const owner = employees.get(value.owner);
    if (owner?.left !== undefined) {
      report.warning(
        'owner-left',
        at.value('owner'),
        `${value.owner} has left; nobody answers for ${name}.`,
        'Name another owner.',
      );
    } else if (owner === undefined && machines.has(value.owner)) {
      report.error('unknown-person', at.value('owner'), `${value.owner} is a machine; an owner is an employee.`);
    } else if (owner === undefined && policy.whole && !policy.named.people.has(value.owner)) {
      const near = nearest(value.owner, employees.keys());
      report.error(
        'unknown-person',
        at.value('owner'),
        `There is no employee ${value.owner}.`,
        near === undefined ? undefined : `Did you mean ${near}?`,
      );
    }
  }
};

/** The first moment of a day, or undefined for no day. */
export function dayOf(day: string | undefined): Instant | undefined {
  return day === undefined ? undefined : readInstant(`${day}T00:00:00Z`);
}

const leftIsNotAhead: PolicyRule = (subject) => {
  for (const { name, value, at } of [...subject.policy.employees, ...subject.policy.machines]) {
    const left = dayOf(value.left);
    if (left === undefined || left <= subject.now) continue;
    subject.report.error(
      'left-ahead',
      at.value('left'),
      `left says that ${name} has left; this day is still to come.`,
      `For an end to come write until: ${value.left ?? ''}.`,
    );
  }
};

const endedPeople: PolicyRule = ({ policy, now, report }) => {
  for (const { name, value, at } of [...policy.employees, ...policy.machines]) {
    const until = endOf(value);
    if (value.left !== undefined || until === undefined || !hasEnded(until, now)) continue;
    report.warning(
      'person-ended',
      at.value('until'),
      `All access of ${name} ended ${formatInstant(until)}.`,
      `Run keyward offboard ${name}, or write a later day.`,
    );
  }
};

const namesLookDifferent: PolicyRule = (subject) => {
  const { policy } = subject;
  for (const entries of [[...policy.employees, ...policy.machines], policy.servers, policy.teams])
    warnOfTwins(entries, subject);
};

function warnOfTwins(entries: readonly Entry<unknown>[], { report }: Subject): void {
  const before = new Map<string, string>();
  for (const { name, at } of entries) {
    const other = before.get(outline(name));
    if (other === undefined) before.set(outline(name), name);
    else
      report.warning(
        'lookalike-name',
        at.key(),
        `${name} is easily taken for ${other}.`,
        'Give one of them another name.',
      );
  }
}

export const peopleRules: readonly PolicyRule[] = [
  idsOnce,
  teamsAreListed,
  ownersAreEmployees,
  leftIsNotAhead,
  endedPeople,
  namesLookDifferent,
];
