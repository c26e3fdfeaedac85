/**
 * Whoever has the courier's key and nothing else opens many connections, sends much and never ends: the disk below /etc
 * does not fill, whoever comes with something real is heard meanwhile, and after a while all of it is gone (R9).
 */
import { describe, expect, it } from 'vitest';
import { needs, type Fleet } from '../../fleet/index.ts';
import { type Bench, LOOK, lines } from './bench.ts';
import { staged } from './stage.ts';
import { requestText } from './texts.ts';

const SECONDS = 20;
/** The same program that does not wait as long. */
const HASTY = LOOK.replace('timeout 60 head', `timeout ${SECONDS} head`);
const CROWD = 40;
const MIB = 1024;

describe.skipIf(needs() !== undefined)('a crowd with the courier’s key', () => {
  let fleet: Fleet;
  let bench: Bench;
  staged((stage) => ({ fleet, bench } = stage), { look: HASTY });

  it('fills no disk, keeps nobody waiting, and is over in time', async () => {
    expect(HASTY).not.toBe(LOOK);
    const server = fleet.server('web-1');
    const room = async (): Promise<number> => Number((await server.must('du -sk /etc/ssh/keyward | cut -f 1')).trim());
    const crowded = async (): Promise<number> => Number(await server.must('ls -d /etc/ssh/keyward/work.* 2> /dev/null | wc -l'));
    const large = `${requestText()}keyward-manifest v1\n${'x\n'.repeat(150_000)}`;
    const why = async (): Promise<string> => (await bench.receive(server, large)).stderr.trim();
    const before = await room();
    expect(await why()).toMatch(/^refused: (?!too-large)/);
    // Each sends 7 MiB, and then nothing more for as long as it is let.
    const slow = (many: number): Promise<string> => {
      const loop = `for i in $(seq ${many}); do (yes | head -c 7340032; sleep 300) | /usr/local/sbin/keyward-receive > /dev/null 2>&1 & done`;
      return server.must(`setsid sh -c '${loop}' > /dev/null 2>&1 < /dev/null &`);
    };
    // Those who come first, one after another, may send it all; whoever comes to them may not.
    for (let first = 1; first <= 8; first += 1) {
      await slow(1);
      for (let i = 0; i < 50 && (await crowded()) < first; i += 1) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await crowded()).toBe(8);
    await slow(CROWD - 8);
    const most: number[] = [];
    const watching = (async () => {
      for (let i = 0; i < 12; i += 1) {
        most.push(await room());
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    })();
    const began = performance.now();
    const heard = await bench.receive(server, requestText());
    expect(await why()).toBe('refused: too-large');
    expect([heard.status, lines(heard, 'clock')]).toEqual([0, ['right']]);
    expect(performance.now() - began).toBeLessThan(SECONDS * 1000);
    await watching;
    console.log(`${CROWD} senders took ${Math.max(...most) - before} KiB`);
    // Eight of up to 8 MiB, the others a quarter of one; without the bound 280 MiB.
    expect(Math.max(...most) - before).toBeLessThan(100 * MIB);
    for (let i = 0; i < 300 && (await crowded()) > 0; i += 1) await new Promise((resolve) => setTimeout(resolve, 100));
    expect([await crowded(), (await room()) - before < MIB]).toEqual([0, true]);
  });
});
