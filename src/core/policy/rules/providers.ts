/** Providers: read and checked; delivering to them comes later. */
import { formatInstant } from '../../access/index.ts';
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

export const providerRules: readonly PolicyRule[] = [accountIdsOnce, rulesGiveSomething];
