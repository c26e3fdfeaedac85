/** Ends and limits of rules, and rules that contradict each other. */
import { formatInstant } from '../../access/index.ts';
import { isEverywhere } from '../forms.ts';
import { limitsOf } from '../reach-of-rules.ts';
import type { RuleReach } from '../reach-of-rules.ts';
import type { PolicyRule, Subject } from './index.ts';

const endedRules: PolicyRule = ({ reaches, report }) => {
  for (const { rule, ended, until } of reaches.rules) {
    if (ended && until !== undefined)
      report.warning(
        'rule-ended',
        rule.at.value('until'),
        `${rule.name} ended ${formatInstant(until)} and gives nothing.`,
        'Delete the rule, or write a later day.',
      );
  }
};

const networksLimit: PolicyRule = ({ policy, report }) => {
  for (const { value, at } of policy.rules) {
    for (const [index, network] of (value.from ?? []).entries()) {
      if (isEverywhere(network))
        report.warning(
          'from-everywhere',
          at.value('from', index),
          `${network} is every address and limits nothing.`,
          'Leave from out if it may come from anywhere.',
        );
    }
  }
};

/**
 * For one person and server there can be one `from` and one `command`: sshd takes the first line on which a key fits, so
 * two would not add up but depend on their order. Having none is different from having one.
 */
const rulesAgree: PolicyRule = (subject) => {
  const rules = subject.reaches.rules.filter(
    ({ ended, people, servers }) => !ended && people.members.length > 0 && servers.members.length > 0,
  );
  const limits = rules.map(({ rule }) => limitsOf(rule.value));
  for (const [later, rule] of rules.entries()) {
    for (let earlier = 0; earlier < later; earlier += 1) {
      const other = rules[earlier];
      if (other !== undefined && limits[earlier] !== limits[later]) reportWhereBoth(other, rule, subject);
    }
  }
};

function reportWhereBoth(earlier: RuleReach, later: RuleReach, { reaches, report }: Subject): void {
  const person = earlier.people.firstShared(later.people);
  const server = person === undefined ? undefined : earlier.servers.firstShared(later.servers);
  if (person === undefined || server === undefined) return;
  const { value, at } = later.rule;
  const field = value.command === earlier.rule.value.command ? 'from' : 'command';
  const place = value[field] === undefined ? at.value('name') : at.value(field);
  const { file, line } = earlier.rule.at.value('name');
  const who = `${reaches.people[person]?.name ?? ''} on ${reaches.servers[server]?.name ?? ''}`;
  const says = `"${earlier.rule.name}" (${file}:${line ?? 1}) and "${later.rule.name}" differ in ${field} for ${who}.`;
  report.error('rules-contradict', place, says, `Give both the same ${field}, or let them not meet.`);
}

export const limitRules: readonly PolicyRule[] = [endedRules, networksLimit, rulesAgree];
