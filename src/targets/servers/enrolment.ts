/**
 * Enrolling a server and taking it out again, as root over one's own access. What is done there is the receiver's own
 * (src/receiver/keyward-enroll); here it is handed over, what it says is read, and an install is taken back unless the
 * courier was seen to get in.
 */
import { parseId } from '../../core/access/ids.ts';
import { Failure } from '../../core/failure.ts';
import { found as foundText, readEnrolment, verifyReceipt } from '../../core/texts/index.ts';
import type { TextCrypto } from '../../core/texts/index.ts';
import type {
  AbortSignalLike,
  Answer,
  Enrolment,
  Enroller,
  Found,
  Outcome,
  Removal,
  RootAccess,
  Signed,
} from '../../world.ts';
import type { Carried } from './carried.ts';
import { knownHostKeys } from './known-hosts.ts';
import { runAsRoot } from './own-ssh.ts';
import type { OwnSsh } from './own-ssh.ts';
import { rootScript } from './root-script.ts';
import type { Phase, Programs, Prologue } from './root-script.ts';
import { plain, unknown, withoutValue } from './why-not.ts';

export interface EnrollerOptions extends Omit<OwnSsh, 'patience'> {
  readonly crypto: TextCrypto;
  /** What is put on servers, with the hash that a release names it by. */
  readonly programs: () => Promise<Programs & { readonly hash: string }>;
}

/** A server gives an install back by itself 120 s after it; none of this takes as long. */
const PATIENCE = 110_000;
/** Taking back must be possible after the run was interrupted. */
const LAST_WORD: AbortSignalLike = {
  aborted: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};

export function openEnroller(options: EnrollerOptions): Enroller {
  return {
    enroll: (access, enrolment, proveCourier, signal) => enroll(options, access, enrolment, proveCourier, signal),
    look: async (access, signal, as) =>
      foundBy(await lookPrologue(options, access, as), (prologue) => ask(options, access, prologue, signal)),
    print: async (enrolment) => rootScript(prologueOf('install', enrolment), await options.programs()),
    remove: async (access, removal, signal) =>
      removed(await ask(options, access, await removePrologue(options, access, removal), signal)),
    knownHostKeys: (address, port, alias) => knownHostKeys(address, port, alias === undefined ? {} : { alias }),
  };
}

function prologueOf(phase: Phase, enrolment: Enrolment): Prologue {
  const { organization, targetId, nonce, release, couriers, hostKeys, by, waitsSeconds } = enrolment;
  const wait = waitsSeconds === undefined ? {} : { wait: waitsSeconds };
  return { phase, organization, target: targetId, nonce, release, couriers, hostKeys, ...(by === undefined ? {} : { by }), ...wait };
}

/** Looking needs no release: where none is given, one line stands for it that names the programs looked with. */
async function lookPrologue(
  options: EnrollerOptions,
  access: RootAccess,
  as: Parameters<Enroller['look']>[2],
): Promise<Prologue> {
  return {
    phase: 'look',
    organization: as?.organization ?? 'nobody',
    target: as?.targetId ?? `srv_${'0'.repeat(26)}`,
    nonce: '0'.repeat(64),
    hostKeys: access.hostKeys,
    couriers: [],
    release: as?.release ?? (await noRelease(options)),
  };
}

async function removePrologue(options: EnrollerOptions, access: RootAccess, removal: Removal): Promise<Prologue> {
  const { organization, targetId: target, nonce, receipt, keepAccess: keep } = removal;
  return {
    phase: 'remove',
    organization,
    target,
    nonce,
    receipt,
    keep,
    hostKeys: access.hostKeys,
    couriers: [],
    release: await noRelease(options),
  };
}

async function noRelease({ programs }: EnrollerOptions): Promise<Signed> {
  return { text: `receiver ${(await programs()).hash}\n`, signatures: [] };
}

