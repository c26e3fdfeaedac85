/** Drift: for each target how much was looked at, and every difference by name. */
import { type Show, wayWords } from '../core/texts/index.ts';
import type { Difference, DriftOf, DriftReport } from '../verbs/drift.ts';
import { commitLine } from './deliver-text.ts';
import { count, type Mark, notTooMany, reasonText, type Style, tame, wrap } from './style.ts';

const MARKS: Readonly<Record<DriftOf['state'], Mark>> = { clean: 'done', differs: 'warning', unknown: 'failed', refused: 'failed' };
const WORDS: Readonly<Record<DriftOf['state'], string>> = { clean: 'as signed', differs: 'differs', unknown: 'unknown', refused: 'refused' };

export function driftText(report: DriftReport, style: Style): string {
  const lines = report.targets.flatMap((one) => [head(one, style), ...notTooMany(one.differences.map((found) => difference(found, style)), (more) => `      and ${more} more: drift --json`)]);
  const clean = report.targets.filter((one) => one.state === 'clean').length;
  lines.push(`Release ${report.release.number}: ${clean} of ${count(report.targets.length, 'target')} as signed.`);
  if (report.targets.some((one) => one.differences.some((found) => found.managed))) lines.push('`keyward deliver` puts right what keyward manages.');
  if (report.targets.some((one) => one.differences.some(isWayIn))) lines.push(wrap('A way in that is known and meant: write it under `accepted` of its target in access-policy.yaml. Any other: take it away there.', style.width, '  '));
  return [...lines, commitLine(report.written, style)].filter((line) => line !== '').join('\n');
}

function head(one: DriftOf, style: Style): string {
  const looked = lookedText(one.looked);
  const why = one.why === undefined ? (looked === '' ? '' : `looked at ${looked}`) : reasonText(one.why);
  return wrap(`  ${style.mark(MARKS[one.state])} ${tame(one.name)}  ${WORDS[one.state]}  ${why}`, style.width, '      ');
}

function difference(found: Difference, style: Style): string {
  const rest = isWayIn(found) ? ' (not managed: named, never touched)' : '';
  return wrap(`      ${differenceWords(found, tame)}${rest}`, style.width, '    ');
}

/** Of what no delivery puts right, the only kind that can be accepted in the policy. */
export function isWayIn({ what }: Difference): boolean {
  return what.startsWith(WAY_IN);
}

/** One difference in words. What a target wrote goes through `show`. */
export function differenceWords(found: Difference, show: Show): string {
  const { what, subject, owner, comment } = found;
  if (isWayIn(found)) {
    const [account = '', ...rest] = subject.split(' ');
    return `way in: ${wayWords({ kind: what.slice(WAY_IN.length), account: account === '-' ? undefined : account, subject: rest.join(' '), comment, owner }, show)}`;
  }
  const words = PLAINER.get(what)?.(show(subject), subject) ?? `${show(what)}: ${show(subject)}`;
  return `${words}${owner === undefined ? '' : `, a key of ${show(owner)}`}${comment === undefined ? '' : `, ${show(`"${comment}"`)}`}`;
}

const WAY_IN = 'way-in ';
/** Of what carries no word of its own. */
const PLAINER: ReadonlyMap<string, (shown: string, subject: string) => string> = new Map([
  ['release', (shown) => `release ${shown} is in force there`],
  ['manifest', (shown, subject) => (subject === '-' ? 'nothing is in force there yet' : `another manifest than the signed one is in force: ${shown}`)],
  ['revocation', (shown) => `does not hold the revocation ${shown}`],
  ['account', (shown) => `the account ${shown} is not as signed`],
  ['file', (shown) => `the file ${shown} is not as signed`],
  ['clock', (shown) => `its clock is ${shown}: what ends is not served`],
]);

/** `12 accounts, 30 key lines, 41 processes` */
export function lookedText(looked: readonly { readonly what: string; readonly count: number }[]): string {
  return looked
    .map((part) => {
      const word = part.what.replaceAll('-', ' ');
      return count(part.count, word, plural(word));
    })
    .join(', ');
}

function plural(word: string): string {
  if (word.endsWith('y') && !/[aeiou]y$/.test(word)) return `${word.slice(0, -1)}ies`;
  return word.endsWith('s') ? `${word}es` : `${word}s`;
}

export function driftWhy(report: DriftReport): string | undefined {
  const of = (state: DriftOf['state'], words: string): string => {
    const names = report.targets.filter((one) => one.state === state).map((one) => one.name);
    return names.length === 0 ? '' : `${names.join(', ')} ${words === 'differs' && names.length > 1 ? 'differ' : words}`;
  };
  const parts = [of('refused', 'refused'), of('unknown', 'not looked at'), of('differs', 'differs')];
  const why = parts.filter((part) => part !== '').join('; ');
  return why === '' ? undefined : why;
}
