/** A release written by hand, two signatures, one key: in. With fewer people: refused, and not a byte differs. */
import { describe, expect, it } from 'vitest';
import { needs, ssh, type TestServer } from '../../fleet/index.ts';
import { type Bench, everything, lines, type KeyName } from './bench.ts';
import { staged } from './stage.ts';
import { requestText } from './texts.ts';

describe.skipIf(needs() !== undefined)('one key, two signatures', () => {
  let server: TestServer;
  let bench: Bench;
  staged((stage) => ({ server, bench } = stage));

  const logsIn = async (): Promise<boolean> =>
    (await ssh(server, 'dave', { keyFile: bench.keys.dave.path, command: 'true' })).status === 0;

  it('refuses one signature, and the same person twice with two keys', async () => {
    const manifest = bench.manifest(server, [{ id: bench.ids.dave, account: 'dave', keys: [bench.login('dave')] }]);
    const before = await everything(server, ['/etc/ssh/keyward/receipt']);
    const few: readonly (readonly KeyName[])[] = [['alice'], ['alice', 'alice-spare'], ['alice', 'alice'], ['alice', 'mallory']];
    for (const by of few) {
      const answer = await bench.carry(server, requestText() + (await bench.release([manifest], {}, by)) + manifest);
      expect([by, answer.status, answer.stderr.trim().split('\n').at(-1)]).toEqual([by, 5, 'refused: below-threshold']);
      expect(lines(answer, 'refused').map((line) => line.split(' ')[2])).toEqual(['below-threshold']);
      expect(await everything(server, ['/etc/ssh/keyward/receipt'])).toBe(before);
    }
    expect(await logsIn()).toBe(false);
  });

  it('lets the key in with two, and out again when it is not listed', async () => {
    const manifest = bench.manifest(server, [{ id: bench.ids.dave, account: 'dave', keys: [bench.login('dave')] }]);
    const answer = await bench.carry(server, requestText() + (await bench.release([manifest], {}, ['bob', 'alice'])) + manifest);
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect(lines(answer, 'account')).toEqual([`${bench.ids.dave} dave open`]);
    expect(await logsIn()).toBe(true);
    const without = bench.manifest(server);
    await bench.carry(server, requestText() + (await bench.release([without])) + without);
    expect(await logsIn()).toBe(false);
  });
});
