/** What `init` began or joined, and what comes next. */
import type { InitReport } from '../verbs/init.ts';
import { commitLine, wouldWriteLine } from './deliver-text.ts';
import { type Style, tame, wrap } from './style.ts';

export function initText(report: InitReport, style: Style): string {
  const org = tame(report.organization);
  const me = tame(report.me);
  const would = report.wouldWrite !== undefined;
  const lines = [
    report.state === 'new'
      ? `${would ? '' : `${style.mark('done')} `}${org} ${would ? 'would begin' : 'begins'} here, with ${me}.`
      : `${would ? '' : `${style.mark('done')} `}This device ${would ? 'would work' : 'works'} for ${org} as ${me}.`,
    `  Settings of this device: ${tame(report.settings)}`,
  ];
  if (report.firstRelease !== undefined) lines.push(`  Release ${report.firstNumber ?? 1}: ${report.firstRelease}`);
  if (!report.signer) lines.push('! No signing key: this device can look and carry, not sign. `keyward init --signing-key FILE` adds one.');
  if (!report.courier) lines.push('! No courier key: this device can reach no server. `keyward init --courier-key FILE` adds one.');
  if (report.signingKeys > 1) lines.push(`! signers/${me}.pub lists ${report.signingKeys} keys, and each of them signs for ${me}: take the line of one that is lost or stolen out of it.`);
  if (report.threshold === 1) lines.push('! With a threshold of 1 one signer alone can give access, and so can whoever steals that key. Set `threshold: 2` once two people sign.');
  if (report.wouldWrite === undefined) lines.push(commitLine(report.written, style), ...next(report));
  else lines.push(wouldWriteLine(report.wouldWrite), 'Nothing was written, here or in the settings (dry run).');
  return lines
    .filter((line) => line !== '')
    .map((line) => wrap(line, style.width, '  '))
    .join('\n');
}

/** A key counts only once a release names it: who signs or carries from now on is told how that comes about. */
function next({ state, written }: InitReport): readonly string[] {
  if (state === 'new') return ['Next: keyward onboard <handle>, then keyward approve signs release 1, then keyward server enroll <name>.'];
  const signs = written.some((path) => path.startsWith('signers/'));
  const carries = written.some((path) => path.startsWith('couriers/'));
  if (!signs && !carries) return ['Next: keyward status.'];
  const what = signs && carries ? 'This key signs, and the other one carries,' : signs ? 'This key signs' : 'This key carries';
  const others = signs ? 'keyward approve here, then by as many of the signers in force as they need' : 'keyward approve by the signers';
  return [`${what} once a release says so. Next: ${others}; then keyward deliver by one whose courier key the servers know already.`];
}
