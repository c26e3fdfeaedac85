/** Many pieces of work at once, so many at a time, each with its own time limit. */
import type { AbortSignalLike } from '../world.ts';

export interface Limits {
  /** How many at once. */
  readonly parallel: number;
  /** Seconds one may take. */
  readonly timeout: number;
  /** Aborted by Ctrl-C: what has not begun is not begun. */
  readonly signal: AbortSignalLike;
}

/** Takes work and runs it when it is its turn: first come first served, never more at once than the limit, also of several lists. */
export type Lanes = <R>(work: (signal: AbortSignalLike) => Promise<R>) => Promise<R>;

export function lanes(limits: Limits): Lanes {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    // Whoever ends hands its lane on, so that nobody who comes between takes it.
    if (running < limits.parallel) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await within(limits, work);
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

/** Runs `work` for each item; the results stand in the order of the items, whatever order they came in. */
export async function sideBySide<T, R>(
  items: readonly T[],
  limits: Limits,
  work: (item: T, signal: AbortSignalLike) => Promise<R>,
): Promise<readonly R[]> {
  const run = lanes(limits);
  return Promise.all(items.map((item) => run((signal) => work(item, signal))));
}

/** One piece of work with a signal that is aborted after the time limit, or when the run is. */
export async function within<R>(limits: Limits, work: (signal: AbortSignalLike) => Promise<R>): Promise<R> {
  const own = new AbortController();
  const stop = (): void => own.abort(limits.signal.reason);
  if (limits.signal.aborted) stop();
  limits.signal.addEventListener('abort', stop);
  const timer = setTimeout(() => own.abort('timeout'), limits.timeout * 1000);
  try {
    return await work(own.signal);
  } finally {
    clearTimeout(timer);
    limits.signal.removeEventListener('abort', stop);
  }
}
