/** Who reaches what, for people: first what was read, then by person, servers where all is equal together. */
import { formatInstant, type Instant } from '../core/access/index.ts';
import type { AccessDetail, Confirmed, KeyDetail, RightDetail, Since, SudoDetail } from '../verbs/access-detail.ts';
import type { HeardThen } from '../verbs/access-targets.ts';
import type { AccessReport, Read } from '../verbs/access.ts';
import type { UnmanagedWay } from '../verbs/unmanaged-ways.ts';
import { groups } from './access-groups.ts';
import type { Group } from './access-groups.ts';
import { credentialWords, unknownWaysLines, wayWords } from './access-words.ts';
import { placeText } from './findings-text.ts';
import { count, type Style, tame, wrap } from './style.ts';
import { table } from './table.ts';

export function accessText(report: AccessReport, style: Style): string {
  const { read, person, access, without, waysIn } = report;
  const parts = [headText(read, style)];
  if (person !== undefined) {
    parts.push(personHead(report, style));
    parts.push(...groups(access).map((group) => groupText(group, read, style)));
  } else if (access.length === 0) {
    parts.push('Nobody reaches any of it.');
  } else parts.push(overview(access, read, style));
  if (without.length > 0) parts.push(withoutText(report, style));
  if (read.at !== undefined) parts.push(heardText(report, style));
  if (waysIn.length > 0) parts.push(waysText(waysIn, style));
  parts.push(...unknownWaysLines(report).map((line) => wrap(`! ${line}`, style.width, '  ')));
  return parts.join('\n\n');
}

/** The first line says what was read; what makes it less sure comes right after. */
export function headText(read: Read, style: Style): string {
  const { from, release, at, policy, compared, moment, people } = read;
  const size = `${targetsText(read)}, ${count(people, 'person', 'people')}`;
  const lines: string[] = [];
  if (from === 'working-tree') lines.push(`the working tree, unsigned (--draft); ${size}`);
  if (from === 'release' && release !== undefined) {
    const signed = `release ${release.number} of ${formatInstant(release.issued)}, signed by ${release.signedBy.map(tame).join(', ')}`;
    lines.push(`${signed}; ${size}`);
    if (at !== undefined)
      lines.push(
        `As it stood at ${formatInstant(moment)}${release.newest ? '' : '; a later release is in force now'}.`,
      );
    if (policy === 'differs')
      lines.push(
        `! The policy here is not the one release ${release.number} was made from; names and rules are read from it.`,
      );
    if (policy === 'then')
      lines.push(`Names and rules are from the policy that release ${release.number} was made from, by its hashes.`);
    if (policy === 'unknown')
      lines.push(
        `! The list of inputs of release ${release.number} is not here; names and rules are read from the policy as it lies here.`,
      );
  }
  if (release !== undefined && !compared)
    lines.push('! Release 1 was never compared on this device: what it says is taken as it lies there.');
  return lines.map((line) => wrap(line, style.width, '  ')).join('\n');
}

function personHead({ person, access, read }: AccessReport, style: Style): string {
  if (person === undefined) return '';
  const name = `${style.paint('bold', tame(person.handle))}  ${person.id}`;
  const left = person.left === undefined ? '' : `, left ${formatInstant(person.left).slice(0, 10)}`;
  return `${name}\nreaches ${access.length === 0 ? 'none' : access.length} of ${targetsText(read)}${left}`;
}

/** `2 servers`, `2 servers and 1 provider` */
function targetsText({ servers, providers }: Read): string {
  return count(servers, 'server') + (providers === 0 ? '' : ` and ${count(providers, 'provider')}`);
}

function groupText(group: Group, read: Read, style: Style): string {
  const [one] = group;
  const rows: (readonly string[])[] = [
    ['account', one.account],
    ['since', sinceText(one.since)],
    ['by', byText(one)],
    ...(one.until === undefined ? [] : [['until', formatInstant(one.until)]]),
    ...one.keys.map((key, i) => [i === 0 ? 'key' : '', keyText(key, one)]),
    ...one.sudo.map((sudo, i) => [i === 0 ? 'sudo' : '', sudoText(sudo, one)]),
    ...(one.sudo.length === 0 && one.keys.length > 0 ? [['sudo', 'none']] : []),
    ...one.rights.map((right, i) => [i === 0 ? 'rights' : '', rightText(right, one)]),
    ...credentialWords(one).map((words, i) => [i === 0 ? 'opened by' : '', tame(words)]),
    ...confirmedRows(group),
  ];
  const names = style.paint('bold', wrap(group.map(({ target }) => tame(target)).join(', '), style.width));
  const revoked = revokedText(group, read);
  return [
    names,
    ...(revoked === '' ? [] : [wrap(`  ${revoked}`, style.width, '  ')]),
    table(rows, style, { indent: '  ' }),
  ].join('\n');
}

