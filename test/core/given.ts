/** What a test knows to be there. A test whose world is not as drawn fails here, and does not pass over it. */
export function given<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('this test expects something that is not there');
  return value;
}

/** Milliseconds of this process's own work, the least of three times: a busy machine makes no difference. */
export function worked(act: () => void): number {
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    act();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...times);
}
