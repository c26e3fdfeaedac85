/** One key taken away: what came of it on every target. */
import type { KeyRevokePreview, KeyRevokeReport } from '../verbs/key.ts';
import type { OwnKeyReport } from '../verbs/own-key.ts';
import { commitLine } from './deliver-text.ts';
import { outRows, waysLeftText } from './offboard-text.ts';
import { count, type Style, tame, wrap } from './style.ts';

export function keyRevokeText(report: KeyRevokeReport | OwnKeyReport | KeyRevokePreview, style: Style): string {
  if ('wouldChange' in report) return previewText(report, style);
  if ('use' in report) return ownKeyText(report, style);
  const out = report.targets.filter((one) => one.state === 'out').length;
  const lines = [
    outRows(`${report.handle} with this key`, report.targets, style),
    wrap(`${report.fingerprint} of ${tame(report.handle)} is out of ${out} of ${count(report.targets.length, 'target')}.`, style.width, '  '),
    ...waysLeftText(report.handle, report.waysLeft).map((line) => wrap(line, style.width, '  ')),
    commitLine(report.written, style),
  ];
  return lines.filter((line) => line !== '').join('\n');
}

function previewText({ handle, fingerprint, targets, wouldChange }: KeyRevokePreview, style: Style): string {
  const files = wouldChange.map(tame).join(' and ');
  const line = targets.length === 0 && wouldChange.length > 0
    ? `${fingerprint} would be taken out of ${files}; no target is told, the next release says it.`
    : `${fingerprint} of ${tame(handle)} would be revoked on ${count(targets.length, 'target')}${files === '' ? '' : ` and taken out of ${files}`}.`;
  return [line, 'Nothing was signed, written or told (dry run).'].map((one) => wrap(one, style.width, '  ')).join('\n');
}

/** A key that signs or carries counts until a release says otherwise, so who must sign that comes first. */
function ownKeyText(report: OwnKeyReport, style: Style): string {
  const { use, signing, removed, written } = report;
  const [path = ''] = [...written, ...removed];
  const who = signing === undefined ? 'the signers' : `${signing.needs} of ${signing.remain.map(tame).join(', ')}`;
  const until = `${report.fingerprint} is out of ${tame(path)}. It ${use} until a release says so: ${who} must now \`keyward approve\`, then \`keyward deliver\`. It opens no account, so nothing was carried to a server.`;
  const lines = [`${style.mark('done')} ${until}`];
  if (signing !== undefined && signing.remain.length < signing.needs) {
    lines.push(`! Every server asks for ${count(signing.needs, 'signature')}, and without this key there are too few signers: let ${tame(report.handle)} sign with it once more, or begin anew with other signers: docs/signers.md.`);
  }
  lines.push(commitLine(written, style, removed));
  return lines.map((line) => wrap(line, style.width, '  ')).join('\n');
}
