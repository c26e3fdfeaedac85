/**
 * How often a connection may fail: OpenSSH from 9.8 on passes over a source address for a while after several
 * connections that ended without a login, and everybody behind that address with it. So at most three in fifteen
 * seconds for each address of a server, counted over everything this program does (sshd_config, PerSourcePenalties).
 */
import type { AbortSignalLike } from '../../world.ts';

const MOST = 3;
const WINDOW = 15_000;

/** Milliseconds that only rise, and a way to wait for some; a test hands in its own. */
export interface Ticking {
  now(): number;
  /** Ends early when the signal is aborted. */
  wait(milliseconds: number, signal: AbortSignalLike): Promise<void>;
}

export class Pacing {
  readonly #ticking: Ticking;
  /** For each address when its failing connections ended; Infinity while one is open. */
  readonly #ends = new Map<string, number[]>();
  /** Called when a connection to an address has ended; the first in line waits for it. */
  readonly #waiting = new Map<string, () => void>();
  /** Whoever waits for an address stands in line. */
  readonly #lines = new Map<string, Promise<unknown>>();

  constructor(ticking: Ticking = real) {
    this.#ticking = ticking;
  }

  /** Waits until a connection that will fail may be made; call what comes back when it has ended. False when aborted. */
  async turn(address: string, signal: AbortSignalLike): Promise<(() => void) | false> {
    const key = address.toLowerCase();
    const before = this.#lines.get(key) ?? Promise.resolve();
    const mine = before.then(() => this.#turn(key, signal));
    this.#lines.set(key, mine);
    return mine;
  }

  async #turn(key: string, signal: AbortSignalLike): Promise<(() => void) | false> {
    for (;;) {
      if (signal.aborted) return false;
      const recent = this.#recent(key);
      if (recent.length < MOST) break;
      const first = Math.min(...recent);
      if (Number.isFinite(first)) await this.#ticking.wait(first + WINDOW - this.#ticking.now(), signal);
      else await this.#oneEnds(key);
    }
    return this.#begin(key);
  }

  #begin(key: string): () => void {
    const ends = this.#recent(key);
    const open = Number.POSITIVE_INFINITY;
    this.#ends.set(key, [...ends, open]);
    return () => {
      const now = this.#recent(key);
      const at = now.indexOf(open);
      if (at >= 0) now[at] = this.#ticking.now();
      this.#ends.set(key, now);
      this.#waiting.get(key)?.();
    };
  }

  /** All that count are still open: each has a time limit of its own, so one of them ends. */
  #oneEnds(key: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(key, resolve));
  }

  /** A connection that was meant to succeed did not. */
  failed(address: string): void {
    const key = address.toLowerCase();
    this.#ends.set(key, [...this.#recent(key), this.#ticking.now()]);
  }

  #recent(key: string): number[] {
    const since = this.#ticking.now() - WINDOW;
    return (this.#ends.get(key) ?? []).filter((end) => end > since);
  }
}

const real: Ticking = {
  now: () => performance.now(),
  wait: (milliseconds, signal) =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done);
    }),
};

/** The one of this program. */
export const pacing = new Pacing();
