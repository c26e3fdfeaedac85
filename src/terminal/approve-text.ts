/** What was signed, and who must still sign. */
import type { ApproveReport } from '../verbs/approve.ts';
import { commitLine } from './deliver-text.ts';
import { count, type Style, tame, wrap } from './style.ts';

export function approveText(report: ApproveReport, style: Style): string {
  const { release } = report;
  if (release === undefined) return `${style.mark('done')} Nothing to sign: the release in force says what the policy says.`;
  const by = report.signedBy.map(tame).join(', ');
  const lines = [`${style.mark('done')} Release ${release.number}, signed by ${by === '' ? 'nobody yet' : by}; newly taken until ${release.expires}.`];
  if (report.state === 'waits') lines.push(`  Waits for ${count(report.missing, 'more signature')}: ${report.from.map(tame).join(' or ')}.`);
  if (report.state === 'complete') lines.push('  All signatures are there. Next: keyward deliver.');
  if (release.number === 1) lines.push(`  Its fingerprint, for colleagues and pipelines: ${release.hash}`);
  lines.push(commitLine(report.written, style));
  return lines
    .filter((line) => line !== '')
    .map((line) => wrap(line, style.width, '  '))
    .join('\n');
}

export function approveWhy(report: ApproveReport): string | undefined {
  if (report.state !== 'waits') return undefined;
  return `release ${report.release?.number ?? ''} waits for ${count(report.missing, 'more signature')}: ${report.from.join(' or ')}`;
}
