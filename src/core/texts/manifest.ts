/**
 * The manifest: what one target must grant, complete. Section 3 of docs/formats.md.
 *
 * Complete means that what keyward manages there and what is not listed is taken away. It holds no number, so it keeps
 * its hash while nothing changes.
 */
import { compareEnds, isAccountName, isSudoersCommand, WAY_IN_KINDS } from '../access/index.ts';
import type { Instant, SubjectId, TargetId, WayInKind } from '../access/index.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import {
  account,
  foundAccount,
  id,
  key,
  name,
  number,
  oneOf,
  orDash,
  row,
  subject,
  time,
  word,
  words,
} from './fields.ts';
import { byBytes, CAPS, many, one, text } from './grammar.ts';
import type { Breach, Field, Table } from './grammar.ts';
import { readKeyLine } from './key-line.ts';

/** Whose an account is. */
export interface AccountLine {
  readonly id: SubjectId;
  readonly account: string;
  /** Undefined: the server chooses. */
  readonly uid: number | undefined;
  /** `adopt`: it is there already and taken over. */
  readonly how: 'new' | 'adopt';
  /** The id it is taken over from. */
  readonly from: SubjectId | undefined;
  /** When the last of its grants ends; undefined: does not end. */
  readonly end: Instant | undefined;
}

/** One line of an account's key file. */
export interface KeyLine {
  readonly id: SubjectId;
  readonly account: string;
  readonly end: Instant | undefined;
  /** `OPTIONS KEY`, as it goes into the file. */
  readonly line: string;
}

/** One thing sudo allows. */
export interface SudoLine {
  readonly id: SubjectId;
  readonly account: string;
  readonly end: Instant | undefined;
  readonly runAs: string;
  /** In sudoers' own spelling, or `ALL`. */
  readonly command: string;
}

/** One thing an admin login may do or have at a provider: in the provider's own words, `group billing-read`. */
export interface RightLine {
  readonly id: SubjectId;
  readonly account: string;
  readonly end: Instant | undefined;
  readonly what: string;
  readonly value: string;
}

/** What holds for the whole of a provider: `path /keyward/acme/`. */
export interface SettingLine {
  readonly name: string;
  readonly value: string;
}

/** An unmanaged way in that is known. */
export interface AcceptedLine {
  readonly kind: WayInKind;
  readonly account: string | undefined;
  readonly subject: string;
}

export interface Manifest {
  readonly organization: string;
  readonly target: TargetId;
  /** `server`, or the kind of a provider. */
  readonly kind: string;
  /** Providers only. */
  readonly settings: readonly SettingLine[];
  readonly hostKeys: readonly PublicKey[];
  readonly nextHostKeys: readonly PublicKey[];
  readonly couriers: readonly PublicKey[];
  readonly accounts: readonly AccountLine[];
  readonly keys: readonly KeyLine[];
  readonly sudo: readonly SudoLine[];
  /** Providers only. */
  readonly rights: readonly RightLine[];
  readonly accepted: readonly AcceptedLine[];
  readonly revokedIds: readonly SubjectId[];
  readonly revokedKeys: readonly PublicKey[];
}

const runAs: Field<string> = {
  form: 'an account or ALL',
  read: (spelled) => (spelled === 'ALL' || isAccountName(spelled) ? { value: spelled } : undefined),
  write: (value) => value,
};

const kebab: Field<string> = {
  form: 'a word of a-z, 0-9 and -',
  read: (spelled) => (/^[a-z][a-z0-9-]{0,31}$/.test(spelled) ? { value: spelled } : undefined),
  write: (value) => value,
};

const end = orDash(time);

function byAccountThenEnd(a: KeyLine, b: KeyLine): number {
  return byBytes(a.account, b.account) || compareEnds(a.end, b.end);
}

