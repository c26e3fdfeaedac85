/**
 * The steps of enrolling that one server and many have in common: whom to believe, looking, what is written into the
 * policy, installing, and the proof that the courier gets in. Not here: in which order, and what becomes of a failure.
 */
import type { Server } from '../core/access/index.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { addAccepted, addServer, compilePolicy } from '../core/policy/index.ts';
import type { Edited, PolicyFiles, WrittenAccepted, WrittenServer } from '../core/policy/index.ts';
import { readPublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import { wayOfFields, wayWords } from '../core/texts/index.ts';
import type { Answer, Enrolment, Found, Journal, Outcome, RootAccess, Signed, TargetPlace, World } from '../world.ts';
import { latin1, mustCompile, toBytes } from './clone.ts';
import type { Clone } from './clone.ts';
import type { KeyOwner } from './key-owners.ts';
import { within } from './side-by-side.ts';
import type { Limits } from './side-by-side.ts';

/** Characters that the policy takes as a reason. */
const LONGEST_REASON = 120;

/** A server that is to be enrolled, with all that is needed to reach it as root. */
export interface Enrolling {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  readonly identityFile?: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A line of what was found: an account, a way in, how much was looked at. */
export interface FoundLine {
  readonly word: string;
  readonly fields: readonly string[];
  /** Whose key it is, where the policy knows it. */
  readonly owner?: string;
}

/** The newest release, which is pinned. Throws `waits` when there is none. */
export function releaseToPin(clone: Clone): NonNullable<Clone['chain']>['newest'] {
  if (clone.chain !== undefined) return clone.chain.newest;
  throw new Failure('waits', 'enrolling a server needs a signed release to pin', {
    next: '`keyward approve` makes release 1, which may list no server',
  });
}

/** Public key lines of a flag or a file. Throws `key`. */
export function readHostKeys(lines: readonly string[]): readonly PublicKey[] {
  return lines.map((line) => {
    const reading = readPublicKey(line);
    if (reading.ok) return reading.key;
    throw new Failure('key', `--host-key: ${reading.message}`, {
      next: 'give the line of ssh_host_ed25519_key.pub, or a file that holds it',
    });
  });
}

export function noHostKey(address: string): Failure {
  return new Failure('trust', `no host key of ${address} is known, and a key is never taken on trust`, {
    next: 'read it on the console (`cat /etc/ssh/ssh_host_ed25519_key.pub`) and give it with --host-key, or log in once with ssh and compare',
  });
}

export function accessOf({ user, address, port, identityFile }: Enrolling, hostKeys: readonly PublicKey[]): RootAccess {
  return { user, address, port, hostKeys, ...(identityFile === undefined ? {} : { identityFile }) };
}

/** Looks as root and changes nothing. One that is enrolled shows itself to its own organization, under its own id only. */
export function lookAt(
  world: World,
  clone: Clone,
  access: RootAccess,
  there: Server | undefined,
  limits: Limits,
): Promise<Outcome<Found>> {
  const as =
    there === undefined
      ? undefined
      : { organization: clone.organization, targetId: there.id, release: releaseToPin(clone).signed };
  return within(limits, (signal) => world.enroller.look(access, signal, as));
}

/** What was found, each line with whose key it is. */
export function foundLines({ lines }: Found, owners: ReadonlyMap<string, KeyOwner>): readonly FoundLine[] {
  return lines.map((line) => {
    const [word = '', ...fields] = line.split(' ');
    const owner = word === 'way-in' ? owners.get(fields[2] ?? '')?.words : undefined;
    return { word, fields, ...(owner === undefined ? {} : { owner }) };
  });
}

/** The ways in among them that the policy does not accept yet. */
export function unaccepted(found: readonly FoundLine[], there: Server | undefined): readonly FoundLine[] {
  const known = new Set(there?.accepted.map(({ kind, account, subject }) => `${kind} ${account ?? '-'} ${subject}`));
  return found.filter(({ word, fields }) => word === 'way-in' && !known.has(fields.slice(0, 3).join(' ')));
}

/** A way in for whoever is asked about it. */
export function toldOf({ fields, owner }: FoundLine): string {
  return wayWords(wayOfFields(fields, owner));
}

/** What is said above the ways in, before it is asked whether they are accepted. */
export function waysAhead(many: number): string {
  return many === 1
    ? '1 way in that keyward does not manage is there already:'
    : `${many} ways in that keyward does not manage are there already:`;
}

/** What the policy is to say of one server. */
export interface Entry {
  readonly server: Enrolling;
  readonly id: string;
  /** Whether its line stands there already. */
  readonly known: boolean;
  readonly hostKeys: readonly PublicKey[];
  readonly accepted: readonly FoundLine[];
}

/** The files that change when these servers are written, by path, in the order to write: cut off, a server without its key is an error, a key without its server none. */
export function filesOf(
  before: PolicyFiles,
  entries: readonly Entry[],
  reason: string,
): ReadonlyMap<string, Uint8Array> {
  const keys = entries.map(
    ({ server, hostKeys }) =>
      [`servers/${server.name}.pub`, toBytes(hostKeys.map((key) => `${key.line}\n`).join(''))] as const,
  );
  const edits = new Map<string, Uint8Array>(keys);
  const apply = ({ path, bytes }: Edited): void => void edits.set(path, bytes);
  const now = (): PolicyFiles => new Map([...before, ...edits]);
  for (const { server, id, known, accepted } of entries) {
    if (!known) apply(addServer(now(), server.name, serverLine(id, server)));
    const lines = accepted.map(acceptedEntry(reason));
    if (lines.length > 0) apply(addAccepted(now(), server.name, lines));
  }
  return new Map([...edits].filter(([path, bytes]) => !sameBytes(before.get(path), bytes)));
}

/**
 * The same files, of a policy that can be read with them: a label, an address or a reason that it does not take is said
 * before anything is written or done. Throws `policy`.
 */
export function fittingFiles(world: World, clone: Clone, entries: readonly Entry[], reason: string): ReadonlyMap<string, Uint8Array> {
  const files = filesOf(clone.files, entries, reason);
  mustCompile(compilePolicy(new Map([...clone.files, ...files]), clone.now, world.crypto.sha256), 'give it otherwise, and run it again');
  return files;
}

function serverLine(id: string, { address, port, labels }: Enrolling): WrittenServer {
  return {
    id,
    address,
    ...(port === 22 ? {} : { port }),
    ...(Object.keys(labels).length === 0 ? {} : { labels: { ...labels } }),
  };
}

/** A way in as the policy writes it; what stood beside the key goes into the reason, in words the policy takes. */
function acceptedEntry(reason: string): (way: FoundLine) => WrittenAccepted {
  return ({ fields: [kind = '', account = '-', subject = '', , ...comment] }) => {
    // A stranger's, and as long as they like.
    const beside = comment.join(' ').slice(0, Math.max(0, LONGEST_REASON - reason.length - 2)).trimEnd();
    const why = beside === '' || beside === '-' ? reason : `${reason}: ${beside}`;
    return { ...(account === '-' ? {} : { account }), [kind]: subject, reason: why } as WrittenAccepted;
  };
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && latin1(a) === latin1(b);
}

/** Puts files back as this clone read them; those that were not there go. */
export async function putBack(world: World, clone: Clone, paths: readonly string[]): Promise<void> {
  const before = new Map<string, Uint8Array>();
  for (const path of paths) {
    const bytes = clone.files.get(path);
    if (bytes !== undefined) before.set(path, bytes);
  }
  await world.repository.write(before);
  await world.repository.remove(paths.filter((path) => !before.has(path)));
}

/** What a server is enrolled with. */
export function enrolmentOf(clone: Clone, entry: Entry, nonce: string, release: Signed): Enrolment {
  const couriers = clone.policy.couriers.flatMap((courier) => courier.keys);
  const me = clone.policy.people.find((one) => one.handle === clone.settings.me);
  return {
    organization: clone.organization,
    targetId: entry.id,
    name: entry.server.name,
    nonce,
    release,
    couriers,
    hostKeys: entry.hostKeys,
    ...(me?.kind === 'employee' ? { by: me.id } : {}),
  };
}

/** Installs, lets the courier in, and lets go. In the journal before anything is sent. */
export async function install(
  world: World,
  clone: Clone,
  journal: Journal,
  entry: Entry,
  limits: Limits,
): Promise<Outcome<Found & { readonly answer: Answer }>> {
  const release = releaseToPin(clone);
  const { server, id } = entry;
  const nonce = await journal.append({
    what: 'enroll',
    target: id,
    address: server.address,
    release: release.value.number,
    hash: release.hash,
  });
  const prove = (): Promise<Outcome<Answer>> => askAsCourier(world, clone, journal, entry, limits);
  const outcome = await within({ ...limits, timeout: limits.timeout * 2 }, (signal) =>
    world.enroller.enroll(
      accessOf(server, entry.hostKeys),
      enrolmentOf(clone, entry, nonce, release.signed),
      prove,
      signal,
    ),
  );
  await journal.append({
    what: 'enrolled',
    target: id,
    outcome: outcome.kind,
    status: outcome.kind === 'done' ? EXIT.done : EXIT.failed,
  });
  return outcome;
}

/** A request alone, over the courier's way: the first one that comes in makes an install hold. */
export async function askAsCourier(
  world: World,
  clone: Clone,
  journal: Journal,
  { server, id, hostKeys }: Pick<Entry, 'server' | 'id' | 'hostKeys'>,
  limits: Limits,
): Promise<Outcome<Answer>> {
  const via = clone.settings.via?.[server.name];
  const place: TargetPlace = {
    id,
    name: server.name,
    kind: 'server',
    organization: clone.organization,
    address: server.address,
    port: server.port,
    hostKeys,
    ...(via === undefined ? {} : { via }),
  };
  const parcel = {
    nonce: await journal.append({ what: 'look', target: id }),
    about: [],
    revocations: [],
    releases: [],
  };
  const target = await world.target(place, clone.settings.courierKeyFile);
  return within(limits, (signal) => target.exchange(parcel, signal));
}
