/** Many servers that were to be enrolled: one line each, what is there already, and what a second run does. */
import type { EnrolledOne, EnrolledState, EnrollFromReport } from '../verbs/enroll-from.ts';
import { commitLine, wouldWriteLine } from './deliver-text.ts';
import { wayText } from './enroll-text.ts';
import { count, type Mark, type Style, tame, wrap } from './style.ts';
import { table } from './table.ts';

const MARKS: Readonly<Record<EnrolledState, Mark>> = {
  enrolled: 'done',
  ready: 'done',
  already: 'done',
  unknown: 'failed',
  refused: 'failed',
  untrusted: 'failed',
};
const WORDS: Readonly<Record<EnrolledState, string>> = {
  enrolled: 'enrolled',
  ready: 'could be enrolled',
  already: 'answers already',
  unknown: 'not reached',
  refused: 'as it was',
  untrusted: 'not believed',
};

export function enrollFromText(report: EnrollFromReport, style: Style): string {
  const rows = report.servers.map((one) => [
    `  ${style.mark(MARKS[one.state])} ${tame(one.name)}`,
    WORDS[one.state],
    detail(one),
  ]);
  const lines = [rows.length > 0 ? table(rows, style) : ''];
  for (const one of report.servers) {
    const ways = waysOf(one);
    if ((one.state !== 'enrolled' && one.state !== 'ready') || ways.length === 0) continue;
    const accepted = one.state === 'ready' ? `${one.accepted} would be` : one.accepted;
    lines.push(`${tame(one.name)}: ${count(ways.length, 'way')} in that keyward does not manage, ${accepted} written as accepted.`);
    lines.push(...ways.map((way) => wrap(wayText(way), style.width, '      ')));
  }
  for (const { what, why } of report.passedOver)
    lines.push(wrap(`  ! ${tame(what)}  passed over: ${tame(why)}`, style.width, '      '));
  lines.push(wrap(wouldWriteLine(report.wouldWrite ?? []), style.width, '    '), wrap(summary(report), style.width, '  '), commitLine(report.written, style));
  if (report.servers.some(({ state }) => state === 'enrolled'))
    lines.push('Next: name them in a rule, then keyward plan, approve, deliver.');
  return lines.filter((line) => line !== '').join('\n');
}

function waysOf(one: EnrolledOne): EnrolledOne['found'] {
  return one.found.filter(({ word }) => word === 'way-in');
}

function detail(one: EnrolledOne): string {
  if (one.why !== undefined) return tame(one.why);
  return one.state === 'enrolled' || one.state === 'ready'
    ? `OpenSSH ${tame(one.openssh ?? 'unknown')}; ${count(waysOf(one).length, 'way')} in not managed`
    : '';
}

function summary({ servers, passedOver, wouldWrite }: EnrollFromReport): string {
  const of = (state: EnrolledState): number => servers.filter((one) => one.state === state).length;
  const rest = servers.length - of('enrolled') - of('ready') - of('already');
  const parts: readonly (readonly [number, string])[] = [
    [of('enrolled'), 'enrolled'],
    [of('ready'), 'could be enrolled'],
    [of('already'), 'answered already'],
    [of('refused'), 'refused, and as they were'],
    [of('untrusted'), 'without a host key to believe'],
    [of('unknown'), 'not reached'],
    [passedOver.length, 'passed over'],
  ];
  const said = parts.filter(([n, words]) => n > 0 || (words === 'enrolled' && wouldWrite === undefined)).map(([n, words]) => `${n} ${words}`);
  const again = rest === 0 ? '' : ' Mend what is said and run it again: it goes on with the rest.';
  const then = wouldWrite === undefined ? again : ' Nothing was written, and every server is as it was (dry run).';
  return `Of ${count(servers.length + passedOver.length, 'entry', 'entries')}: ${said.join(', ')}.${then}`;
}

/** Why the exit status is not 0. */
export function enrollFromWhy({ servers, passedOver }: EnrollFromReport): string {
  const of = (state: EnrolledState, words: string): string => {
    const names = servers.filter((one) => one.state === state).map(({ name }) => tame(name));
    return names.length === 0 ? '' : `${names.join(', ')} ${words}`;
  };
  const over = passedOver.length === 0 ? '' : `${passedOver.length} passed over`;
  return [of('untrusted', 'not believed'), of('refused', 'refused'), of('unknown', 'not reached'), over]
    .filter((part) => part !== '')
    .join('; ');
}
