/** A plan for people: who gains, then who loses, then the rest; the line of the policy beside what it gives. */
import type { Change } from '../core/plan/index.ts';
import type { PlanReport } from '../verbs/plan.ts';
import { placeText } from './findings-text.ts';
import { count, type Style, tame, wrap } from './style.ts';

const TITLES = { widens: 'Gains', narrows: 'Loses', neutral: 'Else' } as const;
const SIGNS = { widens: '+', narrows: '-', neutral: '~' } as const;

/** `signer`: whoever is about to sign this sees first what they gain themselves. */
export function planText(report: PlanReport, style: Style, signer?: string): string {
  const lines = [head(report)];
  if (!report.trusted && report.base !== undefined) lines.push('! Release 1 was never compared on this device: what it says is taken as it lies there.');
  const own = (change: Change): boolean => signer !== undefined && change.direction === 'widens' && change.person?.name === signer;
  const of = (direction: Change['direction']) => report.changes.filter((change) => change.direction === direction && !own(change));
  const sections = (['widens', 'narrows', 'neutral'] as const).map((direction) => section(TITLES[direction], of(direction), style));
  // One by one: there may be more lines than a call takes arguments.
  for (const line of [section('You gain', report.changes.filter(own), style), ...sections].flat()) lines.push(line);
  if (report.risks.length > 0) {
    lines.push('', style.paint('bold', 'Risks'), ...report.risks.map((risk) => wrap(`  ! ${tame(risk.message)} (--accept-risk ${tame(risk.name)})`, style.width, '    ')));
  }
  lines.push('', planLine(report));
  return lines.map((line) => (line.length > style.width ? wrap(line, style.width, '  ') : line)).join('\n');
}

function section(title: string, changes: readonly Change[], style: Style): readonly string[] {
  if (changes.length === 0) return [];
  return ['', style.paint('bold', title), ...changes.flatMap((change) => changeLines(change, style))];
}

function head(report: PlanReport): string {
  if (report.base === undefined) return `${tame(report.organization)}: the policy against nothing: no release is signed yet.`;
  return `${tame(report.organization)}: the policy against release ${report.base.number} (${report.base.hash.slice(0, 12)}…).`;
}

function changeLines(change: Change, style: Style): readonly string[] {
  const colour = { widens: 'yellow', narrows: 'cyan', neutral: 'dim' } as const;
  const sign = style.paint(colour[change.direction], SIGNS[change.direction]);
  const who = [change.person?.name, change.server === undefined ? undefined : `${change.person === undefined ? '' : 'on '}${change.server.name}`];
  const subject = who.filter((part) => part !== undefined).map(tame).join(' ');
  const text = `  ${sign} ${subject === '' ? '' : `${subject}: `}${kindWords(change.kind)}: ${tame(change.detail)}`;
  const rules = change.rules.map((rule) => `      ${placeText(rule.place)} ${tame(rule.name)}`);
  return [wrap(text, style.width, '      '), ...rules];
}

/** `gains-access` reads as `gains access`. */
function kindWords(kind: string): string {
  return kind.replaceAll('-', ' ');
}

/** How much would change, and how much was compared. */
export function planLine(report: PlanReport): string {
  const { changes, looked } = report;
  const number = (direction: Change['direction']): number => changes.filter((change) => change.direction === direction).length;
  const of = `${count(looked.people, 'person', 'people')} on ${count(looked.servers, 'target')}, ${count(looked.accesses, 'access', 'accesses')} compared`;
  if (changes.length === 0) return `No changes (${of}).`;
  return `${number('widens')} to gain, ${number('narrows')} to lose, ${number('neutral')} else (${of}).`;
}
