/**
 * Carries signed texts to targets and keeps what they answer: the part that `deliver`, `offboard`, `key revoke` and
 * `drift` share. It signs nothing and decides nothing about who may what.
 */
import { Failure } from '../core/failure.ts';
import { hashOf, joinSigned, reasonOf, receipt, splitSigned, verifyRevocation, wayTo } from '../core/texts/index.ts';
import type { Receipt } from '../core/texts/index.ts';
import type { AbortSignalLike, Answer, Journal, Note, Outcome, Signed, Target, Turn, World } from '../world.ts';
import type { Clone, HeldRevocation } from './clone.ts';
import { latin1, signerSetOf, toBytes } from './clone.ts';
import { keepFiles } from './keep-files.ts';
import type { KnownTarget } from './known-targets.ts';
import { handleNames } from './names.ts';
import { receiptPath } from './stored-receipts.ts';

/** What is handed over. Nothing: the target is only looked at. */
export interface Load {
  readonly release: boolean;
  readonly revocations: readonly Signed[];
  readonly about: readonly string[];
}

/** One target's answer, or why there is none. */
export interface Carried {
  readonly target: KnownTarget;
  readonly outcome: Outcome<Answer>;
  /** Seconds from the first byte to the answer. */
  readonly seconds: number;
}

/** The revocations a server may lack: those no release lists yet. A listed one would be passed over. */
export function unlisted(clone: Clone): readonly HeldRevocation[] {
  return clone.revocations.filter((revocation) => !revocation.listed);
}

/** Of what no release lists yet: a bundle takes 8 MiB, a crowded server 256 KiB. */
const MOST_REVOCATIONS = 256;
const MOST_BYTES = 200_000;

/**
 * As many as go into one bundle, `first` in any case: one of each signer in turn, so that nobody who signs a flood of
 * them keeps those of the others from their way. The rest go once a release lists these; `drift` names them.
 */
export function fitting(first: readonly Signed[], others: readonly HeldRevocation[]): readonly Signed[] {
  const ofSigner = new Map<string, number>();
  const turns = others.map(({ value, name, signed }) => {
    const turn = ofSigner.get(value.signer) ?? 0;
    ofSigner.set(value.signer, turn + 1);
    return { turn, name, signed };
  });
  turns.sort((a, b) => a.turn - b.turn || (a.name < b.name ? -1 : 1));
  const taken = [...first];
  let room = MOST_BYTES;
  for (const { signed } of turns) {
    const { length } = joinSigned(signed);
    if (taken.length >= MOST_REVOCATIONS || length > room) continue;
    room -= length;
    taken.push(signed);
  }
  return taken;
}

/**
 * Hands one load to one target. The event is in the journal, synced, before the first byte goes out (promise 7).
 * `heard` is told each step that is done on a target that is worked on from here.
 */
export async function carryTo(
  world: World,
  clone: Clone,
  journal: Journal,
  target: KnownTarget,
  load: Load,
  signal: AbortSignalLike,
  turn?: Turn,
  heard: () => void = () => undefined,
): Promise<Carried> {
  const begun = performance.now();
  const outcome = await exchange(world, clone, journal, target, load, signal, turn, heard).catch(mistaken);
  const seconds = (performance.now() - begun) / 1000;
  await journal.append({ what: 'answered', target: target.id, ...told(outcome) });
  return { target, outcome, seconds };
}

async function exchange(
  world: World,
  clone: Clone,
  journal: Journal,
  target: KnownTarget,
  load: Load,
  signal: AbortSignalLike,
  turn: Turn | undefined,
  heard: () => void,
): Promise<Outcome<Answer>> {
  const { chain } = clone;
  if (target.place === undefined || chain === undefined) {
    return { kind: 'unknown', why: 'the policy has no line for it any more, so nobody knows its address' };
  }
  if (signal.aborted) return { kind: 'unknown', why: 'not begun: interrupted' };
  const nonce = await journal.append({
    what: load.release || load.revocations.length > 0 ? 'deliver' : 'look',
    target: target.id,
    ...(load.release ? { release: chain.newest.value.number, hash: chain.newest.hash, manifest: target.manifestHash } : {}),
    ...(load.revocations.length > 0 ? { revocations: load.revocations.map(({ text }) => hashOf(text, world.crypto)) } : {}),
  });
  const parcel = {
    nonce,
    about: [...load.about].sort(),
    revocations: load.revocations,
    // Nobody knows which signer set a target that was away still knows: it gets every change and skips what it has.
    releases: load.release ? wayTo(chain, 0) : [],
    ...(load.release ? { manifest: target.manifestText } : {}),
  };
  const reached = await targetOf(world, clone, target);
  const note: Note = async (step) => {
    if (step.state === 'done') heard();
    await journal.append({ what: 'step', target: target.id, ...step });
  };
  return reached.exchange(parcel, signal, turn, note);
}

