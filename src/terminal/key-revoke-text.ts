/** One key taken away: what came of it on every target. */
import type { KeyRevokeReport } from '../verbs/key.ts';
import { commitLine } from './deliver-text.ts';
import { outRows, waysLeftText } from './offboard-text.ts';
import { count, type Style, tame, wrap } from './style.ts';

export function keyRevokeText(report: KeyRevokeReport, style: Style): string {
  const out = report.targets.filter((one) => one.state === 'out').length;
  const lines = [
    outRows(`${report.handle} with this key`, report.targets, style),
    wrap(`${report.fingerprint} of ${tame(report.handle)} is out of ${out} of ${count(report.targets.length, 'target')}.`, style.width, '  '),
    ...waysLeftText(report.handle, report.waysLeft).map((line) => wrap(line, style.width, '  ')),
    commitLine(report.written, style),
  ];
  return lines.filter((line) => line !== '').join('\n');
}
