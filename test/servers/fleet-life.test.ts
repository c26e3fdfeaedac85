/** Fleets come up in several kinds, side by side, and go without a trace, also when nobody stops them. */
import { execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeKey, needs, ssh, startFleet, trees, type ShellName } from '../fleet/index.ts';
import { reserve } from '../fleet/addresses.ts';

const reason = needs();
const HARNESS = new URL('../fleet/', import.meta.url).href;

/** The pid namespaces in which any process of this machine runs. */
const namespaces = (): Set<string> =>
  new Set(
    readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((entry) => {
        try {
          return [readlinkSync(`/proc/${entry}/ns/pid`)];
        } catch {
          return [];
        }
      }),
  );

/** What the servers that run on this machine call themselves. */
const hostnames = (): Set<string> =>
  new Set(
    readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry))
      .flatMap((entry) => {
        try {
          return [readFileSync(`/proc/${entry}/root/etc/hostname`, 'utf8').trim()];
        } catch {
          return [];
        }
      }),
  );

describe.skipIf(reason !== undefined)(`fleets${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  test.each<[ShellName, string]>([
    ['dash', '/usr/bin/dash'],
    ['bash', '/usr/bin/bash'],
    ['busybox', '/usr/bin/busybox'],
  ])('can have %s as /bin/sh', async (shell, program) => {
    const one = await startFleet(['one'], { shell });
    try {
      expect(await one.server('one').must('readlink /proc/$$/exe; :')).toBe(`${program}\n`);
    } finally {
      await one.stop();
    }
  });

  test.each(trees())('can run the programs of $name', async ({ tree, version }) => {
    const one = await startFleet(['one'], { withCron: true, ...(tree === undefined ? {} : { tree }) });
    const place = mkdtempSync(join(tmpdir(), 'fleet-test-'));
    try {
      const server = one.server('one');
      const key = await makeKey(place, 'carol');
      await server.addUser('carol', { uid: 7003, authorizedKeys: [key.publicLine] });
      await server.write('/etc/sudoers.d/carol', 'carol ALL=(root) NOPASSWD: /usr/bin/cat\n', 0o440);
      expect((await server.run(['ssh', '-V'])).stderr.slice(0, version.length)).toBe(version);
      const answer = await ssh(server, 'carol', {
        keyFile: key.path,
        command: 'sudo -n cat /proc/self/loginuid; id -un',
      });
      expect(answer).toMatchObject({ status: 0, stdout: '7003carol\n' });
    } finally {
      await one.stop();
      rmSync(place, { recursive: true });
    }
  });

  test('leaves no process, mount, folder or address behind', async () => {
    const folders = ['/etc', '/home', '/var/spool/cron', '/usr/bin', '/var/log'];
    const look = () => ({
      mounts: readFileSync('/proc/self/mountinfo', 'utf8'),
      entries: folders.map((path) => readdirSync(path)),
    });
    const before = look();
    const one = await startFleet(['one', 'two']);
    const inside = [...one.servers.values()].map((server) => readlinkSync(`/proc/${server.pid}/ns/pid`));
    await one.server('one').must('(setsid sleep 4713 &) > /dev/null 2>&1');
    expect(one.server('one').processes()).toHaveLength(3);
    expect(inside.filter((name) => namespaces().has(name))).toHaveLength(2);
    await one.stop();
    expect(inside.filter((name) => namespaces().has(name))).toEqual([]);
    expect(look()).toEqual(before);
    await expect(one.server('one').run('true')).rejects.toThrow('is gone');
    const again = await ssh(one.server('one'), 'root', { command: 'true' });
    expect(again.stderr).toContain('Connection refused');
  });

  test('goes with its test runner, even one that is killed', async () => {
    const program = `import { startFleet } from '${HARNESS}index.ts';
      const fleet = await startFleet(['one', 'two']);
      console.log(JSON.stringify([...fleet.servers.values()].map((server) => server.pid)));`;
    const runner = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(runner.stdout, 'data')) as [Buffer];
    const inside = (JSON.parse(line.toString()) as number[]).map((pid) => readlinkSync(`/proc/${pid}/ns/pid`));
    expect(inside.filter((name) => namespaces().has(name))).toHaveLength(2);
    runner.kill('SIGKILL');
    await expect.poll(() => inside.filter((name) => namespaces().has(name)), { timeout: 10_000 }).toEqual([]);
  });

  test('starts none when one cannot start', async () => {
    // Other test files run servers meanwhile, so these are told apart by their names.
    const control = await startFleet(['lost-zero']);
    expect(hostnames()).toContain('lost-zero');
    await control.stop();
    await expect(startFleet(['lost-one', 'lost-two'], { tree: '/proc' })).rejects.toThrow();
    await expect(startFleet(['lost-one', 'lost-two\0'])).rejects.toThrow('null bytes');
    await expect(startFleet(['lost-one', 'lost-one'])).rejects.toThrow('twice');
    expect([...hostnames()].filter((name) => name.startsWith('lost-'))).toEqual([]);
  });

  test('never gets an address that is in use, in this process or another', async () => {
    const start = randomInt(60_000);
    const first = await reserve(start);
    const second = await reserve(start);
    const program = `import { reserve } from '${HARNESS}addresses.ts'; console.log((await reserve(${start})).address);`;
    const third = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).trim();
    expect(new Set([first.address, second.address, third]).size).toBe(3);
    expect(third).toMatch(/^127\.77\.\d+\.\d+$/);
    await first.release();
    const again = await reserve(start);
    expect(again.address).toBe(first.address);
    await Promise.all([again.release(), second.release()]);
  });
});
