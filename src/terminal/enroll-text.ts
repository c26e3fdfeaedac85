/** A server that was enrolled: what was found there, what is trusted from now on, what comes next. */
import type { EnrollReport } from '../verbs/enroll.ts';
import { commitLine } from './deliver-text.ts';
import { lookedText } from './drift-text.ts';
import { count, type Style, tame, wrap } from './style.ts';

export function enrollText(report: EnrollReport, style: Style): string {
  const name = tame(report.name);
  const found = (word: string): EnrollReport['found'] => report.found.filter((line) => line.word === word);
  const lines = [
    `${style.mark('done')} ${name} is enrolled (${report.id}); the courier gets in, and nobody's access has changed.`,
    `  Host ${report.hostKeys.length === 1 ? 'key' : 'keys'}: ${report.hostKeys.join(', ')}`,
  ];
  if (report.times > 1) lines.push(`! Enrolled for the ${report.times}th time: it trusts the signers of the release in force here from now on, and every receipt says so.`);
  const looked = found('looked').map(({ fields: [what = '', n = '0'] }) => ({ what, count: Number(n) }));
  lines.push(`  Looked at ${lookedText(looked)}.`);
  lines.push(`  ${count(found('account').length, 'account')} with a login shell, ${count(found('way-in').length, 'way')} in that keyward does not manage, ${report.accepted} written as accepted.`);
  for (const way of found('way-in')) lines.push(`    ${tame(way.fields.join(' '))}`);
  lines.push(commitLine(report.written, style), 'Next: name it in a rule, then keyward plan, approve, deliver.');
  return lines
    .filter((line) => line !== '')
    .map((line) => wrap(line, style.width, '      '))
    .join('\n');
}
