/** Providers: one account under one name, rules within what may be given at all, and what is accepted. */
import { formatInstant, PROVIDER_WAYS } from '../../access/index.ts';
import { endOf, hasEnded } from '../reach-of-rules.ts';
import type { PolicyRule } from './index.ts';

const accountIdsOnce: PolicyRule = ({ policy, report }) => {
  const before = new Map<string, string>();
  for (const { name, value, at } of policy.providers) {
    const other = before.get(value['account-id']);
    if (other === undefined) before.set(value['account-id'], name);
    else
      report.error(
        'account-id-twice',
        at.value('account-id'),
        `${other} is the same AWS account.`,
        'Put its rules under one name.',
      );
  }
};

const rulesGiveSomething: PolicyRule = ({ policy, now, report }) => {
  for (const { value, at } of policy.providers) {
    for (const [index, rule] of value.rules.entries()) {
      const until = endOf(rule);
      const gives = rule.groups !== undefined || rule['managed-policies'] !== undefined || rule.console === true;
      if (!gives)
        report.warning(
          'gives-nothing',
          at.value('rules', index),
          'This rule gives nothing.',
          'Add groups, managed-policies or console: true.',
        );
      if (until !== undefined && hasEnded(until, now))
        report.warning(
          'rule-ended',
          at.value('rules', index, 'until'),
          `This rule ended ${formatInstant(until)} and gives nothing.`,
          'Delete the rule, or write a later day.',
        );
    }
  }
};

/** What stands in a list of all that may be given, and a rule gives more. */
const rulesStayWithin: PolicyRule = ({ policy, report }) => {
  for (const { name, value, at } of policy.providers) {
    for (const [index, rule] of value.rules.entries()) {
      for (const field of ['groups', 'managed-policies'] as const) {
        const allowed = value[field];
        for (const [nth, one] of (rule[field] ?? []).entries()) {
          if (allowed === undefined || allowed.includes(one)) continue;
          report.error(
            'outside-allowed',
            at.value('rules', index, field, nth),
            `${one} is none of the ${field} that ${name} may give.`,
            `Take it out, or add it to ${field} of ${name}.`,
          );
        }
      }
    }
  }
};

const acceptedSaysOneThing: PolicyRule = ({ policy, report }) => {
  for (const { value, at } of policy.providers) {
    for (const [index, accepted] of (value.accepted ?? []).entries()) {
      const kinds = PROVIDER_WAYS.filter((kind) => accepted[kind] !== undefined);
      if (kinds.length === 1) continue;
      report.error(
        'accepted-kind',
        at.value('accepted', index),
        'An accepted way in names one thing.',
        `Write one of ${PROVIDER_WAYS.join(', ')}.`,
      );
    }
  }
};

export const providerRules: readonly PolicyRule[] = [
  accountIdsOnce,
  rulesGiveSomething,
  rulesStayWithin,
  acceptedSaysOneThing,
];
