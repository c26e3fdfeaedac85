/** What sudo rules really give. */
import { isReservedAccount } from '../../access/index.ts';
import type { At } from '../at.ts';
import type { Report } from '../report.ts';
import { sudoEscape } from '../sudo-escapes.ts';
import type { WrittenSudo } from '../written.ts';
import { ROOT_LIKE_GROUPS } from './accounts.ts';
import type { PolicyRule } from './index.ts';

const MEANS_ROOT = 'of everybody this rule is for, offboarding there is reported, not proved';

type EntryRule = (sudo: WrittenSudo, at: At, report: Report, steps: readonly (string | number)[]) => void;

const escapesAreNamed: EntryRule = ({ commands }, at, report, steps) => {
  if (typeof commands === 'string') return;
  for (const [index, command] of commands.entries()) {
    const escape = sudoEscape(command);
    if (escape !== undefined)
      report.warning('sudo-escape', at.value(...steps, 'commands', index), escape.says, escape.instead);
    if (/[*?[\]]/.test(command))
      report.warning(
        'sudo-literal',
        at.value(...steps, 'commands', index),
        'Wildcards are taken literally: in sudoers they would also fit blanks and /.',
        'List each command.',
      );
  }
};

const rootIsNamed: EntryRule = (sudo, at, report, steps) => {
  const runAs = sudo['run-as'];
  if (sudo.commands === 'ALL' && (runAs === 'root' || runAs === 'ALL')) {
    report.warning(
      'sudo-root',
      at.value(...steps),
      `${at.name} gives root: ${MEANS_ROOT}.`,
      'List the commands that are needed.',
    );
  } else if (ROOT_LIKE_GROUPS.has(runAs) && runAs !== 'root') {
    report.warning(
      'root-like-group',
      at.value(...steps, 'run-as'),
      `An account ${runAs} has, as a rule, a group whose members can become root: ${MEANS_ROOT}.`,
    );
  }
};

const keywardIsNobody: EntryRule = (sudo, at, report, steps) => {
  const runAs = sudo['run-as'];
  if (runAs !== 'root' && isReservedAccount(runAs))
    report.error('reserved-account', at.value(...steps, 'run-as'), `The account ${runAs} is keyward's own.`);
};

const ENTRY_RULES: readonly EntryRule[] = [escapesAreNamed, rootIsNamed, keywardIsNobody];

export const sudoRules: readonly PolicyRule[] = ENTRY_RULES.map((check) => ({ policy, report }) => {
  for (const { value, at } of policy.rules) {
    for (const [index, sudo] of (value.sudo ?? []).entries()) check(sudo, at, report, ['sudo', index]);
  }
});
