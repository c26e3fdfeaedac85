/** What was signed, and who must still sign. */
import type { ApproveReport } from '../verbs/approve.ts';
import { commitLine } from './deliver-text.ts';
import { count, type Style, tame, wrap } from './style.ts';

/** `carried`: what was signed was handed on in the same run, whose own text follows. */
export function approveText(report: ApproveReport, style: Style, carried = false): string {
  const { release } = report;
  if (release === undefined) return `${style.mark('done')} Nothing to sign: the release in force says what the policy says.`;
  const by = report.signedBy.map(tame).join(', ');
  const until = `newly taken until ${release.expires}`;
  // Whoever approves has signed; nobody has only where it was tried.
  const lines = by === '' ? [`This would be release ${release.number}, ${until}. Nothing was signed or written (dry run).`] : [`${style.mark('done')} Release ${release.number}, signed by ${by}; ${until}.`];
  if (report.state === 'waits') lines.push(`  Waits for ${count(report.missing, 'more signature')}: ${report.from.map(tame).join(' or ')}.`);
  const next = report.plan.looked.servers === 0 ? 'keyward server enroll <name>' : 'keyward deliver';
  if (report.state === 'complete') lines.push(`  All signatures are there.${carried ? '' : ` Next: ${next}.`}`);
  if (release.number === 1 && by !== '') lines.push(`  Its fingerprint, for colleagues and pipelines: ${release.hash}`);
  if (report.written.length > 0) lines.push(`${commitLine(report.written, style)}, with the policy it was made from`);
  return lines
    .filter((line) => line !== '')
    .map((line) => wrap(line, style.width, '  '))
    .join('\n');
}

export function approveWhy(report: ApproveReport): string | undefined {
  if (report.state !== 'waits') return undefined;
  return `release ${report.release?.number ?? ''} waits for ${count(report.missing, 'more signature')}: ${report.from.join(' or ')}`;
}
