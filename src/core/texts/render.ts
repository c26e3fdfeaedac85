/**
 * From grants to manifests: what the policy means for one target, written as what that target must grant.
 *
 * Pure, and the same bytes in whatever order anything comes in. Whatever is revoked is left out here, and the receiver
 * leaves it out once more by the `revoked` lines.
 */
import { laterEnd, sudoersCommand } from '../access/index.ts';
import type { Accepted, Grant, Person, Server, SubjectId, Sum, TargetId } from '../access/index.ts';
import { Failure } from '../failure.ts';
import { renderKeyLine } from '../ssh/authorized-keys-line.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import type { AcceptedLine, AccountLine, KeyLine, Manifest, RightLine, SettingLine, SudoLine } from './manifest.ts';
import type { Revocation } from './revocation.ts';

/** What holds for all servers of an organization. */
export interface Fleet {
  readonly organization: string;
  /** Everybody who has a `keys/` file, those who left included. */
  readonly people: Iterable<Person>;
  /** The keys that may carry. */
  readonly couriers: readonly PublicKey[];
  /** Verified revocations in force. */
  readonly counted: readonly Revocation[];
  /** Verified revocations that were taken back. */
  readonly undone: readonly Revocation[];
}

/** The parts that are equal for every server. */
interface Shared {
  readonly organization: string;
  readonly people: ReadonlyMap<SubjectId, Person>;
  readonly couriers: readonly PublicKey[];
  readonly revokedIds: ReadonlySet<SubjectId>;
  readonly revokedKeys: ReadonlyMap<string, PublicKey>;
}

/** What one sum is written as: the same lines in every manifest it stands in. */
interface Lines {
  readonly account: AccountLine;
  readonly keys: readonly KeyLine[];
  readonly sudo: readonly SudoLine[];
}

/** Renders manifests. Make one for all targets of a release. */
export interface Renderer {
  /** `sums`: one for each person. */
  readonly server: (server: Server, sums: readonly Sum[]) => Manifest;
  readonly provider: (provider: ProviderTarget, grants: Iterable<Grant>) => Manifest;
}

export function renderer(fleet: Fleet): Renderer {
  const people = new Map<SubjectId, Person>([...fleet.people].map((person) => [person.id, person]));
  const couriers = byLine(fleet.couriers);
  const shared: Shared = {
    organization: fleet.organization,
    people,
    couriers: [...couriers.values()],
    revokedIds: new Set(fleet.counted.flatMap(({ id }) => (id === undefined ? [] : [id])).sort()),
    revokedKeys: byLine(keysOut(fleet, people.values()).filter((key) => !couriers.has(key.line))),
  };
  const written = new Map<Sum, Lines>();
  const linesOf = (sum: Sum): Lines => {
    const known = written.get(sum);
    if (known !== undefined) return known;
    const lines = render(shared, sum);
    written.set(sum, lines);
    return lines;
  };
  return {
    // A removed server grants nothing: it keeps its couriers, and what is revoked stays out.
    server: (server, sums) => renderServer(shared, server, server.removed === undefined ? sums : [], linesOf),
    provider: (provider, grants) => renderProvider(shared, provider, grants),
  };
}

/**
 * The keys that open nothing. Those of a revocation that was taken back are free again only where they stand in a
 * `keys/` file: giving a person access again does not give back a key they had long ago.
 */
function keysOut({ counted, undone }: Fleet, people: Iterable<Person>): readonly PublicKey[] {
  const listed = new Set([...people].flatMap((person) => person.keys.map((key) => key.line)));
  const stillOut = undone.flatMap((revocation) => revocation.keys).filter((key) => !listed.has(key.line));
  return [...counted.flatMap((revocation) => revocation.keys), ...stillOut];
}

function renderServer(shared: Shared, server: Server, sums: readonly Sum[], linesOf: (sum: Sum) => Lines): Manifest {
  const given = sums.filter(({ person }) => !shared.revokedIds.has(person)).map(linesOf);
  const adopted = new Set<SubjectId>(server.adopt);
  return {
    organization: shared.organization,
    target: server.id,
    kind: 'server',
    settings: [],
    hostKeys: [...byLine(server.hostKeys).values()],
    nextHostKeys: [...byLine(server.nextHostKeys).values()],
    couriers: shared.couriers,
    accounts: given.map(({ account }) => (adopted.has(account.id) ? { ...account, how: 'adopt' } : account)),
    keys: given.flatMap(({ keys }) => keys),
    sudo: given.flatMap(({ sudo }) => sudo),
    rights: [],
    accepted: acceptedLines(server.accepted),
    revokedIds: [...shared.revokedIds],
    revokedKeys: [...shared.revokedKeys.values()],
  };
}

