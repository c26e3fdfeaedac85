/**
 * The proof of a refusal: which keys of somebody a target accepts on their own account, before and after a revocation.
 * Offering takes public keys only, and a refusal proves something when three things are there at once.
 */
import { readPublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { SubjectId } from '../core/access/index.ts';
import type { Manifest } from '../core/texts/index.ts';
import type { Again, Offer, OfferAnswer, Outcome, Turn, World } from '../world.ts';
import { targetOf } from './carry.ts';
import type { Carried } from './carry.ts';
import type { Clone } from './clone.ts';
import type { KnownTarget } from './known-targets.ts';
import type { Limits } from './side-by-side.ts';

/** Who or what is out. */
export interface Out {
  readonly handle: string;
  /** Undefined: only keys are taken away, the person stays. */
  readonly id: SubjectId | undefined;
  readonly keys: readonly PublicKey[];
  /** The person's own accounts are looked up by this id, also when only a key goes. */
  readonly about: SubjectId;
}

/** What the signed manifest of a target says of somebody. */
export interface Held {
  readonly target: KnownTarget;
  readonly account: string | undefined;
  readonly keys: readonly PublicKey[];
}

/** A target before anything is taken away. */
export interface Before {
  readonly target: KnownTarget;
  readonly held: Held;
  /** What was seen there, and which keys the person's own account accepted; undefined where nobody waited for a look. */
  readonly seen?: { readonly outcome: Carried['outcome']; readonly accepted: readonly PublicKey[] };
}

/**
 * `refused`: the three parts of a proof are there. `reported`: the server says so, and no proof could be had. `says`: so
 * does a target that can sign nothing.
 */
export type Proof = 'refused' | 'reported' | 'says' | 'still-accepted';

/** The keys that a manifest's key lines give to an id. The text was verified by its hash. */
export function keysIn(manifest: string, id: SubjectId): readonly PublicKey[] {
  return manifest.split('\n').flatMap((line) => {
    if (!line.startsWith(`key ${id} `)) return [];
    const reading = readPublicKey(line.split(' ').slice(-2).join(' '));
    return reading.ok ? [reading.key] : [];
  });
}

export function heldOn(target: KnownTarget, id: SubjectId): Held {
  const account = target.manifest.accounts.find((line) => line.id === id)?.account;
  return { target, account, keys: keysIn(target.manifestText, id) };
}

/** So many keys fit into one connection (MaxAuthTries 6); who had more is "reported", never half proved. */
const MOST_OFFERED = 5;

/** The keys to be offered on the person's own account. */
export function offersOf(held: Held, keys: readonly PublicKey[]): readonly Offer[] {
  const { account } = held;
  if (account === undefined) return [];
  return keys.slice(0, MOST_OFFERED).map((key) => ({ account, key }));
}

export function acceptedOf(held: Held, keys: readonly PublicKey[], answers: readonly Outcome<OfferAnswer>[]): readonly PublicKey[] {
  return offersOf(held, keys).flatMap(({ key }, i) => {
    const answer = answers[i];
    return answer?.kind === 'done' && answer.value === 'accepted' ? [key] : [];
  });
}

export async function offer(
  world: World,
  clone: Clone,
  target: KnownTarget,
  offers: readonly Offer[],
  signal: Limits['signal'],
  again?: Again,
): Promise<readonly Outcome<OfferAnswer>[]> {
  if (offers.length === 0 || target.place === undefined) return [];
  try {
    return await (await targetOf(world, clone, target)).offer(offers, signal, again);
  } catch (error) {
    // Whatever goes wrong with a proof, the revocation goes, here and to all others.
    return offers.map(() => ({ kind: 'unknown', why: error instanceof Error ? error.message : String(error) }));
  }
}

/** Seconds a revocation waits, beside its own way to the target, for the first part of its proof; then it goes without. */
const WAITS_FOR_PROOF = 5;

/** A proof under way: its first part is had before the revocation goes, its second when that is in force. */
export interface Begun {
  /** The keys that the person's own account accepts. */
  readonly accepted: Promise<readonly PublicKey[]>;
  /** The turn of the revocation: once that is known. Undefined: it need not wait. */
  readonly turn?: Turn;
  /** Offers the same keys once more, or lets it be; without an answer where nothing was begun. */
  again(yes: boolean): Promise<readonly Outcome<OfferAnswer>[]>;
}

export function beginProof(world: World, clone: Clone, { target, held, seen }: Before, out: Out, signal: Limits['signal']): Begun {
  const offers = offersOf(held, out.keys);
  if (seen !== undefined || offers.length === 0) return { accepted: Promise.resolve(seen?.accepted ?? []), again: async () => [] };
  const first = Promise.withResolvers<readonly Outcome<OfferAnswer>[]>();
  const asked = Promise.withResolvers<boolean>();
  const stopped = new AbortController();
  const stop = (): void => stopped.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  const timer = setTimeout(() => {
    stop();
    first.resolve([]);
  }, WAITS_FOR_PROOF * 1000);
  const last = offer(world, clone, target, offers, stopped.signal, (answers) => {
    first.resolve(answers);
    return asked.promise;
  });
  void last.then(first.resolve).finally(() => signal.removeEventListener('abort', stop));
  const accepted = first.promise.then((answers) => {
    clearTimeout(timer);
    return acceptedOf(held, out.keys, answers);
  });
  const again = (yes: boolean): Promise<readonly Outcome<OfferAnswer>[]> => {
    asked.resolve(yes);
    return last;
  };
  return { accepted, turn: () => accepted.then(() => true), again };
}

/**
 * The proof of a refusal: the same key and account were accepted before, they are refused now, and another granted key
 * is still accepted. Where a part is missing the words are "reported by the server".
 */
export async function prove(world: World, clone: Clone, { target, held }: Before, begun: Begun, out: Out, signal: Limits['signal']): Promise<Proof> {
  const accepted = await begun.accepted;
  const [first, ...others] = accepted.length === 0 ? [] : controlOffers(target.manifest, out, clone);
  const ask = (offers: readonly Offer[]): Promise<readonly Outcome<OfferAnswer>[]> => offer(world, clone, target, offers, signal);
  const askAgain = async (): Promise<readonly Outcome<OfferAnswer>[]> => {
    const answers = await begun.again(true);
    return answers.length > 0 && answers.every((answer) => answer.kind === 'done') ? answers : ask(offersOf(held, out.keys));
  };
  // Side by side: on a far server each connection takes as long as all the rest.
  const [now, beside] = await Promise.all([askAgain(), ask(first === undefined ? [] : [first])]);
  if (now.some(isAccepted)) return 'still-accepted';
  const refusedNow = now.length > 0 && now.every((answer) => answer.kind === 'done' && answer.value === 'refused');
  if (!refusedNow || out.keys.length > MOST_OFFERED) return 'reported';
  if (beside.some(isAccepted)) return 'refused';
  for (const control of others) if ((await ask([control])).some(isAccepted)) return 'refused';
  return 'reported';
}

function isAccepted(answer: Outcome<OfferAnswer>): boolean {
  return answer.kind === 'done' && answer.value === 'accepted';
}

/** Granted keys of somebody else: one that may come from anywhere, else the courier's own. */
function controlOffers(manifest: Manifest, out: Out, clone: Clone): readonly Offer[] {
  const gone = new Set(out.keys.map((key) => key.line));
  const revoked = new Set(clone.revocations.flatMap((one) => one.value.keys.map((key) => key.line)));
  const other = manifest.keys.find((line) => line.id !== out.about && line.end === undefined && !line.line.includes('from="'));
  const reading = other === undefined ? undefined : readPublicKey(other.line.split(' ').slice(-2).join(' '));
  const offers: Offer[] = [];
  if (other !== undefined && reading?.ok === true && !gone.has(reading.key.line) && !revoked.has(reading.key.line)) {
    offers.push({ account: other.account, key: reading.key });
  }
  const [courier] = manifest.couriers;
  if (courier !== undefined) offers.push({ account: 'keyward-courier', key: courier });
  return offers;
}