/**
 * What goes wrong here with one target is told with that target: what is under way to the others must not end with it, least
 * of all a revocation. What cannot be written down ends the run all the same (promise 7).
 */
function mistaken(error: unknown): Outcome<Answer> {
  if (error instanceof Failure && error.code === 'disk') throw error;
  if (error instanceof Failure) return { kind: 'unknown', why: error.message };
  return { kind: 'unknown', why: `keyward itself made a mistake there (${error instanceof Error ? error.name : typeof error}): please report it` };
}

/** The target itself, to speak to. */
export async function targetOf(world: World, clone: Clone, target: KnownTarget): Promise<Target> {
  if (target.place === undefined) throw new Error(`no place for ${target.name}`);
  return world.target(target.place, clone.settings.courierKeyFile);
}

function told(outcome: Outcome<Answer>): Record<string, unknown> {
  if (outcome.kind !== 'done') return { outcome: outcome.kind, why: outcome.why };
  const { receipt: answer, signed, proof } = outcome.value;
  return { outcome: 'done', proof, release: answer.release.number, hash: answer.release.hash, signature: signed.signatures[0]?.length ?? 0 };
}

/** What could not be done on a target, for people: an id is somebody. */
export function failedText(clone: Clone, failed: Receipt['failed']): string {
  const nameOf = handleNames(clone);
  return failed.map(({ what, subject, why }) => `${what} ${nameOf(subject)}: ${why}`).join('; ');
}

/** A refusal of the receiver that means something: a listed revocation is passed over as a matter of course. */
export function refusals(answer: Receipt): readonly string[] {
  return answer.refused.filter((one) => one.why !== 'listed').map((one) => `${one.kind} ${one.why}`);
}

/**
 * Keeps what came back: receipts that say something new, and revocations this clone lacks, each verified by itself.
 * Returns the paths that were written.
 */
export async function keepAnswers(world: World, clone: Clone, carried: readonly Carried[]): Promise<readonly string[]> {
  const files = new Map<string, Uint8Array>();
  // What cannot be read there proves nothing, and is written anew.
  const stored = await world.repository.read(carried.map(({ target }) => receiptPath(target.name)), () => undefined);
  for (const { target, outcome } of carried) {
    if (outcome.kind !== 'done') continue;
    const path = receiptPath(target.name);
    if (saysNew(stored.get(path), outcome.value)) files.set(path, toBytes(joinSigned(outcome.value.signed)));
    for (const [name, bytes] of handedBack(world, clone, outcome.value.revocations)) files.set(name, bytes);
  }
  return keepFiles(world, files);
}

/** A receipt is written again only when more changed than its nonce, its time and how much was looked at. */
function saysNew(before: Uint8Array | undefined, answer: Answer): boolean {
  if (before === undefined) return true;
  const same = (text: string): string => text.replace(/^(nonce|time|looked [a-z-]+) .*$/gm, '$1');
  try {
    return same(splitSigned(latin1(before), 'receipt').text) !== same(receipt.write(answer.receipt));
  } catch (error) {
    if (reasonOf(error) === undefined) throw error;
    return true;
  }
}

/** Revocations that a target holds and this clone does not: a revocation counts wherever it turns up. */
function handedBack(world: World, clone: Clone, given: readonly Signed[]): readonly (readonly [string, Uint8Array])[] {
  const known = new Set(clone.revocations.map((one) => one.hash));
  const handles = new Map(clone.policy.people.map((person) => [person.id as string, person.handle]));
  return given.flatMap((signed) => {
    try {
      const { value, hash } = verifyRevocation(signed, clone.organization, signerSetOf(clone.policy, clone.chain), world.crypto);
      if (known.has(hash)) return [];
      const handle = (value.id === undefined ? undefined : handles.get(value.id)) ?? ownerOf(clone, value.keys) ?? 'unknown';
      return [[`revoked/${handle}-${hash.slice(0, 8)}`, toBytes(joinSigned(signed))] as const];
    } catch (error) {
      if (reasonOf(error) === undefined) throw error;
      return [];
    }
  });
}

function ownerOf(clone: Clone, keys: readonly { readonly line: string }[]): string | undefined {
  const lines = new Set(keys.map((key) => key.line));
  return clone.policy.people.find((person) => person.keys.some((key) => lines.has(key.line)))?.handle;
}
