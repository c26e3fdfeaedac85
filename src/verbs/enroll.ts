/**
 * Makes a server one of the organization's: over one's own root access, never the courier's.
 *
 * The server's line and host keys are written first, so that a run that is killed is finished by the next one under the
 * same id; a run that fails cleanly puts the files back. Enrolling gives nobody access: grants come with a signed release.
 */
import { newId } from '../core/access/index.ts';
import { EXIT, Failure } from '../core/failure.ts';
import { addAccepted, addServer } from '../core/policy/index.ts';
import type { Edited, WrittenAccepted, WrittenServer } from '../core/policy/index.ts';
import { fingerprint, readPublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { Answer, Found, Outcome, RootAccess, World } from '../world.ts';
import { latin1, readClone, toBytes } from './clone.ts';
import type { Clone } from './clone.ts';
import { within } from './side-by-side.ts';
import type { Limits } from './side-by-side.ts';

export interface EnrollOptions {
  readonly name: string;
  /** Else the policy's, else the name; and port 22. */
  readonly address?: string;
  readonly port?: number;
  readonly user: string;
  readonly identityFile?: string;
  /** Public key lines from a flag; else known_hosts is asked. */
  readonly hostKeys?: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** Write every way in that is found as accepted, with this reason. */
  readonly accept?: string;
  readonly limits: Limits;
}

export interface EnrollReport {
  readonly name: string;
  readonly id: string;
  readonly hostKeys: readonly string[];
  /** How often it was enrolled; more than once means a new pin, said aloud. */
  readonly times: number;
  readonly found: readonly FoundLine[];
  readonly accepted: number;
  readonly written: readonly string[];
}

/** A line of what was found: an account, a way in, how much was looked at. */
export interface FoundLine {
  readonly word: string;
  readonly fields: readonly string[];
}

/** As asked, with what the policy says filled in. */
type Enrolling = EnrollOptions & { readonly address: string; readonly port: number };

export async function enroll(world: World, asked: EnrollOptions): Promise<EnrollReport> {
  const clone = await readClone(world, { for: 'act' });
  const there = clone.policy.servers.find((server) => server.name === asked.name);
  const options = { ...asked, address: asked.address ?? there?.address ?? asked.name, port: asked.port ?? there?.port ?? 22 };
  const release = clone.chain?.newest;
  if (release === undefined) {
    throw new Failure('waits', 'enrolling a server needs a signed release to pin', { next: '`keyward approve` makes release 1, which may list no server' });
  }
  const hostKeys = await hostKeysOf(world, options);
  const access = accessOf(options, hostKeys);
  // A server that is enrolled already shows itself to its own organization and under its own id only.
  const as = there === undefined ? undefined : { organization: clone.organization, targetId: there.id, release: release.signed };
  const found = await lookFirst(world, access, options, as);
  const accepted = await acceptedWays(world, options, found);
  const server = await writeServer(world, clone, options, hostKeys, accepted);
  try {
    const answer = await install(world, clone, options, access, server, hostKeys);
    return {
      name: options.name,
      id: server.id,
      hostKeys: hostKeys.map((key) => fingerprint(key, world.crypto.sha256)),
      times: answer.receipt.enrolled.times,
      found: found.map(lineOf),
      accepted: accepted.length,
      written: server.written,
    };
  } catch (error) {
    await server.undo();
    throw error;
  }
}

/** From the flag or known_hosts, never from the server itself. */
async function hostKeysOf(world: World, options: Enrolling): Promise<readonly PublicKey[]> {
  if (options.hostKeys !== undefined && options.hostKeys.length > 0) return options.hostKeys.map(mustRead);
  const known = await world.enroller.knownHostKeys(options.address, options.port);
  if (known.length > 0) return known;
  throw new Failure('trust', `no host key of ${options.address} is known, and a key is never taken on trust`, {
    next: 'read it on the console (`cat /etc/ssh/ssh_host_ed25519_key.pub`) and give it with --host-key, or log in once with ssh and compare',
  });
}

function mustRead(line: string): PublicKey {
  const reading = readPublicKey(line);
  if (reading.ok) return reading.key;
  throw new Failure('key', `--host-key: ${reading.message}`, { next: 'give the line of ssh_host_ed25519_key.pub, or a file that holds it' });
}

function accessOf(options: Enrolling, hostKeys: readonly PublicKey[]): RootAccess {
  const { user, address, port, identityFile } = options;
  return { user, address, port, hostKeys, ...(identityFile === undefined ? {} : { identityFile }) };
}

async function lookFirst(world: World, access: RootAccess, options: Enrolling, as: Parameters<World['enroller']['look']>[2]): Promise<readonly string[]> {
  world.terminal.tell(`Looking at ${options.name} (${options.address}) as ${options.user}; nothing is changed yet.`);
  return (await mustReach(options, within(options.limits, (signal) => world.enroller.look(access, signal, as)))).lines;
}

async function mustReach<T>(options: Enrolling, outcome: Promise<Outcome<T>>): Promise<T> {
  const reached = await outcome;
  if (reached.kind === 'done') return reached.value;
  if (reached.kind === 'unknown') {
    throw new Failure('unreachable', `${options.name}: ${reached.why}`, { next: `try \`ssh ${options.user}@${options.address}\` and mend what it says` });
  }
  throw new Failure('target-failed', `${options.name}: ${reached.why}`);
}

/** The ways in that become `accepted`: all that were found, after a yes or with `--accept`. */
async function acceptedWays(world: World, options: Enrolling, found: readonly string[]): Promise<readonly FoundLine[]> {
  const ways = found.map(lineOf).filter((line) => line.word === 'way-in');
  if (ways.length === 0) return [];
  if (options.accept !== undefined) return ways;
  world.terminal.tell(`${ways.length} ways in that keyward does not manage are there already:`);
  for (const way of ways) world.terminal.tell(`  ${way.fields.join(' ')}`);
  const yes = await world.terminal.confirm('Write them into the policy as accepted? What is not accepted shows up as drift.', `accept:${options.name}`);
  return yes ? ways : [];
}

export function lineOf(line: string): FoundLine {
  const [word = '', ...fields] = line.split(' ');
  return { word, fields };
}

interface ServerFiles {
  readonly id: string;
  readonly written: readonly string[];
  undo(): Promise<void>;
}

async function writeServer(
  world: World,
  clone: Clone,
  options: Enrolling,
  hostKeys: readonly PublicKey[],
  accepted: readonly FoundLine[],
): Promise<ServerFiles> {
  const there = clone.policy.servers.find((server) => server.name === options.name);
  const id = there?.id ?? newId('srv', world.random(16));
  const edits = new Map<string, Uint8Array>();
  const apply = ({ path, bytes }: Edited): void => void edits.set(path, bytes);
  const now = (): ReadonlyMap<string, Uint8Array> => new Map([...clone.files, ...edits]);
  if (there === undefined) apply(addServer(now(), options.name, serverLine(id, options)));
  const entries = accepted.map(acceptedEntry(options.accept ?? 'there at enrolment'));
  if (entries.length > 0) apply(addAccepted(now(), options.name, entries));
  edits.set(`servers/${options.name}.pub`, toBytes(hostKeys.map((key) => `${key.line}\n`).join('')));
  const changed = [...edits].filter(([path, bytes]) => !sameBytes(clone.files.get(path), bytes));
  await world.repository.write(new Map(changed));
  return { id, written: changed.map(([path]) => path).sort(), undo: () => putBack(world, clone, changed.map(([path]) => path)) };
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
    const beside = comment.join(' ');
    const why = beside === '' || beside === '-' ? reason : `${reason}: ${beside}`;
    return { ...(account === '-' ? {} : { account }), [kind]: subject, reason: why } as WrittenAccepted;
  };
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && latin1(a) === latin1(b);
}

