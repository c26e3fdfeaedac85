/**
 * The lag before a change is seen. "IAM … uses a distributed computing model called eventual consistency. Any change
 * that you make in IAM … takes time to become visible from all possible endpoints"
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html, "Changes that I make are not always
 * immediately visible").
 *
 * Two states: `latest` has every change at once and decides what a write may do; `seen` gets the same changes `lag`
 * later and is what reads, signatures and authorization go by. A change is a function that builds its own objects, so
 * that running it twice gives two states that share nothing.
 */
import type { Clock } from './clock.ts';
import { emptyState, type State } from './state.ts';

export type Change = (state: State) => void;

export class Replica {
  readonly latest: State;
  readonly #seen: State;
  readonly #clock: Clock;
  readonly lag: number;
  #waiting: { readonly due: number; readonly change: Change }[] = [];

  constructor(clock: Clock, lag: number) {
    this.#clock = clock;
    this.lag = lag;
    this.latest = emptyState();
    this.#seen = lag === 0 ? this.latest : emptyState();
  }

  change(change: Change): void {
    change(this.latest);
    if (this.#seen !== this.latest) this.#waiting.push({ due: this.#clock.now() + this.lag, change });
  }

  /** The state as it is seen now. */
  seen(): State {
    const now = this.#clock.now();
    while (this.#waiting[0] !== undefined && this.#waiting[0].due <= now) this.#waiting.shift()?.change(this.#seen);
    return this.#seen;
  }

  /** Makes every change seen at once. */
  settle(): void {
    for (const { change } of this.#waiting) change(this.#seen);
    this.#waiting = [];
  }
}
