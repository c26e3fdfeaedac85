/** A server that was enrolled: what was found there, what is trusted from now on, what comes next. */
import { wayOfFields, wayWords } from '../core/texts/index.ts';
import type { EnrollPreview, EnrollReport, PrintReport } from '../verbs/enroll.ts';
import { commitLine, wouldWriteLine } from './deliver-text.ts';
import { lookedText } from './drift-text.ts';
import { count, type Style, tame, wrap } from './style.ts';

type Found = (word: string) => EnrollReport['found'];

const foundIn = ({ found }: Pick<EnrollReport, 'found'>): Found => (word) => found.filter((line) => line.word === word);

export function enrollText(report: EnrollReport | EnrollPreview, style: Style): string {
  if ('wouldAccept' in report) return previewText(report, style);
  const name = tame(report.name);
  const found = foundIn(report);
  const lines = [
    `${style.mark('done')} ${name} is enrolled (${report.id}); the courier gets in, and nobody's access has changed.`,
    `  Host ${report.hostKeys.length === 1 ? 'key' : 'keys'}: ${report.hostKeys.join(', ')}`,
  ];
  if (report.times > 1)
    lines.push(
      `! Enrolled ${report.times} times now: it believes the signers of the release in force here from now on, whoever it believed before, and every receipt says how often.`,
    );
  lines.push(lookedAt(found), ...waysIn(found, `${report.accepted} written as accepted`));
  lines.push(commitLine(report.written, style), 'Next: name it in a rule, then keyward plan, approve, deliver.');
  return lines
    .filter((line) => line !== '')
    .map((line) => wrap(line, style.width, '  '))
    .join('\n');
}

function lookedAt(found: Found): string {
  const looked = found('looked').map(({ fields: [what = '', n = '0'] }) => ({ what, count: Number(n) }));
  // A receipt counts accounts and does not list them.
  const accounts =
    found('openssh').length === 0 ? '' : `; ${count(found('account').length, 'account')} with a login shell`;
  return `  Looked at ${lookedText(looked)}${accounts}.`;
}

function previewText(report: EnrollPreview, style: Style): string {
  const found = foundIn(report);
  const lines = [
    `${tame(report.name)} could be enrolled${report.id === undefined ? '' : ` again (${report.id})`}.`,
    `  Host ${report.hostKeys.length === 1 ? 'key' : 'keys'}: ${report.hostKeys.join(', ')}`,
    lookedAt(found),
    ...waysIn(found, report.wouldAccept === 0 ? 'asked about then' : `${report.wouldAccept} would be written as accepted`),
    wouldWriteLine(report.wouldWrite),
    'Nothing was written, and the server is as it was (dry run).',
  ];
  return lines.filter((line) => line !== '').map((line) => wrap(line, style.width, '  ')).join('\n');
}

/** Where only accounts were looked at, nobody knows of other ways in: that is not the same as none. */
function waysIn(found: Found, accepted: string): readonly string[] {
  const ways = found('way-in');
  if (ways.length === 0 && found('looked').every(({ fields }) => fields[0] === 'account')) {
    return [
      '! Ways in that keyward does not manage are not looked for yet: keys of root and of others stay as they are.',
    ];
  }
  const head = `  ${count(ways.length, 'way')} in that keyward does not manage, ${accepted}.`;
  return [head, ...ways.map(wayText)];
}

/** A way in, with whose key it is. */
export function wayText({ fields, owner }: EnrollReport['found'][number]): string {
  return `    ${wayWords(wayOfFields(fields, owner), tame)}`;
}

/** What is said beside the script, which is all that goes to standard output. */
export function printText(report: PrintReport, style: Style): string {
  const name = tame(report.name);
  const hours = report.waitsSeconds / 3600;
  return [
    `${style.mark('done')} The script enrolls ${name} (${report.id}): root runs it there, once. It holds no secret and opens nothing to anybody.`,
    `Next: run it there; within ${hours} hours keyward server enroll ${name} --printed, or a delivery to it. Else the server is as it was.`,
    commitLine(report.written, style),
  ]
    .filter((line) => line !== '')
    .map((line) => wrap(line, style.width, '  '))
    .join('\n');
}