const TABLE: Table<Manifest> = {
  organization: one('organization', name),
  target: one('target', id('srv', 'aws')),
  kind: one('kind', kebab),
  settings: many('setting', row<SettingLine>({ name: kebab, value: words })),
  hostKeys: many('host-key', key),
  nextHostKeys: many('next-host-key', key),
  couriers: many('courier', key),
  accounts: many(
    'account',
    row<AccountLine>({
      id: subject,
      account,
      uid: orDash(number),
      how: oneOf('new', 'adopt'),
      from: orDash(subject),
      end,
    }),
    (a, b) => byBytes(a.account, b.account),
  ),
  keys: many('key', row<KeyLine>({ id: subject, account, end, line: words }), byAccountThenEnd),
  sudo: many('sudo', row<SudoLine>({ id: subject, account, end, runAs, command: words })),
  rights: many('right', row<RightLine>({ id: subject, account, end, what: kebab, value: words })),
  accepted: many(
    'accepted',
    row<AcceptedLine>({ kind: oneOf(...WAY_IN_KINDS), account: orDash(foundAccount), subject: word }),
  ),
  revokedIds: many('revoked-id', subject),
  revokedKeys: many('revoked-key', key),
};

/** Reads and writes manifests of every kind of target. */
export const manifest = text('manifest', TABLE, CAPS.manifest, laws);

/** A server has host keys and couriers and nothing of a provider; a provider has none of a server's lines. */
function kindLaws(value: Manifest): Breach | undefined {
  const spelling = (message: string, word: string, nth = 0): Breach => ({ reason: 'spelling', message, word, nth });
  const server = value.kind === 'server';
  if (server !== value.target.startsWith('srv_')) return spelling('kind and id do not fit', server ? 'target' : 'kind');
  if (server && value.hostKeys.length === 0) return spelling('here a "host-key" line must stand', 'kind', 1);
  if (server && value.couriers.length === 0) return spelling('here a "courier" line must stand', 'host-key', value.hostKeys.length + value.nextHostKeys.length);
  const foreign = server
    ? [...value.settings, ...value.rights]
    : [...value.hostKeys, ...value.nextHostKeys, ...value.couriers, ...value.keys, ...value.sudo];
  return foreign.length > 0 ? spelling(`a line that a target of the kind ${value.kind} does not have`, 'kind') : undefined;
}

/** An account and an id stand once, and every key, sudo and right line belongs to an account line. */
function laws(value: Manifest): Breach | undefined {
  const foreign = kindLaws(value);
  if (foreign !== undefined) return foreign;
  const owners = new Map(value.accounts.map((line) => [line.account, line.id]));
  const ids = new Set(value.accounts.map((line) => line.id));
  if (owners.size !== value.accounts.length || ids.size !== value.accounts.length) {
    return { reason: 'spelling', message: 'an account or an id stands on two account lines', word: 'account' };
  }
  const stray = (line: KeyLine | SudoLine | RightLine): boolean => owners.get(line.account) !== line.id;
  const strayKey = value.keys.findIndex(stray);
  if (strayKey >= 0)
    return { reason: 'spelling', message: 'this key line belongs to no account line', word: 'key', nth: strayKey };
  const straySudo = value.sudo.findIndex(stray);
  if (straySudo >= 0)
    return { reason: 'spelling', message: 'this sudo line belongs to no account line', word: 'sudo', nth: straySudo };
  const strayRight = value.rights.findIndex(stray);
  if (strayRight >= 0)
    return { reason: 'spelling', message: 'this right line belongs to no account line', word: 'right', nth: strayRight };
  const odd = value.keys.findIndex((line) => readKeyLine(line.line) === undefined);
  if (odd >= 0) return { reason: 'line-form', message: 'this key line has not the form of one', word: 'key', nth: odd };
  // What a plan shows is the plain command; a pattern or a second spelling would be shown as something it is not.
  const patterns = new Set([...new Set(value.sudo.map(({ command }) => command))].filter((one) => !isSudoersCommand(one)));
  if (patterns.size === 0) return undefined;
  const nth = value.sudo.findIndex(({ command }) => patterns.has(command));
  return { reason: 'line-form', message: 'this sudo line has not the form of one', word: 'sudo', nth };
}