function sinceText(since: Since | undefined): string {
  if (since === undefined) return 'in no signed release yet';
  return `release ${since.release} of ${formatInstant(since.issued)}, signed by ${since.signedBy.map(tame).join(', ')}`;
}

function byText({ by }: AccessDetail): string {
  if (by.kind === 'policy-of-release')
    return `the policy of release ${by.release}; the one here would give something else`;
  return by.rules.map(({ name, place }) => `"${tame(name)}" ${placeText(place)}`).join(' and ');
}

function keyText(
  { fingerprint, type, allow, from, command, until, since, revoked }: KeyDetail,
  { until: last, since: first }: AccessDetail,
): string {
  const allowed = [
    ...(allow.pty ? ['pty'] : []),
    ...(allow.agentForwarding ? ['agent-forwarding'] : []),
    ...(allow.x11 ? ['x11'] : []),
    ...(allow.forwardTo.length > 0 ? [`forward-to ${allow.forwardTo.map(tame).join(' ')}`] : []),
  ];
  const words = [
    allowed.length === 0 ? 'allows no terminal and no forwarding' : `allows ${allowed.join(', ')}`,
    ...(from === undefined ? [] : [`from ${from.map(tame).join(' ')}`]),
    ...(command === undefined ? [] : [`runs only ${tame(command)}`]),
    ...ownEnd(until, last),
    ...laterSince(since, first),
    ...(revoked ? ['revoked, not yet counted in a release'] : []),
  ];
  return `${fingerprint} ${type}\n${words.join('; ')}`;
}

function sudoText({ runAs, command, until, since }: SudoDetail, { until: last, since: first }: AccessDetail): string {
  const what = command === 'ALL' ? 'everything' : tame(command);
  const as = runAs === 'ALL' ? 'as anybody' : `as ${tame(runAs)}`;
  return [`${as}: ${what}`, ...ownEnd(until, last), ...laterSince(since, first)].join('; ');
}

function rightText({ what, value, until, since }: RightDetail, { until: last, since: first }: AccessDetail): string {
  return [`${tame(what)} ${tame(value)}`, ...ownEnd(until, last), ...laterSince(since, first)].join('; ');
}

/** Only an end that is not the one of the whole. */
function ownEnd(until: Instant | undefined, last: Instant | undefined): readonly string[] {
  if (until === last) return [];
  return [until === undefined ? 'does not end' : `until ${formatInstant(until)}`];
}

/** Only what is younger than the access itself is worth a word. */
function laterSince(since: Since | undefined, first: Since | undefined): readonly string[] {
  if (since?.release === first?.release) return [];
  return [since === undefined ? 'in no signed release yet' : `since release ${since.release}`];
}

function confirmedRows(group: Group): readonly (readonly string[])[] {
  const label = group[0].keys.length > 0 ? 'servers' : 'provider';
  return group.flatMap(({ target, confirmed }, i) =>
    confirmed === undefined ? [] : [[i === 0 ? label : '', `${tame(target)} ${confirmedText(confirmed)}`]],
  );
}

function confirmedText(confirmed: Confirmed): string {
  if (confirmed.state === 'never-heard') return 'was never heard from';
  if (confirmed.state === 'not-believed' || confirmed.state === 'unknown') {
    const words = confirmed.state === 'unknown' ? 'unknown what it said' : 'has a receipt that is not believed';
    return `${words}: ${tame(confirmed.why)}`;
  }
  const word = confirmed.proof === 'signed' ? 'receipt' : 'unsigned answer';
  const receipt = `${word} of ${formatInstant(confirmed.time)}, release ${confirmed.release}`;
  if (confirmed.state === 'not-yet') return `does not show it yet: ${receipt}`;
  return confirmed.proof === 'signed' ? `confirmed it: ${receipt}` : `says so: ${receipt}`;
}

function revokedText(group: Group, read: Read): string {
  const [{ revoked }] = group;
  if (revoked === undefined) return '';
  const open = group.filter((one) => one.revoked?.heldThere !== true).map(({ target }) => tame(target));
  const where = open.length === 0 ? 'every one of these shows it' : `not shown yet by ${open.join(', ')}`;
  return `! Revoked ${formatInstant(revoked.time)} by ${tame(revoked.by)}, not yet counted in a release; ${read.release?.newest === false ? '' : where}`.replace(
    /; $/,
    '',
  );
}

