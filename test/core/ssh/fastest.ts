/** Milliseconds of the fastest of three runs: what the work itself takes, on a machine that does other things as well. */
export function fastest(work: () => unknown): number {
  const runs = [1, 2, 3].map(() => {
    const before = performance.now();
    work();
    return performance.now() - before;
  });
  return Math.min(...runs);
}
