/** Servers and keys, from the repository alone: what the policy says, and what the newest signed release makes of it. */
import type { Instant, Person, Server } from '../core/access/index.ts';
import { fingerprint, parsePublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { Manifest } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { keyOf } from './access-detail.ts';
import type { Clone } from './clone.ts';
import { readInForce } from './in-force.ts';
import { knownTargets } from './known-targets.ts';
import type { KnownTarget } from './known-targets.ts';
import { mustFind } from './me.ts';
import { handleNames } from './names.ts';
import { targetStatus } from './status-targets.ts';
import type { TargetStatus } from './status-targets.ts';
import { readReceipts } from './stored-receipts.ts';
import { mustHoldVerified } from './trust.ts';

export interface ServerListed {
  readonly name: string;
  readonly id: string;
  /** Undefined where the policy has no line for it any more. */
  readonly address?: string;
  readonly port?: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the signed manifest; of servers/<name>.pub where no release has it yet. */
  readonly hostKeys: readonly string[];
  /** `unsigned`: no release has it yet. `no-line`: a release has it, and the policy has no line for it. */
  readonly state: 'signed' | 'unsigned' | 'no-line';
  /** When the policy took it out. */
  readonly removed?: Instant;
  /** Employees and machines who reach it by the newest release. */
  readonly people: number;
  /** What its stored receipt says; undefined while no release has it. */
  readonly heard?: TargetStatus;
}

export interface ServerListReport {
  readonly organization: string;
  readonly release?: number;
  /** By name. */
  readonly servers: readonly ServerListed[];
}

export async function serverList(world: World): Promise<ServerListReport> {
  const clone = await readInForce(world, { for: 'look' });
  mustHoldVerified(clone);
  const { heard } = await readReceipts(world, clone);
  const lines = new Map(clone.policy.servers.map((server) => [server.id as string, server]));
  const signed = heard
    .filter(({ target }) => target.manifest.hostKeys.length > 0)
    .map((one) => {
      const status = clone.chain === undefined ? undefined : targetStatus(one, clone.chain, world.crypto);
      return listed(world, one.target.name, lines.get(one.target.id), one.target, status);
    });
  const known = new Set(signed.map(({ id }) => id));
  const unsigned = clone.policy.servers
    .filter(({ id }) => !known.has(id))
    .map((server) => listed(world, server.name, server, undefined, undefined));
  return {
    organization: clone.organization,
    ...release(clone),
    servers: [...signed, ...unsigned].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

function listed(
  world: World,
  name: string,
  line: Server | undefined,
  target: KnownTarget | undefined,
  heard: TargetStatus | undefined,
): ServerListed {
  const hostKeys = target?.manifest.hostKeys ?? line?.hostKeys ?? [];
  return {
    name,
    id: target?.id ?? line?.id ?? name,
    ...(line === undefined ? {} : { address: line.address, port: line.port }),
    labels: line?.labels ?? {},
    hostKeys: hostKeys.map((key) => fingerprint(key, world.crypto.sha256)),
    state: target === undefined ? 'unsigned' : line === undefined ? 'no-line' : 'signed',
    ...(line?.removed === undefined ? {} : { removed: line.removed }),
    people: target?.manifest.accounts.length ?? 0,
    ...(heard === undefined ? {} : { heard }),
  };
}

/** What a key is for: `logs-in` an employee's or machine's, `signs` a signer's, `carries` a courier's. */
export type KeyUse = 'logs-in' | 'signs' | 'carries';

export interface KeyListed {
  readonly use: KeyUse;
  /** The handle it belongs to; of a courier's key the name of the courier. */
  readonly of: string;
  readonly fingerprint: string;
  readonly type: string;
  readonly bits: number;
  /** What stands beside it in its file; says nothing about whose it is. */
  readonly comment: string;
  /** Whether it stands in keys/, signers/ or couriers/ here. */
  readonly listed: boolean;
  /** Targets that the newest release lets it in to. */
  readonly grantedOn: readonly string[];
  /** A revocation names it, or the person whose it is. */
  readonly revoked: boolean;
}

export interface KeyListReport {
  readonly organization: string;
  readonly release?: number;
  readonly person?: string;
  /** By handle; those that log in, then those that sign, then those that carry. */
  readonly keys: readonly KeyListed[];
}

export async function keyList(world: World, handle: string | undefined): Promise<KeyListReport> {
  const clone = await readInForce(world, { for: 'look' });
  mustHoldVerified(clone);
  if (handle !== undefined) mustFind(clone, handle);
  const rows = keyRows(world, clone).filter(
    (row) => handle === undefined || (row.of === handle && row.use !== 'carries'),
  );
  return {
    organization: clone.organization,
    ...release(clone),
    ...(handle === undefined ? {} : { person: handle }),
    keys: rows,
  };
}

function keyRows(world: World, clone: Clone): readonly KeyListed[] {
  const granted = grantsByKey(clone);
  const isOut = revokedHere(clone);
  const nameOf = handleNames(clone);
  const row = (use: KeyUse, of: string, id: string | undefined, key: PublicKey, isListed: boolean): KeyListed => ({
    use,
    of,
    fingerprint: fingerprint(key, world.crypto.sha256),
    type: key.type,
    bits: key.bits,
    comment: key.comment,
    listed: isListed,
    grantedOn: use === 'logs-in' ? (granted.get(`${id} ${key.line}`) ?? []) : [],
    revoked: use === 'logs-in' && isOut(id, key),
  });
  const people = [...clone.policy.people].sort((a, b) => (a.handle < b.handle ? -1 : 1));
  const logins = people.flatMap((person) =>
    person.keys.map((key) => row('logs-in', person.handle, person.id, key, true)),
  );
  const gone = unlistedKeys(clone.policy.people, granted.keys()).map(([id, line]) =>
    row('logs-in', nameOf(id), id, parsePublicKey(line), false),
  );
  const signing = clone.policy.signers.flatMap(({ id, keys }) =>
    keys.map((key) => row('signs', nameOf(id), id, key, true)),
  );
  const carrying = clone.policy.couriers.flatMap(({ name, keys }) =>
    keys.map((key) => row('carries', name, undefined, key, true)),
  );
  return [...[...logins, ...gone].sort((a, b) => (a.of < b.of ? -1 : a.of > b.of ? 1 : 0)), ...signing, ...carrying];
}

/** Names of targets by `ID KEY`, of the newest release. */
function grantsByKey(clone: Clone): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  for (const { name, manifest } of knownTargets(clone)) {
    for (const line of liveKeys(manifest, clone.now)) {
      const key = `${line.id} ${keyOf(line).line}`;
      found.set(key, (found.get(key) ?? new Set()).add(name));
    }
  }
  return new Map([...found].map(([key, names]) => [key, [...names].sort()]));
}

function liveKeys({ keys }: Manifest, now: Instant) {
  return keys.filter(({ end }) => end === undefined || now <= end);
}

/** Keys that the newest release still lets in and that no file in keys/ has any more. */
function unlistedKeys(people: readonly Person[], granted: Iterable<string>): readonly (readonly [string, string])[] {
  const here = new Set(people.flatMap(({ id, keys }) => keys.map((key) => `${id} ${key.line}`)));
  return [...granted]
    .filter((name) => !here.has(name))
    .map((name) => [name.slice(0, name.indexOf(' ')), name.slice(name.indexOf(' ') + 1)]);
}

/** By any revocation that is not taken back by a release. */
function revokedHere({ revocations, chain }: Clone): (id: string | undefined, key: PublicKey) => boolean {
  const inForce = revocations.filter(({ hash }) => chain?.newest.value.undone.includes(hash) !== true);
  return (id, key) => inForce.some(({ value }) => value.id === id || value.keys.some((out) => out.line === key.line));
}

function release({ chain }: Clone): { release?: number } {
  return chain === undefined ? {} : { release: chain.newest.value.number };
}
