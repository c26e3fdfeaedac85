/** What onboarding wrote, what it will give, what to do next, and the text to send to the person. */
import type { OnboardReport } from '../verbs/onboard.ts';
import type { KeyAddPreview, KeyAddReport } from '../verbs/key.ts';
import { commitLine, wouldWriteLine } from './deliver-text.ts';
import { count, type Style, tame, wrap } from './style.ts';
import { table } from './table.ts';

export function onboardText(report: OnboardReport, style: Style): string {
  const handle = tame(report.handle);
  if (report.wouldWrite !== undefined) return previewText(report, report.wouldWrite, style);
  const lines = [`${style.mark('done')} ${handle} is in the policy as ${report.kind === 'machine' ? 'a machine' : 'an employee'} (${report.id}), account ${tame(report.account)}.`];
  if (report.fingerprint === undefined) lines.push(`! No key yet: \`keyward key add ${handle} --key FILE\`.`);
  else lines.push(`  Key ${report.fingerprint}`);
  if (report.file !== undefined) lines.push(`  The private key is in ${tame(report.file)}: hand it over and keep no copy.`);
  lines.push(...reachLines(report, style));
  lines.push(`Next: ${gives(report) ? '' : 'a rule in access-policy.yaml that names them or a team of theirs, then '}keyward plan, keyward approve, keyward deliver.`, commitLine(report.written, style));
  if (report.kind === 'employee' && report.fingerprint !== undefined && report.reaches.length > 0) lines.push('', `To send to ${handle} once the release is delivered:`, ...letter(report));
  return joined(lines, style);
}

function joined(lines: readonly string[], style: Style): string {
  return lines.map((line) => (line.includes('\n') ? line : wrap(line, style.width, '  '))).join('\n');
}

function previewText(report: OnboardReport, paths: readonly string[], style: Style): string {
  const isMade = paths.includes(`keys/${report.handle}.pub`);
  const key = report.fingerprint === undefined ? (isMade ? '  Key: one that would be made here' : '  No key yet') : `  Key ${report.fingerprint}`;
  return joined([
    `${tame(report.handle)} would be in the policy as ${report.kind === 'machine' ? 'a machine' : 'an employee'}, account ${tame(report.account)}.`,
    key,
    ...reachLines(report, style),
    wouldWriteLine(paths),
    'Nothing was written (dry run).',
  ], style);
}

/** What the person must know and nothing else: which key, where to, how to know the right server, what never to do. */
function letter(report: OnboardReport): readonly string[] {
  const { account, organization, until, file } = report;
  const handle = tame(report.handle);
  const [first] = report.reaches;
  const example = `ssh ${tame(first?.server ?? '')}`;
  const key = file === undefined ? 'with your own key' : `with the key file you were given, ${tame(file.replace(/^.*\//, ''))}: keep it as ~/.ssh/${tame(file.replace(/^.*\//, ''))}`;
  return [
    `    Hello ${handle}, you can now log in to ${some(report.reaches.map((one) => tame(one.server)))} ${key}.`,
    `    It is this one (ssh-keygen -lf FILE shows it): ${report.fingerprint ?? ''}`,
    `    You are ${tame(account)} there. Two files come with this: keyward-${tame(organization)} and keyward-${tame(organization)}.known_hosts.`,
    '    Put both into ~/.ssh and write as the first line of ~/.ssh/config:',
    `        Include keyward-${tame(organization)}`,
    `    Then: ${example}`,
    '    If ssh warns of a changed or an unknown host key, stop and tell us.',
    ...(until === undefined ? [] : [`    Your access ends with ${tame(until)} (UTC).`]),
    '    Nobody will ever ask you for the key file or its passphrase. Lost it, or the laptop? Tell us at once, at any hour.',
    `  The two files: keyward access ${handle} --format ssh-config, and --format known_hosts.`,
  ];
}

function some(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

function gives({ reaches, logins }: OnboardReport): boolean {
  return reaches.length + logins.length > 0;
}

function reachLines(report: OnboardReport, style: Style): readonly string[] {
  const { reaches, logins } = report;
  if (!gives(report)) return ['  No rule gives them anything yet: no line in the policy, no access.'];
  const rows = reaches.map((one) => [`  ${tame(one.server)}`, `ssh ${tame(report.account)}@${tame(one.address)}${one.port === 22 ? '' : ` -p ${one.port}`}`, tame(one.rules.join(', '))]);
  const admin = logins.map((one) => [`  ${tame(one.provider)}`, 'admin login', tame(one.rules.join(', '))]);
  return [`  Once a release is signed and delivered: ${count(reaches.length + logins.length, 'target')}`, table([...rows, ...admin], style)];
}

export function keyAddText(report: KeyAddReport | KeyAddPreview, style: Style): string {
  if ('wouldWrite' in report) return keyAddPreviewText(report, style);
  const lines = [`${style.mark('done')} ${tame(report.handle)} has one more key: ${report.type} ${report.fingerprint}`];
  if (report.file !== undefined) lines.push(`  The private key is in ${tame(report.file)}: hand it over and keep no copy.`);
  if (report.written.length === 0) lines.push('  It was there already; nothing was written.');
  else lines.push('Next: keyward plan, keyward approve, keyward deliver.', commitLine(report.written, style));
  return lines.map((line) => wrap(line, style.width, '  ')).join('\n');
}

function keyAddPreviewText({ handle, fingerprint, type, wouldWrite }: KeyAddPreview, style: Style): string {
  const key = fingerprint === undefined ? 'one that would be made here' : `${type ?? ''} ${fingerprint}`;
  const lines = wouldWrite.length === 0
    ? [`${tame(handle)} has this key already: ${key}`]
    : [`${tame(handle)} would have one more key: ${key}`, wouldWriteLine(wouldWrite)];
  return [...lines, 'Nothing was written (dry run).'].map((line) => wrap(line, style.width, '  ')).join('\n');
}
