/** An offboarding: what ends with it, before it is asked; then what came of it on every target. */
import { formatInstant } from '../core/access/index.ts';
import type { Instant } from '../core/access/index.ts';
import type { OffboardPreview, OffboardReport } from '../verbs/offboard.ts';
import type { LeavingSigner } from '../verbs/leaving-signer.ts';
import type { Proof } from '../verbs/refusal-proof.ts';
import type { OutReport } from '../verbs/revoke.ts';
import type { WayLeft } from '../verbs/ways-left.ts';
import { commitLine, endedText, runningText } from './deliver-text.ts';
import { count, reasonText, type Style, tame, wrap } from './style.ts';
import { table } from './table.ts';

/** `bob reaches 12 servers. Ends now: 3 sessions, 1 cron job on web-1 and db-2.` */
export function previewText(preview: OffboardPreview, style: Style): string {
  const handle = tame(preview.handle);
  const lines = [`${handle} reaches ${count(preview.reaches.length, 'target')}.${preview.targets === 0 ? '' : ` ${endsNow(preview)}`}`];
  for (const one of preview.unknown) lines.push(`! ${tame(one.name)} does not answer: ${reasonText(one.why)}`);
  if (preview.isSigner) lines.push(`! ${handle} is a signer as well: the next release must leave them out.`);
  if (preview.signing !== undefined) lines.push(...tooFewText(handle, preview.signing));
  return lines.map((line) => wrap(line, style.width, '  ')).join('\n');
}

function endsNow(preview: OffboardPreview): string {
  const seen = preview.targets - preview.unknown.length;
  const sums = new Map<string, number>();
  for (const one of preview.running) sums.set(one.kind, (sums.get(one.kind) ?? 0) + one.count);
  const what = [...sums].filter(([, n]) => n > 0).map(([kind, n]) => runningText(kind, n));
  if (seen === 0) return 'None answered, so what runs there is not known.';
  if (what.length === 0) return `Nothing of theirs runs on the ${count(seen, 'target')} that answered.`;
  const where = [...new Set(preview.running.map((one) => tame(one.target)))];
  return `Ends now: ${what.join(', ')} on ${where.join(', ')}.`;
}

export function offboardText(report: OffboardReport, style: Style): string {
  const rows = outRows(report.handle, report.targets, style);
  const lines = [rows, summary(report), ...outOfReach(report), ...waysLeftText(report.handle, report.waysLeft), ...next(report)];
  lines.push(commitLine(report.written, style, report.removed));
  return lines.filter((line) => line !== '').map((line) => (line === rows ? line : wrap(line, style.width, '  '))).join('\n');
}

/** What a person must look at by hand: sshd's log is the one that knows whose such a session is. */
export function waysLeftText(handle: string, ways: readonly WayLeft[]): readonly string[] {
  return ways.map(({ target, account, fingerprint }) => {
    const where = account === undefined ? `every account of ${tame(target)}` : `${tame(account)} on ${tame(target)}`;
    return `! A key of ${tame(handle)}'s stood on ${where}, beside keyward. It is refused once ${tame(target)} has the revocation; a session opened with it before is not ended. sshd's log there names its process: look for ${tame(fingerprint)}, and end it.`;
  });
}

/** A row for each target; used for a person and for a single key. */
export function outRows(handle: string, targets: readonly OutReport[], style: Style): string {
  const rows = targets.flatMap((one) => {
    const first = row(handle, one, style);
    return one.root.length === 0 || one.state === 'unknown' ? [first] : [first, rootRow(handle, one, style)];
  });
  return rows.length > 0 ? table(rows, style) : '  The release lists no target yet.';
}

function row(handle: string, one: OutReport, style: Style): readonly string[] {
  const name = tame(one.name);
  const took = `after ${one.seconds.toFixed(1)} s`;
  if (one.state === 'unknown') return [`  ${style.mark('failed')} ${name}`, 'no answer', `${stillIn(handle, one)} (${reasonText(one.why ?? '')})`];
  if (one.state === 'refused') return [`  ${style.mark('failed')} ${name}`, 'refused', reasonText(one.why ?? '')];
  const proof = PROOFS[one.proof ?? 'reported'];
  const rest = [endedText(one.ended), proof, one.state === 'partly' ? reasonText(one.why ?? '') : ''].filter((part) => part !== '').join('; ');
  return [`  ${style.mark(one.state === 'out' ? 'done' : 'warning')} ${name}`, `out ${took}`, rest];
}

const PROOFS: Readonly<Record<Proof, string>> = {
  refused: 'login refused',
  reported: 'reported by the server',
  says: 'it says so, unsigned',
  'still-accepted': 'KEY STILL ACCEPTED',
};

