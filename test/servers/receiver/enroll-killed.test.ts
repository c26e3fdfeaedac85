/** Enrolment killed before and after each command that changes something: `revert`, or the next run, puts it right. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs, ssh, startFleet, type Fleet, type TestServer } from '../../fleet/index.ts';
import { Bench, everything, lines } from './bench.ts';
import { requestText } from './texts.ts';

const CHANGES = /^ {2}(put|mv|rm|cp|ln|mkdir|save|remember|start_timer|reload_sshd|useradd|groupadd|grep -q .* useradd|\$programs\/|later|\[ -f .*fresh|: >|\{ echo|accounts_now)/;

/** Copies of the enrolment with a kill before and after each such line. */
function instants(program: string): { name: string; program: string }[] {
  const rows = program.split('\n');
  const first = rows.findIndex((line) => line.startsWith('install_it()'));
  const last = rows.findIndex((line) => line.startsWith('remove_it()'));
  const found: { name: string; program: string }[] = [];
  rows.forEach((line, i) => {
    if (i < first || i > last || !CHANGES.test(line) || /[\\|&{]$/.test(line) || /[\\|&]$/.test(rows[i - 1] ?? '')) return;
    for (const at of [i, i + 1]) {
      found.push({ name: `${at === i ? 'before' : 'after'} ${i + 1}: ${line.trim()}`, program: [...rows.slice(0, at), '  kill -s KILL $$', ...rows.slice(at)].join('\n') });
    }
  });
  return found;
}

describe.skipIf(needs() !== undefined)('enrolment killed at any instant', () => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  beforeAll(async () => {
    fleet = await startFleet(['web-1']);
    server = fleet.server('web-1');
    bench = await Bench.make();
    await server.addUser('legacy', { authorizedKeys: [bench.keys.dave.publicLine] });
  });
  afterAll(async () => {
    bench?.clean();
    await fleet?.stop();
  });

  it('is as it was after revert, or enrolled after the next run', async () => {
    const whole = await bench.script(server, 'install');
    const revert = await bench.script(server, 'revert');
    const start = whole.indexOf('# keyward-enroll: makes a server');
    const all = instants(whole.slice(start)).map(({ name, program }) => ({ name, script: whole.slice(0, start) + program }));
    expect(all.length).toBeGreaterThan(30);
    const before = await everything(server);
    let killed = 0;
    for (const [i, { name, script }] of all.entries()) {
      const answer = await server.run(['sh', '-s'], { input: script });
      if (answer.status === 137) killed += 1;
      // Every second time straight to the next run, which first takes back what lies there.
      if (i % 2 === 1) {
        const next = await server.run(['sh', '-s'], { input: whole });
        expect([name, next.status, next.stderr]).toEqual([name, 0, '']);
      }
      const back = await server.run(['sh', '-s'], { input: revert });
      expect([name, [0, 5].includes(back.status)]).toEqual([name, true]);
      expect([name, await everything(server)]).toEqual([name, before]);
    }
    expect((await ssh(server, 'legacy', { keyFile: bench.keys.dave.path, command: 'true' })).status).toBe(0);
    await bench.enroll(server);
    expect(lines(await bench.carry(server, requestText()), 'differs')).toEqual([]);
    console.log(`killed at ${killed} of ${all.length} instants`);
    expect(killed).toBeGreaterThan(20);
  }, 600_000);
});
