/**
 * The same keys of one account offered twice on one connection, with whatever `again` waits for in between. sshd reads
 * the list of keys and that of revoked keys for each offer, so the second round tells what came in between (sshd(8),
 * AUTHORIZED_KEYS; measured in test/targets/offer.test.ts). A connection fewer is less work and one failure fewer that
 * the server counts. Only a no is taken from the old connection: everything else is asked once more on a new one.
 */
import { isFoundAccountName } from '../../core/access/names.ts';
import type { AbortSignalLike, Again, Offer, Outcome } from '../../world.ts';
import { converse } from './connection.ts';
import type { Conversation, Limits, Reach } from './connection.ts';
import type { Offered } from './key-proofs.ts';
import { Asking, attemptsOf, MOST_OFFERS, offerKeys } from './offer.ts';
import type { Answer, Attempt } from './offer.ts';
import type { Pacing } from './pacing.ts';
import { closedEarly, unknown, withoutValue } from './why-not.ts';

/** The answers of the second round, or of the first where `again` says no. */
export async function offerTwice(
  reach: Reach,
  offers: readonly Offer[],
  again: Again,
  limits: Limits,
  pacing: Pacing,
  signal: AbortSignalLike,
): Promise<readonly Answer[]> {
  const anew = (): Promise<readonly Answer[]> => offerKeys(reach, offers, limits, pacing, signal);
  const held = await hold(reach, offers, again, limits, pacing, signal);
  if (held?.asked === undefined) {
    const first = held?.first ?? (await anew());
    return (await again(first)) ? anew() : first;
  }
  if (!(await held.asked)) return held.first;
  const refused = held.second.every((answer) => answer.kind === 'done' && answer.value === 'refused');
  return refused ? held.second : anew();
}

/** One connection: its two rounds, and `asked` where the first came to its end on it. Undefined: it did not help. */
async function hold(reach: Reach, offers: readonly Offer[], again: Again, limits: Limits, pacing: Pacing, signal: AbortSignalLike): Promise<{ readonly first: readonly Answer[]; readonly asked?: Promise<boolean>; readonly second: readonly Answer[] } | undefined> {
  const [account] = new Set(offers.map((offer) => offer.account));
  if (account === undefined || !isFoundAccountName(account) || offers.some((offer) => offer.account !== account)) return undefined;
  const turn = await pacing.turn(reach.address, signal);
  if (turn === false) return undefined;
  const twice = new Twice(account, offers, again);
  const outcome = await converse(reach, twice, limits, signal);
  turn();
  const [first, second] = [twice.answers(twice.first), twice.answers(twice.second)];
  if (twice.asked !== undefined) return { first, asked: twice.asked, second };
  if (outcome.kind === 'done' || twice.first.answered.size > 0) return undefined;
  const nothing = offers.map(() => withoutValue(outcome));
  return { first: nothing, second: nothing };
}

class Twice implements Conversation<undefined> {
  readonly user: string;
  readonly lost: string;
  readonly first: Asking;
  readonly second: Asking;
  /** What `again` says; undefined while it was not asked. */
  asked: Promise<boolean> | undefined;
  readonly #offers: readonly Offer[];
  readonly #attempts: readonly Attempt[];
  readonly #again: Again;

  constructor(account: string, offers: readonly Offer[], again: Again) {
    this.user = account;
    this.#offers = offers;
    this.#attempts = offers.flatMap((offer, index) => attemptsOf(index, offer));
    this.#again = again;
    this.first = new Asking(account, this.#attempts);
    this.second = new Asking(account, this.#attempts);
    this.lost = this.first.lost;
  }

  next(): Offered | undefined | Promise<Offered | undefined> {
    if (this.asked !== undefined) return this.second.next();
    const offered = this.first.next();
    if (offered !== undefined) return offered;
    // A key that was accepted counts as no failure; those that were not, and all of the second round, do.
    const refused = [...this.first.answered.values()].filter((accepted) => !accepted).length;
    const answers = this.answers(this.first);
    if (refused + this.#attempts.length > MOST_OFFERS || answers.some((answer) => answer.kind !== 'done')) return undefined;
    this.asked = this.#again(answers);
    return this.asked.then((yes) => (yes ? this.second.next() : undefined));
  }

  refused(): Outcome<undefined> {
    return this.first.refused();
  }

  ready(client: unknown, end: (outcome: Outcome<undefined>) => void): void {
    this.first.ready(client, end);
  }

  answers(round: Asking): readonly Answer[] {
    const found = new Map<number, Answer>();
    round.tell(found);
    return this.#offers.map((_, index) => found.get(index) ?? unknown(closedEarly()));
  }
}
