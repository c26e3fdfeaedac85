/**
 * Who reaches what as CSV (RFC 4180: every field quoted, CRLF), a line for each access, for each way in beside keyward, and
 * for each target of which nobody knows them.
 * A spreadsheet takes a field that begins with = + - @, a tab or a line break for a formula, quoted or not: such a field
 * gets an apostrophe in front (https://owasp.org/www-community/attacks/CSV_Injection).
 */
import { formatInstant } from '../core/access/index.ts';
import type { AccessDetail } from '../verbs/access-detail.ts';
import type { AccessReport } from '../verbs/access.ts';
import type { UnmanagedWay } from '../verbs/unmanaged-ways.ts';
import { allowWords, confirmedWords, credentialWords, ruleWords, sinceWords, sudoWords, unknownWays, wayWords } from './access-words.ts';
import { tame } from './style.ts';

const COLUMNS = [
  'release',
  'kind',
  'person',
  'person id',
  'target',
  'target id',
  'account',
  'keys',
  'allow',
  'from',
  'command',
  'sudo',
  'rights',
  'credentials',
  'until',
  'since',
  'rules',
  'revoked',
  'confirmed',
] as const;
type Row = Partial<Record<(typeof COLUMNS)[number], string>>;

export function accessCsv(report: AccessReport): string {
  const { read, access, waysIn, targets } = report;
  const release = read.from === 'release' ? String(read.release?.number ?? '') : 'working tree, unsigned';
  const rows: readonly Row[] = [...access.map(accessRow), ...waysIn.map(wayRow), ...unknownWays(targets).map(unknownRow)];
  return (
    [
      COLUMNS.map(cell).join(','),
      ...rows.map((row) => COLUMNS.map((name) => cell(name === 'release' ? release : (row[name] ?? ''))).join(',')),
    ].join('\r\n') + '\r\n'
  );
}

function accessRow(one: AccessDetail): Row {
  const { keys, rights } = one;
  const lines = (words: readonly string[]): string => [...new Set(words)].join('\n');
  return {
    kind: 'granted',
    person: one.person,
    'person id': one.personId,
    target: one.target,
    'target id': one.targetId,
    account: one.account,
    keys: lines(keys.map(({ fingerprint, type }) => `${fingerprint} ${type}`)),
    allow: lines(keys.flatMap(allowWords)),
    from: lines(keys.flatMap(({ from }) => from ?? [])),
    command: lines(keys.flatMap(({ command }) => command ?? [])),
    sudo: lines(sudoWords(one)),
    rights: lines(rights.map(({ what, value }) => `${what} ${value}`)),
    credentials: lines(credentialWords(one)),
    until: one.until === undefined ? '' : formatInstant(one.until),
    since: sinceWords(one),
    rules: lines(ruleWords(one)),
    revoked: one.revoked === undefined ? '' : `${formatInstant(one.revoked.time)} by ${one.revoked.by}`,
    confirmed: confirmedWords(one.confirmed),
  };
}

function wayRow(way: UnmanagedWay): Row {
  const { target, kind, account = '', subject, state, comment, owner = '' } = way;
  return {
    kind: `beside keyward, ${state === 'accepted' ? 'accepted' : 'not accepted'}`,
    person: owner,
    target,
    account,
    keys: `${kind} ${subject}${comment === undefined ? '' : ` ${comment}`}`,
    confirmed: wayWords(way),
  };
}

/** Without this line the file would read as if nothing else let in there. */
function unknownRow({ target, why }: { readonly target: string; readonly why: string }): Row {
  return { kind: 'beside keyward, unknown', target, confirmed: why };
}

/**
 * Full-width signs count as signs in some spreadsheets. In the middle of a field too, behind what may separate fields where
 * it is opened: a semicolon in half of Europe. Quotes help nobody there, since a line begins with a quoted field that does
 * not end at its quote.
 */
const FORMULA = /(^|[;|\t\r\n])(\s*)(?=[=+\-@＝＋－＠])/g;

function cell(text: string): string {
  const safe = tame(text).replace(FORMULA, "$1$2'").replace(/^(?=[\t\r\n])/, "'");
  return `"${safe.replaceAll('"', '""')}"`;
}
