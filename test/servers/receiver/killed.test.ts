/**
 * Killed before and after each command that changes something, keys and sudo are the old or the new generation, and tick or
 * the next run finishes. The kills are written into copies of the program; the program itself has no hook.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs, ssh, startFleet, type Fleet, type TestServer } from '../../fleet/index.ts';
import { Bench, RECEIVE } from './bench.ts';
import { requestText } from './texts.ts';
import type { Person } from './texts.ts';

const PROGRAM = '/usr/local/sbin/keyward-receive';
const CHANGES = /\b(mv|rm|cp|ln|mkdir|chmod|sort|sync|usermod|useradd|kill|set_aside|end_what_runs|strike|bring_back|repair|settle|put_in_force)\b|>> \$home|^ {2}build$/;
const KILL = 'kill -s KILL $$';

interface Instant {
  readonly name: string;
  readonly program: string;
}

/** A copy of the program for each place before and after a line that changes something, from `build` to the end. */
function instants(program: string): Instant[] {
  const lines = program.split('\n');
  const first = lines.findIndex((line) => line.startsWith('# --- switch'));
  const found: Instant[] = [];
  const add = (at: number, name: string): void => {
    found.push({ name, program: [...lines.slice(0, at), KILL, ...lines.slice(at)].join('\n') });
  };
  for (let i = first + 1; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    // A command may go on over several lines; one that lies within another's quotes is none.
    let end = i;
    while (/[\\|&]$/.test(lines[end] ?? '')) end += 1;
    const command = lines.slice(i, end + 1).join('\n');
    const whole = !/^\s*#|[({]$|\bdo$|\bthen$|^\s*(\w+\(\)|if|for|while|elif|else|done|fi|esac|case|sed|awk|find.*\|)/.test(line) && !/[({]$|\b(do|then)$/.test(command) && (command.split("'").length - 1) % 2 === 0;
    if (whole && CHANGES.test(command.replace(/ #.*/g, ''))) {
      add(i, `before ${i + 1}: ${line.trim()}`);
      add(end + 1, `after ${end + 1}: ${line.trim()}`);
      // Several commands on one line: between them too.
      for (const { index } of /[{'"(]/.test(line.replaceAll(/"[^"]*"|\$\(\([^)]*\)\)/g, '')) ? [] : line.matchAll(/; /g)) {
        if ((line.slice(0, index).split('"').length - 1) % 2 === 1) continue;
        const within = `${line.slice(0, index)}; ${KILL}; ${line.slice(index + 2)}`;
        found.push({ name: `within ${i + 1}: ${line.trim()}`, program: [...lines.slice(0, i), within, ...lines.slice(i + 1)].join('\n') });
      }
    }
    i = end;
  }
  return found;
}

describe.skipIf(needs() !== undefined)('killed at any instant', () => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  beforeAll(async () => {
    fleet = await startFleet(['web-1'], { withCron: true });
    server = fleet.server('web-1');
    bench = await Bench.make();
    await bench.enroll(server);
  });
  afterAll(async () => {
    bench?.clean();
    await fleet?.stop();
  });

  /** What is in force, and what the accounts are. */
  const state = async (): Promise<{ keys: string; accounts: string }> => ({
    keys: await server.must('cd /etc/ssh/keyward/current && cat keys/* sudoers revoked courier; cat /etc/sudoers.d/keyward'),
    accounts: await server.must(
      "for a in dave erin; do getent shadow $a | cut -d: -f1,8; id -Gn $a; done; pgrep -u dave,erin -a sleep | cut -d' ' -f2-; " +
        'ls /var/spool/cron/crontabs; ls -I ended /etc/ssh/keyward/queue',
    ),
  });

  it('ends with the old or the new, never between', async () => {
    const person = (name: 'dave' | 'erin'): Person => ({ id: bench.ids[name], account: name, keys: [bench.login(name)], sudo: [{ runAs: 'root', command: '/usr/bin/id ""' }] });
    // Two worlds: Dave in and Erin out, and the other way round. Each kill happens on the way from one to the other.
    const worlds = [[person('dave')], [person('erin')]].map((people) => ({ people, manifest: bench.manifest(server, people) }));
    const names = ['dave', 'erin'] as const;
    const bundle = async (world: number): Promise<string> => {
      const manifest = worlds[world]?.manifest ?? '';
      return requestText() + (await bench.release([manifest])) + manifest;
    };
    const enter = async (world: number): Promise<void> => {
      const answer = await bench.receive(server, await bundle(world));
      expect([answer.status, answer.stderr]).toEqual([0, '']);
    };
    // Whoever is in has a cron job and something that runs.
    const busy = async (world: number): Promise<void> => {
      const name = names[world] ?? '';
      await server.must(`pgrep -u ${name} sleep > /dev/null || setsid -f setpriv --reuid=${name} sleep 4000 > /dev/null 2>&1 < /dev/null`);
      await server.must(`echo '* * * * * true' | crontab -u ${name} -`);
    };
    await enter(0);
    await busy(0);
    await enter(1);
    await busy(1);
    const expected: { keys: string; accounts: string }[] = [];
    for (const world of [0, 1]) {
      await enter(world);
      expected[world] = await state();
      await busy(world);
    }
    const [one, two] = expected;
    expect(one?.keys).not.toBe(two?.keys);
    expect(one?.accounts).not.toBe(two?.accounts);

    const all = instants(RECEIVE);
    expect(all.length).toBeGreaterThan(60);
    let world = 1;
    const seen = { old: 0, new: 0, unkilled: 0 };
    for (const instant of all) {
      const target = 1 - world;
      const text = await bundle(target);
      await server.write('/root/killed', instant.program, 0o755);
      const killed = await server.run(['/bin/dash', '/root/killed'], { input: text });
      expect([instant.name, [0, 137].includes(killed.status)]).toEqual([instant.name, true]);
      if (killed.status === 0) seen.unkilled += 1; // a line that this way does not take
      const now = (await state()).keys;
      const is = now === expected[target]?.keys ? 'new' : 'old';
      seen[is] += 1;
      expect([instant.name, now]).toEqual([instant.name, expected[is === 'new' ? target : world]?.keys]);
      // The timer alone completes what was begun; it begins nothing.
      await server.must([PROGRAM, 'tick']);
      const settled = is === 'new' ? target : world;
      if (is === 'new') expect([instant.name, (await state()).accounts]).toEqual([instant.name, expected[target]?.accounts]);
      expect([instant.name, (await state()).keys]).toEqual([instant.name, expected[settled]?.keys]);
      // And the same text again is taken and ends where it should.
      const next = await bench.receive(server, text);
      expect([instant.name, next.status, next.stderr]).toEqual([instant.name, 0, '']);
      expect([instant.name, await state()]).toEqual([instant.name, expected[target]]);
      await busy(target);
      world = target;
    }
    console.log(`killed at ${all.length - seen.unkilled} of ${all.length} instants: ${seen.old} times the old generation, ${seen.new} times the new one`);
    expect(seen.old).toBeGreaterThan(5);
    expect(seen.new).toBeGreaterThan(20);
    expect((await ssh(server, names[world] ?? '', { keyFile: bench.keys[names[world] ?? 'dave'].path, command: 'true' })).status).toBe(0);
    expect(await server.must('ls -d /etc/ssh/keyward/work.* 2> /dev/null | wc -l')).toBe('0\n');
  }, 600_000);
});