async function ask(
  options: EnrollerOptions,
  access: RootAccess,
  prologue: Prologue,
  signal: AbortSignalLike,
): Promise<Outcome<Carried>> {
  return runAsRoot(access, rootScript(prologue, await options.programs()), { ...options, patience: PATIENCE }, signal);
}

async function enroll(
  options: EnrollerOptions,
  access: RootAccess,
  enrolment: Enrolment,
  proveCourier: () => Promise<Outcome<Answer>>,
  signal: AbortSignalLike,
): Promise<Outcome<Found & { readonly answer: Answer }>> {
  const installed = await ask(options, access, prologueOf('install', enrolment), signal);
  const found = installedAs(installed, enrolment, options.crypto);
  if (found.kind !== 'done') {
    // A script that ended by itself has left nothing; where nobody knows how it ended, taking back is tried.
    return installed.kind === 'refused' || endedItself(installed)
      ? found
      : takenBack(options, access, enrolment, found);
  }
  let proof: Outcome<Answer>;
  try {
    proof = await proved(proveCourier, signal);
  } catch (error) {
    await takenBack(options, access, enrolment, unknown('the courier was not tried'));
    throw error;
  }
  if (proof.kind === 'done') return { kind: 'done', value: { ...found.value, answer: proof.value } };
  const why = `the way back in does not hold: ${proof.why}`;
  return takenBack(options, access, enrolment, { kind: proof.kind, why });
}

/** sshd reads its new settings a moment after it was told to, and does not listen for the time in between. */
const WAITS = [200, 800, 3_000] as const;

async function proved(proveCourier: () => Promise<Outcome<Answer>>, signal: AbortSignalLike): Promise<Outcome<Answer>> {
  let proof: Outcome<Answer> = unknown('it was stopped');
  for (const wait of [0, ...WAITS]) {
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (signal.aborted) return proof;
    proof = await proveCourier();
    if (proof.kind === 'done') return proof;
  }
  return proof;
}

function endedItself(outcome: Outcome<Carried>): boolean {
  return outcome.kind === 'done' && outcome.value.status !== undefined && outcome.value.status !== 0;
}

/** The same outcome, with what became of the server behind it. */
async function takenBack<O extends Outcome<never>>(
  options: EnrollerOptions,
  access: RootAccess,
  enrolment: Enrolment,
  outcome: O,
): Promise<O> {
  if (outcome.kind === 'done') return outcome;
  const reverted = await ask(options, access, prologueOf('revert', enrolment), LAST_WORD);
  const last = reverted.kind === 'done' ? lastLine(reverted.value) : '';
  const gone = reverted.kind === 'done' && (reverted.value.status === 0 || last === 'refused: not-enrolled');
  const state = gone
    ? 'the server is as it was'
    : last === 'refused: confirmed'
      ? 'the courier got in meanwhile, so it is enrolled'
      : 'it could not be taken back from here; the server does so by itself 120 s after the install';
  return { ...outcome, why: `${outcome.why}; ${state}` };
}

