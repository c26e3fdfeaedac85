/** The morning page for people: what is in force, where, what waits, what ends; at the end what can be done about it. */
import { formatInstant, type Instant } from '../core/access/index.ts';
import type { EndsSoon } from '../verbs/ends-soon.ts';
import type { Reported, RevocationStatus, TargetStatus } from '../verbs/status-targets.ts';
import type { DraftStatus, SignersStatus, StatusReport } from '../verbs/status.ts';
import { count, notTooMany, reasonText, type Style, tame, wrap } from './style.ts';
import { table } from './table.ts';
import { awayText, momentText } from './time-text.ts';

/** So many targets are listed one by one; of more only those where something is not as it should be, together. */
const FEW = 20;

export function statusText(report: StatusReport, style: Style): string {
  const parts = [
    `${style.paint('bold', tame(report.organization))} at ${formatInstant(report.now)}${report.me === undefined ? '' : `, seen by ${tame(report.me)}`}`,
    table(factRows(report), style),
    section(serversTitle(report), serverRows(report), style),
    section('What logins are opened with', credentialRows(report), style),
    section('Targets report', reportedRows(report.reported), style),
    section('Waiting for signatures', report.drafts.map(draftRow(report.now)), style),
    section('Revocations that are not done with', report.revocations.map(revocationRow), style),
    section('Ends within 14 days', endRows(report), style),
    section('Lies here and does not count', oddRows(report), style),
    todoText(report, style),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

type Rows = readonly (readonly string[])[];

function section(title: string, rows: Rows, style: Style): string {
  return rows.length === 0 ? '' : `${style.paint('bold', title)}\n${table(rows, style, { indent: '  ' })}`;
}

function factRows(report: StatusReport): Rows {
  const { firstRelease, release, signers, plan, now } = report;
  const rows: (readonly string[])[] = [];
  if (release === undefined) rows.push(['in force', 'nothing: no release has all its signatures yet']);
  else {
    const signed = `signed by ${release.signedBy.map(tame).join(', ')}`;
    rows.push(['in force', `release ${release.number} of ${momentText(release.issued, now)}, ${signed}`]);
    const word = release.state === 'expired' ? 'expired' : 'expires';
    rows.push(['', `${word} ${momentText(release.expires, now)}`]);
  }
  if (firstRelease !== undefined) {
    rows.push([`release ${firstRelease.number}`, firstRelease.hash]);
    rows.push([
      '',
      firstRelease.compared
        ? 'compared on this device; colleagues and pipelines begin with it'
        : '! nobody compared this fingerprint on this device',
    ]);
  }
  rows.push(['signers', thresholdText(signers)]);
  if (report.policyErrors > 0) rows.push(['policy', `! here has ${count(report.policyErrors, 'error')}: keyward check`]);
  if (release !== undefined && plan !== undefined) {
    const differs = `would change ${count(plan.changes, 'thing')} (${plan.widens} to gain, ${plan.narrows} to lose): keyward plan`;
    rows.push(['policy', plan.changes === 0 ? `here says the same as release ${release.number}` : `here ${differs}`]);
  }
  return rows;
}

/** What the threshold means, in one plain sentence. */
export function thresholdText({ threshold, people }: SignersStatus): string {
  const names = people.map(tame).join(', ');
  if (threshold === 1 && people.length === 1)
    return `${names} alone can grant; whoever steals that key can too, and losing it means enrolling every server again`;
  if (threshold === 1)
    return `1 of ${people.length} (${names}): one signer alone can grant; whoever steals one of their keys can too`;
  const must = `${threshold} of ${people.length} (${names}) must sign`;
  if (threshold === people.length)
    return `${must}: no one alone can grant, and losing one key blocks everything but taking away`;
  const spare = people.length - threshold;
  return `${must}: ${threshold - 1 === 1 ? 'one stolen key grants' : `${threshold - 1} stolen keys grant`} nothing, and ${spare === 1 ? 'one lost key blocks' : `${spare} lost keys block`} nothing`;
}

function serversTitle({ targets, release }: StatusReport): string {
  const inForce = targets.filter(({ state }) => state === 'in-force').length;
  return `Targets: ${inForce} of ${targets.length} say that release ${release?.number ?? 0} is in force`;
}

function serverRows({ targets, now }: StatusReport): Rows {
  if (targets.length <= FEW) return targets.map((target) => [tame(target.name), ...serverWords(target, now)]);
  const groups = new Map<string, string[]>();
  for (const target of targets) {
    if (target.state === 'in-force' && target.otherSigners !== true && target.otherReceiver !== true) continue;
    const words = serverWords(target, now)
      .filter((word) => word !== '-')
      .join(': ');
    groups.set(words, [...(groups.get(words) ?? []), target.name]);
  }
  return [...groups].map(([words, names]) => [`${names.length}`, `${words}: ${short(names)}`]);
}

function serverWords(target: TargetStatus, now: Instant): readonly [string, string] {
  const { state, release, time, proof, why, sameManifest, otherSigners, otherReceiver, enrolledTimes } = target;
  if (state === 'never-heard') return ['-', 'never heard from'];
  if (state === 'not-believed') return ['-', `! its receipt is not believed: ${tame(why ?? '')}`];
  const words = {
    'in-force': 'in force',
    partly: 'its manifest is another one',
    lagging: sameManifest === true ? 'lags; what it gives is the same' : 'lags',
    ahead: 'has a later release than this clone',
    conflict: 'took another release of this number',
  }[state];
  const well = otherSigners !== true && otherReceiver !== true && (state === 'in-force' || sameManifest === true);
  const more = [
    time === undefined ? '' : `${proof === 'says' ? 'unsigned answer' : 'receipt'} of ${awayText(time, now)}`,
    otherSigners === true ? 'believes another signer set' : '',
    otherReceiver === true ? 'has another receiver than the release' : '',
    (enrolledTimes ?? 1) > 1 ? `enrolled ${enrolledTimes} times` : '',
  ];
  const all = [words, ...more].filter((part) => part !== '').join('; ');
  return [`release ${release ?? 0}`, well ? all : `! ${all}`];
}

/** How many of each kind, the oldest of them, and the one that nobody used for longest. */
function credentialRows({ targets }: StatusReport): Rows {
  return targets.flatMap(({ name, credentials = [] }) =>
    credentials.map(({ kind, count: many, oldest, idlest }, i) => {
      const day = (at: Instant): string => formatInstant(at).slice(0, 10);
      const words = [
        `${many} × ${kind.replaceAll('-', ' ')}`,
        ...(oldest === undefined ? [] : [`the oldest made ${day(oldest.made)} (${tame(oldest.account)})`]),
        ...(idlest === undefined ? [] : [`longest unused since ${day(idlest.since)} (${tame(idlest.account)})`]),
      ];
      return [i === 0 ? tame(name) : '', words.join('; ')];
    }),
  );
}

function reportedRows(reported: readonly Reported[]): Rows {
  // The receipt's `unknown` is a way in that is not accepted; on a screen the word means that nobody could look.
  const words = (kind: Reported['kind']): string => (kind === 'unknown-way-in' ? 'way in, not accepted' : kind.replaceAll('-', ' '));
  const when = (asOf: Instant | undefined): string => (asOf === undefined ? '' : `, as it says since ${formatInstant(asOf)}`);
  const ofEach = Map.groupBy(reported, ({ target }) => target);
  const rows = ([target, own]: readonly [string, readonly Reported[]]): Rows =>
    notTooMany(own.map(({ kind, what, asOf }) => [tame(target), `! ${words(kind)}: ${reasonText(what)}${when(asOf)}`]), (more) => [tame(target), `! and ${more} more: status --json`]);
  return [...ofEach].flatMap(rows);
}

function draftRow(now: Instant): (draft: DraftStatus) => readonly string[] {
  return ({ number, issued, signedBy, missing, from, missingOfOldSet, fromOldSet }) => {
    const needs = (many: number, whom: readonly string[]): string => `${many} of ${whom.map(tame).join(', ')}`;
    const open = [
      ...(missing > 0 ? [`needs ${needs(missing, from)}`] : []),
      ...(missingOfOldSet > 0 ? [`needs ${needs(missingOfOldSet, fromOldSet)} of the signers in force`] : []),
    ];
    return [
      `release ${number}`,
      `of ${awayText(issued, now)}, signed by ${signedBy.map(tame).join(', ')}; ${open.join(' and ')}`,
    ];
  };
}

function revocationRow({
  name,
  person,
  keys,
  by,
  time,
  counted,
  undoing,
  notShownBy,
}: RevocationStatus): readonly string[] {
  const who = person === undefined ? count(keys, 'key') : `${tame(person)} and ${count(keys, 'key')}`;
  const words = [
    `${who}, by ${tame(by)} at ${formatInstant(time)}`,
    undoing ? 'taken back in the policy here, in no release yet' : counted ? '' : 'not yet counted in a release',
    notShownBy.length === 0 ? 'every target shows it' : `not shown yet by ${short(notShownBy)}`,
  ];
  return [tame(name), words.filter((part) => part !== '').join('; ')];
}

function endRows({ endsSoon, release, now }: StatusReport): Rows {
  const own =
    release === undefined || release.state === 'fresh'
      ? []
      : [['release', `release ${release.number}: ${momentText(release.expires, now)}; no target newly takes it then`]];
  const words: Readonly<Record<EndsSoon['kind'], string>> = {
    access: 'access',
    sudo: 'some of their sudo',
    'key-options': 'some of what their key may do',
    rights: 'some of their rights',
  };
  return [
    ...own,
    ...endsSoon.map(({ kind, person, end, targets, last }) => [
      tame(person),
      `${words[kind]} on ${short(targets)}: ${momentText(end, now)}${last ? '; nothing is left then' : ''}`,
    ]),
  ];
}

function oddRows({ refused, idle, gaps, strays }: StatusReport): Rows {
  return [
    ...refused.map(({ number, reason, message }) => [
      number === undefined ? 'a release' : `release ${number}`,
      `${reason}: ${tame(message)}`,
    ]),
    ...idle.map(({ name, why }) => [`revoked/${tame(name)}`, tame(why)]),
    ...gaps.map((number) => [`release ${number}`, 'counts, but the release before it is not here']),
    ...strays.map((path) => [tame(path), 'of no target of this release']),
  ];
}

function todoText({ todo, looked }: StatusReport, style: Style): string {
  const counts = [
    count(looked.releases, 'release'),
    `${count(looked.receipts, 'receipt')} of ${count(looked.targets, 'target')}`,
    count(looked.revocations, 'revocation'),
    `${count(looked.accesses, 'access', 'accesses')} of ${count(looked.people, 'person', 'people')}`,
  ].join(', ');
  if (todo.length === 0)
    return wrap(`${style.mark('done')} Nothing to do. Looked at ${counts}; no target was reached.`, style.width, '  ');
  const lines = todo.map(({ why, next }) =>
    wrap(`  ${style.mark('warning')} ${tame(why)}\n      ${style.paint('cyan', tame(next))}`, style.width, '    '),
  );
  return [
    style.paint('bold', 'To do'),
    ...lines,
    wrap(style.paint('dim', `Looked at ${counts}; no target was reached.`), style.width, '  '),
  ].join('\n');
}

function short(names: readonly string[]): string {
  const shown = names.length <= 6 ? names : names.slice(0, 5);
  return `${shown.map(tame).join(', ')}${names.length > shown.length ? ` and ${names.length - shown.length} more` : ''}`;
}
