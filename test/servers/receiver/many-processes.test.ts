/** Who runs more than fits on one command line is found and ended as well. */
import { describe, expect, it } from 'vitest';
import { needs, ssh, type TestServer } from '../../fleet/index.ts';
import { type Bench, lines } from './bench.ts';
import { staged } from './stage.ts';
import { requestText, revocationText } from './texts.ts';

/** More than keyward-look names to grep at once: two files for each. */
const MANY = 5200;

describe.skipIf(needs() !== undefined)('thousands of processes', () => {
  let server: TestServer;
  let bench: Bench;
  staged((stage) => ({ server, bench } = stage));

  it('are counted, and end with the access', async () => {
    const dave = { id: bench.ids.dave, account: 'dave', keys: [bench.login('dave')] };
    const manifest = bench.manifest(server, [dave]);
    expect((await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest)).status).toBe(0);
    const command = `i=0; while [ $i -lt ${MANY} ]; do sleep 3600 > /dev/null 2>&1 < /dev/null & i=$((i + 1)); done; echo started`;
    const started = await ssh(server, 'dave', { keyFile: bench.keys.dave.path, command, timeout: 60_000 });
    expect(started.stdout).toBe('started\n');

    const seen = await bench.carry(server, requestText([dave.id]));
    expect(lines(seen, 'running')).toEqual([`${dave.id} dave process ${MANY}`]);
    expect(Number(lines(seen, 'looked').find((line) => line.startsWith('process '))?.split(' ')[1])).toBeGreaterThan(MANY);

    const revoked = revocationText({ signer: bench.ids.bob, id: dave.id });
    const answer = await bench.carry(server, requestText([dave.id]) + revoked + (await bench.sign(revoked, 'revocation', ['bob'])));
    expect([answer.status, lines(answer, 'ended'), lines(answer, 'running')]).toEqual([0, [`${dave.id} dave process ${MANY}`], []]);
    expect((await server.run('ps -o pid= -u dave | wc -l')).stdout.trim()).toBe('0');
  });
});