async function putBack(world: World, clone: Clone, paths: readonly string[]): Promise<void> {
  const before = new Map<string, Uint8Array>();
  const made: string[] = [];
  for (const path of paths) {
    const bytes = clone.files.get(path);
    if (bytes === undefined) made.push(path);
    else before.set(path, bytes);
  }
  await world.repository.write(before);
  await world.repository.remove(made);
}

async function install(
  world: World,
  clone: Clone,
  options: Enrolling,
  access: RootAccess,
  server: ServerFiles,
  hostKeys: readonly PublicKey[],
): Promise<Answer> {
  const release = clone.chain?.newest;
  if (release === undefined) throw new Failure('internal', 'enrolling without a release');
  const journal = await world.journals.begin(clone.organization, 'server enroll', clone.now);
  const event = { target: server.id, address: options.address, release: release.value.number, hash: release.hash };
  const nonce = await journal.append({ what: 'enroll', ...event });
  const { organization } = clone;
  const place = { id: server.id, name: options.name, kind: 'server', organization, address: options.address, port: options.port, hostKeys };
  const couriers = clone.policy.couriers.flatMap((courier) => courier.keys);
  const enrolment = { organization, targetId: server.id, name: options.name, nonce, release: release.signed, couriers, hostKeys };
  const prove = async (): Promise<Outcome<Answer>> => {
    const parcel = { nonce: await journal.append({ what: 'look', target: server.id }), about: [], revocations: [], releases: [] };
    const target = await world.target(place, clone.settings.courierKeyFile);
    return within(options.limits, (signal) => target.exchange(parcel, signal));
  };
  const outcome = await within({ ...options.limits, timeout: options.limits.timeout * 2 }, (signal) =>
    world.enroller.enroll(access, enrolment, prove, signal),
  );
  await journal.append({ what: 'enrolled', target: server.id, outcome: outcome.kind, status: outcome.kind === 'done' ? EXIT.done : EXIT.failed });
  const { answer } = await mustReach<Found & { readonly answer: Answer }>(options, Promise.resolve(outcome));
  return answer;
}