/** What a provider is called in a manifest. */
export interface ProviderTarget {
  readonly id: TargetId;
  readonly kind: string;
  readonly settings: readonly SettingLine[];
  readonly accepted: readonly Accepted[];
}

function renderProvider(shared: Shared, provider: ProviderTarget, grants: Iterable<Grant>): Manifest {
  const own = new Map<SubjectId, Grant[]>();
  for (const grant of grants) {
    if (!shared.revokedIds.has(grant.person)) own.set(grant.person, [...(own.get(grant.person) ?? []), grant]);
  }
  return {
    organization: shared.organization,
    target: provider.id,
    kind: provider.kind,
    settings: provider.settings,
    hostKeys: [],
    nextHostKeys: [],
    couriers: [],
    accounts: [...own].map(([id, given]) => loginLine(mustBeKnown(shared.people, id), given)),
    keys: [],
    sudo: [],
    rights: [...own.values()].flatMap(rightLines),
    accepted: acceptedLines(provider.accepted),
    revokedIds: [...shared.revokedIds],
    revokedKeys: [],
  };
}

function loginLine({ id, account }: Person, given: readonly Grant[]): AccountLine {
  const end = given.map((grant) => grant.until).reduce(laterEnd);
  return { id, account, uid: undefined, how: 'new', from: undefined, end };
}

/** Each right once, up to the latest end of the grants that give it. */
function rightLines(given: readonly Grant[]): readonly RightLine[] {
  const rights = new Map<string, RightLine>();
  for (const { person, account, until, rights: all = [] } of given) {
    for (const { what, value } of all) {
      const known = rights.get(`${what} ${value}`);
      const end = known === undefined ? until : laterEnd(known.end, until);
      rights.set(`${what} ${value}`, { id: person, account, end, what, value });
    }
  }
  return [...rights.values()];
}

function render(shared: Shared, sum: Sum): Lines {
  const person = mustBeKnown(shared.people, sum.person);
  return { account: accountLine(sum, person), keys: keyLines(shared, sum, person), sudo: sudoLines(sum) };
}

function accountLine(sum: Sum, person: Person): AccountLine {
  return { id: sum.person, account: sum.account, uid: person.uid, how: 'new', from: person.takesOver, end: sum.until };
}

function keyLines(shared: Shared, sum: Sum, person: Person): readonly KeyLine[] {
  const keys = [...byLine(person.keys).values()].filter((key) => !shared.revokedKeys.has(key.line));
  return sum.spans.flatMap(({ until, allow }) =>
    keys.map((key) => ({
      id: sum.person,
      account: sum.account,
      end: until,
      line: renderKeyLine(key, { allow, from: sum.from, command: sum.command }),
    })),
  );
}

function sudoLines(sum: Sum): readonly SudoLine[] {
  return sum.sudo.map(({ runAs, command, until }) => ({
    id: sum.person,
    account: sum.account,
    end: until,
    runAs,
    command: sudoersCommand(command),
  }));
}

function acceptedLines(accepted: readonly Accepted[]): readonly AcceptedLine[] {
  const lines = accepted.map(({ kind, account, subject }) => ({ kind, account, subject }));
  return [...new Map(lines.map((line) => [`${line.kind} ${line.account ?? '-'} ${line.subject}`, line])).values()];
}

/** Keys by their one spelling, sorted by it, each once. */
function byLine(keys: Iterable<PublicKey>): ReadonlyMap<string, PublicKey> {
  return new Map([...keys].map((key) => [key.line, key] as const).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

function mustBeKnown(people: ReadonlyMap<SubjectId, Person>, id: SubjectId): Person {
  const person = people.get(id);
  if (person === undefined) throw new Failure('internal', `a grant is for ${id}, whom nobody knows`);
  return person;
}