function overview(access: readonly AccessDetail[], read: Read, style: Style): string {
  const people = Map.groupBy(access, ({ person }) => person);
  const width = Math.min(32, Math.max(...[...people.keys()].map((name) => name.length)));
  const indent = ' '.repeat(width + 2);
  return [...people]
    .map(([name, own]) => {
      const blocks = groups(own).map((group) => {
        const servers = wrap(`${indent}${group.map(({ target }) => tame(target)).join(', ')}`, style.width);
        const words = wrap(`${indent}  ${briefly(group[0])}`, style.width);
        const revoked = revokedText(group, read);
        return [
          servers,
          style.paint('dim', words),
          ...(revoked === '' ? [] : [wrap(`${indent}  ${revoked}`, style.width)]),
        ].join('\n');
      });
      const [first = ''] = blocks;
      const label = tame(name).padEnd(width + 2);
      return [style.paint('bold', label) + first.slice(indent.length), ...blocks.slice(1)].join('\n');
    })
    .join('\n');
}

/** `login, sudo as root: 2 commands; until 2027-01-31T18:00:00Z; since release 2` */
function briefly({ sudo, keys, rights, until, since }: AccessDetail): string {
  const byRunAs = new Map<string, readonly string[]>();
  for (const { runAs, command } of sudo) byRunAs.set(runAs, [...(byRunAs.get(runAs) ?? []), command]);
  const may = [...byRunAs].map(([runAs, commands]) => {
    const what = commands.includes('ALL') ? 'everything' : count(commands.length, 'command');
    return `sudo as ${runAs === 'ALL' ? 'anybody' : tame(runAs)}: ${what}`;
  });
  const login = keys.every(({ command }) => command !== undefined) ? 'one command only' : 'login';
  return [
    [
      ...(keys.length > 0 ? [login] : []),
      ...may,
      ...(rights.length > 0 ? [`admin login: ${rightWords(rights)}`] : []),
    ].join(', '),
    ...(until === undefined ? [] : [`until ${formatInstant(until)}`]),
    since === undefined ? 'in no signed release yet' : `since release ${since.release}`,
  ].join('; ');
}

/** `console, 2 groups` */
function rightWords(rights: readonly RightDetail[]): string {
  const kinds = [...new Set(rights.map(({ what }) => what))];
  return kinds
    .map((kind) => {
      const own = rights.filter(({ what }) => what === kind);
      return own.length === 1 ? `${tame(kind)} ${tame(own[0]?.value ?? '')}` : `${own.length} × ${tame(kind)}`;
    })
    .join(', ');
}

function withoutText({ without }: AccessReport, style: Style): string {
  const names = without.map(
    ({ handle, left }) => `${tame(handle)}${left === undefined ? '' : ` (left ${formatInstant(left).slice(0, 10)})`}`,
  );
  return wrap(`No access to any of it: ${names.join(', ')}`, style.width, '  ');
}

/** Of another day: which answer of each target is the newest up to then, since ways in are known from it only. */
function heardText({ targets }: AccessReport, style: Style): string {
  const rows = targets.map(({ name, heard }) => [tame(name), heard === undefined ? 'not asked' : heardWords(heard)]);
  return `What targets had said by then:\n${table(rows, style, { indent: '  ' })}`;
}

function heardWords(heard: HeardThen): string {
  if (heard.state === 'never-heard') return '! never heard from: what else let in there is unknown';
  if (heard.state !== 'heard') return `! ${heard.state === 'unknown' ? 'unknown' : 'not believed'}: ${tame(heard.why)}`;
  const proof = heard.proof === 'signed' ? 'signed by its host key' : 'unsigned';
  return `release ${heard.release}, ${formatInstant(heard.time)}, ${proof}`;
}

function waysText(ways: readonly UnmanagedWay[], style: Style): string {
  const rows = ways.map((way) => {
    const { target, kind, account, subject, state, comment, owner } = way;
    const words = [
      state === 'accepted' ? 'accepted' : '! not accepted',
      wayWords(way),
      ...(owner === undefined ? [] : [`a key of ${tame(owner)}`]),
      ...(comment === undefined ? [] : [`"${tame(comment)}"`]),
    ];
    const where = `${kind}${account === undefined ? '' : ` on ${tame(account)}`}`;
    return [tame(target), where, `${tame(subject)}\n${words.join(', ')}`];
  });
  return `Beside keyward, which never changes these:\n${table(rows, style, { indent: '  ' })}`;
}