function stillIn(handle: string, one: OutReport): string {
  const end = one.endsByItself === undefined ? 'nothing ends it by itself' : `it ends by itself ${formatInstant(one.endsByItself as Instant)}`;
  return `${tame(handle)} can still log in there; ${end}`;
}

function rootRow(handle: string, one: OutReport, style: Style): readonly string[] {
  const how: Readonly<Record<string, string>> = { sudo: 'had sudo as root', group: 'was in a group like root', enrolled: 'enrolled it' };
  const words = one.root.map((word) => how[word] ?? word).join(' and ');
  return [`  ${style.mark('warning')} ${tame(one.name)}`, 'had root', `${tame(handle)} ${words}: reported, not proved, until it is rebuilt`];
}

function summary(report: OffboardReport): string {
  const out = report.targets.filter((one) => one.state === 'out' || one.state === 'partly');
  const slowest = Math.max(0, ...out.map((one) => one.seconds));
  const time = out.length > 0 ? `, the slowest after ${slowest.toFixed(1)} s` : '';
  return `${tame(report.handle)} is out of ${out.length} of ${count(report.targets.length, 'target')}${time}.`;
}

/** What a provider cannot end is said with it: whoever reads "out" must not take it for more. */
function outOfReach(report: OffboardReport): readonly string[] {
  const names = report.targets.filter((one) => one.proof === 'says').map((one) => tame(one.name));
  if (names.length === 0) return [];
  return [`Out of reach at ${names.join(', ')}: sessions of roles they assumed end by themselves, and what they made there stays.`];
}

function next(report: OffboardReport): readonly string[] {
  const lines: string[] = [];
  const missed = report.targets.filter((one) => one.state === 'unknown').map((one) => tame(one.name));
  if (missed.length > 0) {
    const flags = missed.length > 3 ? '' : missed.map((name) => ` --server ${name}`).join('');
    lines.push(`Not reached: ${missed.join(', ')}. \`keyward deliver${flags}\` when ${missed.length === 1 ? 'it is' : 'they are'} back, or take ${missed.length === 1 ? 'it' : 'them'} off the network.`);
  }
  if (report.isSigner) lines.push(signerLine(report));
  if (!report.leftIsWritten) lines.push(`! \`left:\` is not written: the policy here has no line of theirs that can be edited. Write it once it has; until then no release gives ${tame(report.handle)} anything, whatever the policy says.`);
  return lines;
}

/** What of a signer is left to be done: only a release takes the right to sign away. */
function signerLine(report: OffboardReport): string {
  const handle = tame(report.handle);
  const file = `signers/${report.handle}.pub`;
  const few = report.signing === undefined ? [] : tooFewText(handle, report.signing);
  if (few.length > 0) return few.join('\n');
  if (!report.removed.includes(file)) {
    if (!report.leftIsWritten) {
      return `! ${handle} signs as well, and ${tame(file)} is still here, since the policy has errors: correct what \`keyward check\` shows, take the file out, then \`keyward approve\` and \`keyward deliver\`.`;
    }
    return `! ${handle} signs as well, and without them there would be too few signers: add another to signers/ or lower the threshold, take out ${tame(file)}, then \`keyward approve\` and \`keyward deliver\`.`;
  }
  const needs = Math.max(report.threshold, report.signing?.needs ?? 1);
  const who = `${needs} of ${(report.signing?.remain ?? []).map(tame).join(', ')}`;
  return `${handle} signed as well: ${tame(file)} is gone from here; ${who} must now \`keyward approve\`, then \`keyward deliver\`.`;
}

/** Before it is asked and after: without the one who leaves no release has the signatures that servers ask for. */
function tooFewText(handle: string, { needs, remain }: LeavingSigner): readonly string[] {
  if (remain.length >= needs) return [];
  const who = remain.length === 0 ? 'nobody remains' : `${remain.map(tame).join(', ')} ${remain.length === 1 ? 'alone remains' : 'remain'}`;
  return [
    `! Every server asks for ${count(needs, 'signature')} of the signers in force, and without ${handle} ${who}: people can be taken out, and nothing can be given or changed any more. Let ${handle} sign the release that leaves them out; where that cannot be had, begin anew with other signers: docs/signers.md.`,
  ];
}

export function offboardWhy(report: { readonly targets: readonly OutReport[] }): string | undefined {
  const of = (state: OutReport['state'], words: string): string => {
    const names = report.targets.filter((one) => one.state === state).map((one) => one.name);
    return names.length === 0 ? '' : `${names.join(', ')} ${words}`;
  };
  const parts = [of('refused', 'refused it'), of('unknown', 'not reached'), of('partly', 'done in part')].filter((part) => part !== '');
  return parts.length === 0 ? undefined : parts.join('; ');
}
