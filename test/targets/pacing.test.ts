/** Never more than three failing connections in fifteen seconds for one address. */
import { describe, expect, test } from 'vitest';
import { Pacing } from '../../src/targets/servers/pacing.ts';
import { GO } from './place.ts';

/** Time that only passes when somebody waits. */
function fakeTime() {
  const time = {
    at: 1000,
    now: () => time.at,
    wait: async (milliseconds: number) => void (time.at += Math.max(1, milliseconds)),
  };
  return time;
}

describe('pacing', () => {
  test('a thousand connections, each of them 40 ms: at most three end in any fifteen seconds', async () => {
    const time = fakeTime();
    const pacing = new Pacing(time);
    const ends: number[] = [];
    for (let i = 0; i < 1000; i += 1) {
      const end = await pacing.turn(i % 2 === 0 ? 'web-1.example.com' : 'WEB-1.example.com', GO);
      if (end === false) throw new Error('nobody aborted');
      time.at += 40;
      ends.push(time.at);
      end();
    }
    const spans = ends.slice(3).map((fourth, i) => fourth - (ends[i] ?? fourth));
    expect(spans).toHaveLength(997);
    expect(Math.min(...spans)).toBeGreaterThanOrEqual(15_000);
  });

  test('one that is still open counts, so a fourth waits for the first to end', async () => {
    const time = fakeTime();
    const pacing = new Pacing(time);
    const open = [await pacing.turn('a', GO), await pacing.turn('a', GO), await pacing.turn('a', GO)];
    const fourth = pacing.turn('a', GO);
    expect(
      await Promise.race([
        fourth.then(() => 'let in'),
        new Promise((resolve) => setTimeout(() => resolve('waits'), 30)),
      ]),
    ).toBe('waits');
    const ended = time.at;
    for (const end of open) if (end !== false) end();
    await fourth;
    expect(time.at - ended).toBeGreaterThanOrEqual(15_000);
  });

  test('another address does not wait, a login that failed counts, and an aborted wait ends', async () => {
    const time = fakeTime();
    const pacing = new Pacing(time);
    for (let i = 0; i < 3; i += 1) pacing.failed('a');
    const before = time.at;
    await pacing.turn('b', GO);
    expect(time.at).toBe(before);
    const stop = new AbortController();
    stop.abort();
    expect(await pacing.turn('a', stop.signal)).toBe(false);
  });
});
