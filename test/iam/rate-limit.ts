/**
 * One token bucket for the whole account. AWS publishes no figures for IAM; that calls are throttled by account, with
 * `Throttling` 400 "Rate exceeded", is in https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html.
 * Measured by a clock that cannot be moved: the limit is about the wire, not about the account's time.
 */
import { IamError } from './iam-error.ts';

export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filled = performance.now();

  /** `perSecond` Infinity: no limit. `burst`: how many may come at once. */
  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes one token or throws Throttling. */
  take(): void {
    if (this.#perSecond === Infinity) return;
    const now = performance.now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filled) / 1000) * this.#perSecond);
    this.#filled = now;
    if (this.#tokens < 1) throw new IamError('Throttling', 'Rate exceeded');
    this.#tokens -= 1;
  }
}
