/**
 * Makes a server one of the organization's: over one's own root access, never the courier's.
 *
 * The server's line and host keys are written first, so that a run that is killed is finished by the next one under the
 * same id; a run that fails cleanly puts the files back. Enrolling gives nobody access: grants come with a signed release.
 */
import { isName, newId } from '../core/access/index.ts';
import type { Server } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { fingerprint } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { Outcome, World } from '../world.ts';
import { readClone } from './clone.ts';
import type { Clone } from './clone.ts';
import {
  accessOf,
  askAsCourier,
  enrolmentOf,
  fittingFiles,
  foundLines,
  install,
  lookAt,
  noHostKey,
  putBack,
  readHostKeys,
  releaseToPin,
  toldOf,
  unaccepted,
  waysAhead,
} from './enrolling.ts';
import type { Enrolling, Entry, FoundLine } from './enrolling.ts';
import { keepLooks } from './keep-looks.ts';
import { keyOwners } from './key-owners.ts';
import { mustCarrySigned } from './receiver-here.ts';
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
  readonly dryRun: boolean;
}

/** What `enroll` would do, as the server was found. */
export interface EnrollPreview {
  readonly name: string;
  /** Where its line stands in the policy already. */
  readonly id?: string;
  readonly hostKeys: readonly string[];
  readonly found: readonly FoundLine[];
  /** How many of the ways in would be written as accepted without a question. */
  readonly wouldAccept: number;
  /** Files of the repository, before anybody is asked about ways in. */
  readonly wouldWrite: readonly string[];
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

/** A script for one's own way of running it as root. */
export interface PrintReport {
  readonly name: string;
  readonly id: string;
  readonly script: string;
  /** Until when, counted from its run, the courier must have got in; else the server takes it back. */
  readonly waitsSeconds: number;
  readonly written: readonly string[];
}

const REASON = 'there at enrolment';

/** Long enough for a machine that is still to be made, and for a pipeline that runs at night. */
const PRINTED_WAITS = 86_400;

export async function enroll(world: World, options: EnrollOptions): Promise<EnrollReport | EnrollPreview> {
  const { clone, server, there, hostKeys } = await begin(world, options);
  world.terminal.tell(`Looking at ${server.name} (${server.address}) as ${server.user}; nothing is changed yet.`);
  const looked = mustReach(server, await lookAt(world, clone, accessOf(server, hostKeys), there, options.limits));
  const found = foundLines(looked, keyOwners(clone, world));
  if (options.dryRun) {
    const accepted = options.accept === undefined ? [] : unaccepted(found, there);
    const entry = { ...newEntry(world, server, there?.id, hostKeys), accepted };
    const { id, ...rest } = told(world, entry);
    const wouldWrite = [...fittingFiles(world, clone, [entry], options.accept ?? REASON).keys()].sort();
    return { ...rest, ...(entry.known ? { id } : {}), found, wouldAccept: accepted.length, wouldWrite };
  }
  const accepted = await acceptedWays(world, options, found, there);
  const entry = { ...newEntry(world, server, there?.id, hostKeys), accepted };
  const written = await write(world, clone, entry, options.accept);
  try {
    const journal = await world.journals.begin(clone.organization, 'server enroll', clone.now);
    const { answer } = mustReach(server, await install(world, clone, journal, entry, options.limits));
    const looks = await keepLooks(world, [{ name: server.name, hostKeys, answer }]);
    return { ...told(world, entry), times: answer.receipt.enrolled.times, found, accepted: accepted.length, written: [...written, ...looks].sort() };
  } catch (error) {
    await putBack(world, clone, written);
    throw error;
  }
}

/** Prints what `enroll` would run. Nothing is reached; the policy gets the server's line and host keys. */
export async function printEnrolment(world: World, options: EnrollOptions): Promise<PrintReport> {
  const { clone, server, there, hostKeys } = await begin(world, options);
  const entry = newEntry(world, server, there?.id, hostKeys);
  const written = await write(world, clone, entry, undefined);
  const journal = await world.journals.begin(clone.organization, 'server enroll', clone.now);
  const release = releaseToPin(clone);
  const nonce = await journal.append({
    what: 'print',
    target: entry.id,
    release: release.value.number,
    hash: release.hash,
  });
  const script = await world.enroller.print({
    ...enrolmentOf(clone, entry, nonce, release.signed),
    waitsSeconds: PRINTED_WAITS,
  });
  return { name: server.name, id: entry.id, script, waitsSeconds: PRINTED_WAITS, written };
}

/** Where a printed script was run: the courier goes in, and with that the install holds. */
export async function confirmPrinted(world: World, options: EnrollOptions): Promise<EnrollReport> {
  const { clone, server, there, hostKeys } = await begin(world, options, 'known');
  if (there === undefined) {
    throw new Failure('not-found', `the policy knows no server ${server.name}`, {
      next: '`--print` writes its line: commit it',
    });
  }
  const entry = newEntry(world, server, there.id, hostKeys);
  const journal = await world.journals.begin(clone.organization, 'server enroll', clone.now);
  const answer = mustReach(server, await askAsCourier(world, clone, journal, entry, options.limits), notRunYet(server.name));
  const { receipt } = answer;
  const said = [
    ...receipt.waysIn.map(
      (way) => `way-in ${way.kind} ${way.account ?? '-'} ${way.subject} ${way.state} ${way.comment ?? '-'}`,
    ),
    ...receipt.looked.map(({ what, count }) => `looked ${what} ${count}`),
  ];
  const lines = foundLines({ lines: said }, keyOwners(clone, world));
  const accepted = await acceptedWays(world, options, lines, there);
  const files = await write(world, clone, { ...entry, accepted }, options.accept);
  const written = [...files, ...(await keepLooks(world, [{ name: server.name, hostKeys, answer }]))].sort();
  return { ...told(world, entry), times: receipt.enrolled.times, found: lines, accepted: accepted.length, written };
}

/** Nobody is reached; what the policy would refuse of the line is said here. */
async function begin(world: World, options: EnrollOptions, believe: 'asked' | 'known' = 'asked') {
  mustBeName(options.name);
  const clone = await readClone(world, { for: 'act' });
  const there = clone.policy.servers.find((one) => one.name === options.name);
  const { name, user, identityFile, labels } = options;
  const server: Enrolling = {
    ...{ name, user, labels, ...(identityFile === undefined ? {} : { identityFile }) },
    address: options.address ?? there?.address ?? name,
    port: options.port ?? there?.port ?? 22,
  };
  releaseToPin(clone);
  if (believe === 'asked') await mustCarrySigned(world, clone);
  // Those that were given with --print stand in the repository.
  const before = believe === 'known' && there !== undefined ? there.hostKeys : [];
  const given = readHostKeys(options.hostKeys ?? []);
  const hostKeys = await hostKeysOf(world, server, [...given, ...(given.length > 0 ? [] : before)]);
  fittingFiles(world, clone, [newEntry(world, server, there?.id, hostKeys)], REASON);
  return { clone, server, there, hostKeys };
}

/** Said before anybody is reached or asked: the policy would refuse the line at the end. */
function mustBeName(name: string): void {
  if (isName(name)) return;
  throw new Failure('usage', `${JSON.stringify(name.slice(0, 40))} is no name for a server`, {
    next: 'a name is 1 to 32 of a-z, 0-9, - and _, and begins with a letter or digit; host name or address go into --address',
  });
}

/** From the flag or known_hosts, never from the server itself. */
async function hostKeysOf(
  world: World,
  { address, port }: Enrolling,
  given: readonly PublicKey[],
): Promise<readonly PublicKey[]> {
  if (given.length > 0) return given;
  const known = await world.enroller.knownHostKeys(address, port);
  if (known.length > 0) return known;
  throw noHostKey(address);
}

function newEntry(world: World, server: Enrolling, id: string | undefined, hostKeys: readonly PublicKey[]): Entry {
  return { server, id: id ?? newId('srv', world.random(16)), known: id !== undefined, hostKeys, accepted: [] };
}

async function write(
  world: World,
  clone: Clone,
  entry: Entry,
  reason = REASON,
): Promise<readonly string[]> {
  const files = fittingFiles(world, clone, [entry], reason);
  await world.repository.write(files);
  return [...files.keys()].sort();
}

function told(world: World, { server, id, hostKeys }: Entry) {
  return { name: server.name, id, hostKeys: hostKeys.map((key) => fingerprint(key, world.crypto.sha256)) };
}

/** `next`: what to do whatever it said; else, where nobody answered, to try ssh itself. */
function mustReach<T>({ name, user, address }: Enrolling, reached: Outcome<T>, next?: string): T {
  if (reached.kind === 'done') return reached.value;
  if (reached.kind === 'unknown') {
    throw new Failure('unreachable', `${name}: ${reached.why}`, {
      next: next ?? `try \`ssh ${user}@${address}\` and mend what it says`,
    });
  }
  throw new Failure('target-failed', `${name}: ${reached.why}`, next === undefined ? {} : { next });
}

/** Before the script ran, and again when the courier did not come in time, the server knows no courier. */
function notRunYet(name: string): string {
  return `if the printed script did not run there yet, let root run it, then this again within ${PRINTED_WAITS / 3600} hours; \`keyward server enroll ${name} --print\` prints it again`;
}

/** The ways in that become `accepted`: all that were found, after a yes or with `--accept`. */
async function acceptedWays(
  world: World,
  options: EnrollOptions,
  found: readonly FoundLine[],
  there: Server | undefined,
): Promise<readonly FoundLine[]> {
  const ways = unaccepted(found, there);
  if (ways.length === 0) return [];
  if (options.accept !== undefined) return ways;
  world.terminal.tell(waysAhead(ways.length));
  for (const way of ways)
    world.terminal.tell(`  ${toldOf(way)}`);
  const yes = await world.terminal.confirm(
    'Write them as accepted into the policy? What is not shows up as drift.',
    `accept:${options.name}`,
  );
  return yes ? ways : [];
}
