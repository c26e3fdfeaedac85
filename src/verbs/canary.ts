/**
 * A release goes to one target before the rest: the one whose id sorts lowest, or the next where that does not answer,
 * or is not who it must be: a server somebody built anew says nothing about the release.
 *
 * A target that is silent must not hold up all the others for its whole time limit, and a second one must not be given
 * the release beside it. So after a short wait further ones are spoken to, and each of them asks for its turn before it
 * is handed anything: one has it at a time, the lowest of those that can be spoken to, until it has answered.
 */
import type { AbortSignalLike, Turn } from '../world.ts';
import type { Carried } from './carry.ts';
import type { KnownTarget } from './known-targets.ts';
import type { Limits } from './side-by-side.ts';

/** Milliseconds a target has to be ready to take something, until the next ones are spoken to as well. */
const PATIENCE = 2000;

export interface Trying {
  /** In the order in which they are tried. */
  readonly targets: readonly KnownTarget[];
  readonly limits: Limits;
  /** Hands the release to one target once it is its turn. */
  carry(target: KnownTarget, signal: AbortSignalLike, turn: Turn): Promise<Carried>;
  /** Whether an answer shows that no other target should get the release. Only asked of one that is done: it took it, or said no to it. */
  isBad(carried: Carried): boolean;
}

export interface Tried {
  /** The bad answer; undefined where the first answer was a good one, or nobody answered. */
  readonly bad: Carried | undefined;
  /** What had ended when that was known. */
  readonly ended: readonly Carried[];
  /** Each target that was spoken to. After a good answer those that waited have their turn, after a bad one none has. */
  readonly begun: ReadonlyMap<KnownTarget, Promise<Carried>>;
}

/** Tries the release on one target. */
export function tryOnOne(trying: Trying): Promise<Tried> {
  return new Promise((resolve, reject) => new Trial(trying, resolve, reject).next(1));
}

/** One target that was spoken to. */
interface Attempt {
  readonly target: KnownTarget;
  readonly own: AbortController;
  carried?: Promise<Carried>;
  ended?: Carried;
  /** Silent for so long that a higher one may go before it. */
  passedOver: boolean;
  /** Waits for its turn. */
  go?: (yes: boolean) => void;
  limit?: ReturnType<typeof setTimeout>;
}

class Trial {
  readonly #trying: Trying;
  readonly #resolve: (tried: Tried) => void;
  readonly #reject: (error: unknown) => void;
  readonly #waiting: KnownTarget[];
  readonly #attempts: Attempt[] = [];
  /** Has the release and has not answered. */
  #holder: Attempt | undefined;
  #verdict: 'good' | 'bad' | undefined;

  constructor(trying: Trying, resolve: (tried: Tried) => void, reject: (error: unknown) => void) {
    this.#trying = trying;
    this.#waiting = [...trying.targets];
    this.#resolve = resolve;
    this.#reject = reject;
    trying.limits.signal.addEventListener('abort', () => this.#stop());
  }

  /** Speaks to so many more, as far as the limit goes; decides when nobody is left. */
  next(count: number): void {
    const open = this.#attempts.filter((attempt) => attempt.ended === undefined).length;
    const most = Math.min(count, this.#trying.limits.parallel - open);
    for (const target of this.#waiting.splice(0, Math.max(0, most))) this.#begin(target);
    if (open === 0 && this.#attempts.every((attempt) => attempt.ended !== undefined)) this.#decide(undefined);
  }

  #begin(target: KnownTarget): void {
    const attempt: Attempt = { target, own: new AbortController(), passedOver: false };
    this.#attempts.push(attempt);
    if (this.#trying.limits.signal.aborted) attempt.own.abort();
    this.#limit(attempt);
    const patience = setTimeout(() => this.#passOver(attempt), PATIENCE);
    attempt.carried = this.#trying.carry(target, attempt.own.signal, () => this.#turnOf(attempt));
    attempt.carried
      .finally(() => (clearTimeout(patience), clearTimeout(attempt.limit)))
      .then((carried) => this.#end(attempt, carried))
      .catch(this.#reject);
  }

  /** The time limit of one target; the time it waits for others does not count. */
  #limit(attempt: Attempt): void {
    attempt.limit = setTimeout(() => attempt.own.abort('timeout'), this.#trying.limits.timeout * 1000);
  }

  #passOver(attempt: Attempt): void {
    attempt.passedOver = true;
    this.#grant();
    if (this.#holder === undefined && this.#verdict === undefined) this.next(this.#trying.limits.parallel);
  }

  #turnOf(attempt: Attempt): Promise<boolean> {
    if (this.#verdict !== undefined) return Promise.resolve(this.#verdict === 'good');
    clearTimeout(attempt.limit);
    return new Promise((resolve) => {
      attempt.go = (yes) => {
        delete attempt.go;
        this.#limit(attempt);
        resolve(yes);
      };
      this.#grant();
    });
  }

  /** The lowest that can be spoken to, unless a lower one still has time to be ready. */
  #grant(): void {
    if (this.#holder !== undefined || this.#verdict !== undefined) return;
    for (const attempt of this.#attempts.filter((one) => one.ended === undefined)) {
      if (attempt.go !== undefined) {
        this.#holder = attempt;
        return attempt.go(true);
      }
      if (!attempt.passedOver) return;
    }
  }

  #end(attempt: Attempt, carried: Carried): void {
    attempt.ended = carried;
    if (this.#verdict !== undefined) return;
    const isTried = this.#holder === undefined || this.#holder === attempt;
    if (isTried && carried.outcome.kind === 'done') return this.#decide(carried);
    if (this.#holder === attempt) this.#holder = undefined;
    this.#grant();
    // Twice as many each time: where a whole fleet does not let the courier in, it is not asked one by one.
    if (this.#holder === undefined) this.next(this.#attempts.length);
  }

  #decide(first: Carried | undefined): void {
    const bad = first !== undefined && this.#trying.isBad(first) ? first : undefined;
    this.#verdict = bad === undefined ? 'good' : 'bad';
    const ended = this.#attempts.flatMap((attempt) => attempt.ended ?? []);
    for (const { go } of this.#attempts) go?.(bad === undefined);
    if (bad !== undefined) this.#stop();
    const begun = this.#attempts.flatMap(({ target, carried }) => (carried === undefined ? [] : [[target, carried] as const]));
    this.#resolve({ bad, ended, begun: new Map(begun) });
  }

  #stop(): void {
    for (const { own } of this.#attempts) own.abort();
  }
}