/** What was found, after the receipt of the install proved itself as any other does. */
function installedAs(outcome: Outcome<Carried>, enrolment: Enrolment, crypto: TextCrypto): Outcome<Found> {
  const { organization, hostKeys, nonce, name, targetId } = enrolment;
  const said = readSaid(outcome, { organization, target: targetId });
  if (said.kind !== 'done') return said;
  const { receipt, lines } = said.value;
  if (receipt === undefined) return unknown('the receiver gave no receipt');
  try {
    const of = { organization, target: parseId(targetId, 'srv'), hostKeys, nonce };
    verifyReceipt(receipt, of, crypto, `the receipt of ${name}`);
    return { kind: 'done', value: { lines } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { kind: 'refused', why: `its receipt proves nothing: ${error.message}` };
  }
}

async function foundBy(prologue: Prologue, run: (prologue: Prologue) => Promise<Outcome<Carried>>): Promise<Outcome<Found>> {
  const said = readSaid(await run(prologue), prologue);
  return said.kind === 'done' ? { kind: 'done', value: { lines: said.value.lines } } : said;
}

interface Said extends Found {
  readonly receipt: Signed | undefined;
}

/** What the script printed when it ended well: read strictly, and about the server that was asked. */
function readSaid(outcome: Outcome<Carried>, asked: Pick<Prologue, 'organization' | 'target'>): Outcome<Said> {
  if (outcome.kind !== 'done') return withoutValue(outcome);
  if (outcome.value.status !== 0) return saidNo(outcome.value);
  try {
    const { found, receipt } = readEnrolment(outcome.value.stdout, 'what was found');
    if (found.organization !== asked.organization || found.target !== asked.target) return unknown('what it answered is about another server');
    return { kind: 'done', value: { lines: foundText.write(found).trimEnd().split('\n').slice(1), receipt } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return unknown(`what it answered cannot be read: ${error.message}`);
  }
}

function removed(outcome: Outcome<Carried>): Outcome<Found> {
  if (outcome.kind !== 'done') return withoutValue(outcome);
  return outcome.value.status === 0 ? { kind: 'done', value: { lines: [] } } : saidNo(outcome.value);
}

/** Words of docs/formats.md section 10, with what to do about them where it is not plain. */
const REASONS: Readonly<Record<string, string>> = {
  'not-root': 'this access is not root: use root, or a user whom sudo lets be root without a password',
  'openssh-too-old': 'its OpenSSH is older than 8.4',
  'no-sudo': 'it has no sudo: install it first',
  'no-account-tools': 'it has no useradd and usermod: install them first',
  'no-flock': 'it has no flock: install util-linux first',
  'no-include':
    'its sshd_config does not include sshd_config.d; put this first into /etc/ssh/sshd_config: Include /etc/ssh/sshd_config.d/*.conf',
  'sshd-broken': '`sshd -t` fails there as it is: mend that first',
  'sudoers-broken': '`visudo -c` fails there as it is: mend that first',
  'wrong-host-key': 'it has none of the host keys that were named',
  'receiver-not-in-release':
    'the newest release names another receiver than this keyward carries: install the keyward that made it, or, if this one is newer, make a release with it first',
  'revoked-keys-unreadable': 'its own RevokedKeys list is a KRL, or has lines that are no keys',
  'name-taken': 'an account or group whose name begins with keyward is there already, and keyward did not make it',
  'enrolled-elsewhere': 'it is enrolled with another organization, or under another id',
  busy: 'another enrolment is under way there',
  'not-enrolled': 'it is not enrolled',
  'receipt-not-stored': 'its last answer is another one than was stored: deliver once more first',
  'still-granting': 'the release in force there still grants something: deliver the one that takes it away first',
};

function saidNo(carried: Carried): Outcome<never> {
  const last = lastLine(carried);
  // A reason that was given before a failure is what a person can mend.
  const refused = [...carried.stderr.matchAll(/^refused: ([a-z-]+)$/gm)].at(-1)?.[1];
  if (refused !== undefined) return { kind: 'refused', why: `${REASONS[refused] ?? 'it refused'} (${refused})` };
  const above = carried.stderr.trimEnd().split('\n').at(-2);
  const failed = /^failed: (.+)$/.exec(last)?.[1]?.replace('a command failed, see above', (words) => (above === undefined ? words : plain(above)));
  if (failed !== undefined) return { kind: 'refused', why: `it failed there: ${failed}` };
  if (last.startsWith('sudo: '))
    return { kind: 'refused', why: `sudo does not let this user be root without a password (${last})` };
  return unknown(`the script ended with ${carried.status ?? 'a signal'}${last === '' ? '' : `; it said: ${last}`}`);
}

function lastLine({ stderr }: Carried): string {
  return plain(stderr.trimEnd().split('\n').at(-1) ?? '');
}
