/**
 * Public keys offered to a server, to learn whether it lists them. No private key is needed: a server that lists the key
 * asks for a signature, and there the conversation ends (RFC 4252 section 7). Only the server's own answer to that very
 * key counts; a connection that was closed before is "could not look".
 */
import { isFoundAccountName } from '../../core/access/names.ts';
import type { AbortSignalLike, Offer, OfferAnswer, Outcome } from '../../world.ts';
import { converse } from './connection.ts';
import type { Conversation, Limits, Reach } from './connection.ts';
import { algorithmsOf, Offered } from './key-proofs.ts';
import type { Pacing } from './pacing.ts';
import { closedEarly, stoppedWaiting, unknown, withoutValue } from './why-not.ts';

/** sshd closes at the sixth refused offer of a connection (MaxAuthTries 6). */
export const MOST_OFFERS = 5;

export type Answer = Outcome<OfferAnswer>;

/** One key in one algorithm: an RSA key counts as refused when both of its algorithms were. */
export interface Attempt {
  readonly index: number;
  readonly offer: Offer;
  readonly algorithm: string;
}

/** Tells of each offer, in the order given. Waits between connections so that no server punishes this address. */
export async function offerKeys(
  reach: Reach,
  offers: readonly Offer[],
  limits: Limits,
  pacing: Pacing,
  signal: AbortSignalLike,
): Promise<readonly Answer[]> {
  const answers = new Map<number, Answer>();
  const accounts = new Map<string, Attempt[]>();
  for (const [index, offer] of offers.entries()) {
    if (!isFoundAccountName(offer.account)) answers.set(index, unknown('no account can have such a name'));
    accounts.set(offer.account, [...(accounts.get(offer.account) ?? []), ...attemptsOf(index, offer)]);
  }
  for (const [account, attempts] of accounts) {
    if (!isFoundAccountName(account)) continue;
    const stopped = await offerOn(reach, account, attempts, answers, limits, pacing, signal);
    if (stopped === undefined) continue;
    // What kept us from the server keeps us from its other accounts too.
    for (const index of offers.keys()) if (!answers.has(index)) answers.set(index, stopped);
    break;
  }
  return offers.map((_, index) => answers.get(index) ?? unknown(closedEarly()));
}

export function attemptsOf(index: number, offer: Offer): readonly Attempt[] {
  return algorithmsOf(offer.key).map((algorithm) => ({ index, offer, algorithm }));
}

/** Offers all attempts of one account, in as many connections as it takes; gives why it stopped before the end. */
async function offerOn(
  reach: Reach,
  account: string,
  attempts: readonly Attempt[],
  answers: Map<number, Answer>,
  limits: Limits,
  pacing: Pacing,
  signal: AbortSignalLike,
): Promise<Answer | undefined> {
  let left = attempts;
  while (left.length > 0) {
    const turn = await pacing.turn(reach.address, signal);
    if (turn === false) return stoppedWaiting(signal);
    const asking = new Asking(account, left);
    const outcome = await converse(reach, asking, limits, signal);
    turn();
    asking.tell(answers);
    const before = left.length;
    left = left.filter((attempt) => !asking.answered.has(attempt) && answers.get(attempt.index)?.kind !== 'done');
    if (outcome.kind === 'done' || left.length === 0) continue;
    // A server that allows fewer tries closes early: while it answers at least one key each time, go on.
    if (left.length === before) return withoutValue(outcome);
  }
  return undefined;
}

/** One connection on one account. */
export class Asking implements Conversation<undefined> {
  readonly user: string;
  readonly lost = 'the server let somebody in who proved nothing';
  /** The server's own answers: true is accepted. */
  readonly answered = new Map<Attempt, boolean>();
  readonly #left: Attempt[];
  #current: { readonly attempt: Attempt; readonly offered: Offered } | undefined;
  #offers = 0;

  constructor(account: string, attempts: readonly Attempt[]) {
    this.user = account;
    this.#left = [...attempts];
  }

  /** Called again once the server said no, or asked for the signature that was not given. */
  next(): Offered | undefined {
    this.#note();
    const attempt = this.#offers < MOST_OFFERS ? this.#takeNext() : undefined;
    if (attempt === undefined) return undefined;
    this.#offers += 1;
    const offered = new Offered(attempt.offer.key, attempt.algorithm);
    this.#current = { attempt, offered };
    return offered;
  }

  refused(): Outcome<undefined> {
    return { kind: 'done', value: undefined };
  }

  ready(_client: unknown, end: (outcome: Outcome<undefined>) => void): void {
    end(unknown('the server let somebody in who proved nothing: its answers mean nothing'));
  }

  /** Adds to `answers` what this connection showed: accepted by any algorithm, or refused by the last one. */
  tell(answers: Map<number, Answer>): void {
    for (const [{ index, offer, algorithm }, accepted] of this.answered) {
      const last = algorithmsOf(offer.key).at(-1) === algorithm;
      if (accepted) answers.set(index, { kind: 'done', value: 'accepted' });
      else if (last) answers.set(index, { kind: 'done', value: 'refused' });
    }
  }

  #note(): void {
    if (this.#current !== undefined) this.answered.set(this.#current.attempt, this.#current.offered.accepted);
    this.#current = undefined;
  }

  /** The next one whose key was not accepted already in another algorithm. */
  #takeNext(): Attempt | undefined {
    const accepted = new Set([...this.answered].filter(([, yes]) => yes).map(([{ index }]) => index));
    for (let attempt = this.#left.shift(); attempt !== undefined; attempt = this.#left.shift()) {
      if (!accepted.has(attempt.index)) return attempt;
    }
    return undefined;
  }
}
