/**
 * Runs what waits for minutes in the time it computes: the clocks and timers of this process (the SDK's, the adapter's,
 * the service's) stand, and jump to the next timer whenever nothing else is left to do. The code that runs is the same.
 * What it reaches must be in this process: `iam.inProcess()`.
 */

interface Timer {
  readonly due: number;
  readonly ring: () => void;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Not to be used by two at once. What is still waiting at the end is forgotten: a run that was killed waits for ever. */
export async function inVirtualTime<T>(work: () => Promise<T>): Promise<T> {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout, date: Date.now, now: performance.now.bind(performance) };
  const timers = new Set<Timer>();
  let passed = 0;
  const [date, now] = [Date.now(), performance.now()];
  Date.now = () => Math.floor(date + passed);
  performance.now = () => now + passed;
  const set = (ring: (...given: unknown[]) => void, milliseconds = 0, ...given: unknown[]): Timer & { unref(): void } => {
    const timer = { due: passed + Math.max(1, milliseconds), ring: () => ring(...given), unref: () => undefined };
    timers.add(timer);
    return timer;
  };
  globalThis.setTimeout = set as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: Timer) => void timers.delete(timer)) as unknown as typeof clearTimeout;
  try {
    let ended = false;
    const result = work().finally(() => (ended = true));
    result.catch(() => undefined);
    while (!ended) {
      for (let turn = 0; turn < 3; turn += 1) await nextTurn();
      let next: Timer | undefined;
      for (const timer of timers) if (next === undefined || timer.due < next.due) next = timer;
      if (ended || next === undefined) continue;
      timers.delete(next);
      passed = Math.max(passed, next.due);
      next.ring();
    }
    return await result;
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    Date.now = real.date;
    performance.now = real.now;
  }
}
