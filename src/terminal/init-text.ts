/** What `init` began or joined, and what comes next. */
import type { InitReport } from '../verbs/init.ts';
import { commitLine } from './deliver-text.ts';
import { type Style, tame, wrap } from './style.ts';

export function initText(report: InitReport, style: Style): string {
  const org = tame(report.organization);
  const me = tame(report.me);
  const lines = [
    report.state === 'new' ? `${style.mark('done')} ${org} begins here, with ${me}.` : `${style.mark('done')} This device works for ${org} as ${me}.`,
    `  Settings of this device: ${tame(report.settings)}`,
  ];
  if (report.firstRelease !== undefined) lines.push(`  Release 1: ${report.firstRelease}`);
  if (!report.signer) lines.push('! No signing key: this device can look and carry, not sign. `keyward init --signing-key FILE` adds one.');
  if (!report.courier) lines.push('! No courier key: this device can reach no server. `keyward init --courier-key FILE` adds one.');
  if (report.threshold === 1) lines.push('! With a threshold of 1 one signer alone can give access, and so can whoever steals that key. Set `threshold: 2` once two people sign.');
  lines.push(commitLine(report.written, style));
  lines.push(report.state === 'new' ? 'Next: keyward onboard <handle>, then keyward approve signs release 1, then keyward server enroll <name>.' : 'Next: keyward status.');
  return lines
    .filter((line) => line !== '')
    .map((line) => wrap(line, style.width, '  '))
    .join('\n');
}
