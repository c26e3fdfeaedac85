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

/** Runs `work` for each item; the results stand in the order of the items, whatever order they came in. */
export async function sideBySide<T, R>(
  items: readonly T[],
  limits: Limits,
  work: (item: T, signal: AbortSignalLike) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next;
      next += 1;
      results[index] = await within(limits, (signal) => work(items[index] as T, signal));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.parallel, items.length) }, worker));
  return results;
}

/** One piece of work with a signal that is aborted after the time limit, or when the run is. */
export async function within<R>(limits: Limits, work: (signal: AbortSignalLike) => Promise<R>): Promise<R> {
  const own = new AbortController();
  const stop = (): void => own.abort();
  if (limits.signal.aborted) own.abort();
  limits.signal.addEventListener('abort', stop);
  const timer = setTimeout(stop, limits.timeout * 1000);
  try {
    return await work(own.signal);
  } finally {
    clearTimeout(timer);
    limits.signal.removeEventListener('abort', stop);
  }
}
