/** The servers that other tests stand on: they are real, and they are apart from this machine and from each other. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeKey, needs, openSession, ssh, startFleet, type Fleet, type KeyPair } from '../fleet/index.ts';

const reason = needs();

let folder: string;
let fleet: Fleet;
let alice: KeyPair;
let bob: KeyPair;

const login = (server: string, user: string, key: KeyPair, command: string) =>
  ssh(fleet.server(server), user, { keyFile: key.path, command });

/** Waits up to 70 seconds: cron looks once a minute. */
async function eventually(holds: () => Promise<boolean> | boolean): Promise<boolean> {
  for (const end = Date.now() + 70_000; Date.now() < end; await sleep(100)) if (await holds()) return true;
  return false;
}

describe.skipIf(reason !== undefined)(`real servers${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fleet-test-'));
    fleet = await startFleet(['web-1', 'web-2', 'db-1'], { withCron: true });
    [alice, bob] = await Promise.all([makeKey(folder, 'alice'), makeKey(folder, 'bob')]);
    for (const server of fleet.servers.values()) {
      await server.addUser('alice', { uid: 7001, authorizedKeys: [alice.publicLine] });
      await server.addUser('bob', { uid: 7002, authorizedKeys: [bob.publicLine] });
    }
    const job =
      '* * * * * cat /proc/self/loginuid > $HOME/from-cron\n@reboot cat /proc/self/loginuid > $HOME/from-start\n';
    await fleet.server('db-1').must(['crontab', '-'], { user: 'alice', input: job });
  });

  afterAll(async () => {
    await fleet?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a key opens its own account, and no other key does', async () => {
    for (const name of fleet.servers.keys()) {
      expect(await login(name, 'alice', alice, 'id -un; hostname')).toMatchObject({
        status: 0,
        stdout: `alice\n${name}\n`,
      });
      const refused = await login(name, 'alice', bob, 'id -un');
      expect(refused).toMatchObject({ status: 255, stdout: '' });
      expect(refused.stderr).toContain('Permission denied (publickey');
      expect((await login(name, 'bob', bob, 'id -un')).stdout).toBe('bob\n');
    }
  });

  test('ssh believes this host key and no other', async () => {
    const { address, port } = fleet.server('web-1');
    const { hostKeys } = fleet.server('web-2');
    const answer = await ssh({ address, port, hostKeys }, 'alice', { keyFile: alice.path, command: 'id -un' });
    expect(answer).toMatchObject({ status: 255, stdout: '' });
    expect(answer.stderr).toContain('Host key verification failed');
    const all = [...fleet.servers.values()].flatMap((server) => server.hostKeys.map((line) => line.split(' ')[1]));
    expect(new Set(all).size).toBe(6);
  });

  test('files, users and processes are the server’s own', async () => {
    const server = fleet.server('web-1');
    for (const path of [
      '/etc/planted',
      '/home/planted',
      '/root/planted',
      '/tmp/planted',
      '/usr/bin/planted',
      '/var/spool/cron/planted',
    ]) {
      await server.write(path, 'here\n', 0o640);
      expect(await server.read(path)).toBe('here\n');
      expect((await server.must(['stat', '-c', '%a', path])).trim()).toBe('640');
      expect(existsSync(path), path).toBe(false);
      expect(await fleet.server('web-2').exists(path)).toBe(false);
    }
    expect(await server.exists(import.meta.dirname)).toBe(false);
    expect(readFileSync('/etc/passwd', 'utf8')).not.toContain('7001');
    expect((await server.must("getent passwd | awk -F: '$3 >= 1000 && $3 < 65534 { print $1 }'")).split('\n')).toEqual([
      'alice',
      'bob',
      '',
    ]);
    expect(await server.read('/etc/shadow')).not.toContain('$');
    const seen = (await server.must(['ps', '-e', '-o', 'comm=']))
      .trim()
      .split('\n')
      .map((line) => line.trim());
    expect(seen.sort()).toEqual(['atd', 'cron', 'ps', 'sleep', 'sshd']);
    expect((await server.run(['kill', '-0', String(process.pid)])).status).not.toBe(0);
    expect(await server.must(['hostname'])).toBe('web-1\n');
  });

  test('its mounts are seen by nobody else', async () => {
    const server = fleet.server('web-1');
    await server.must('mkdir /mnt/x && mount -t tmpfs planted-mount /mnt/x');
    expect(await server.read('/proc/mounts')).toContain('planted-mount');
    expect(readFileSync('/proc/mounts', 'utf8')).not.toMatch(/planted-mount|keyward-fleet/);
    expect(await fleet.server('web-2').read('/proc/mounts')).not.toContain('planted-mount');
  });

  test('settings are those Debian ships', async () => {
    const server = fleet.server('db-1');
    expect(await server.read('/etc/ssh/sshd_config')).toBe(readFileSync('/usr/share/openssh/sshd_config', 'utf8'));
    const settings = await server.must(['sshd', '-T']);
    expect(settings).toMatch(/^usepam yes$/m);
    expect(settings).toMatch(/^maxauthtries 6$/m);
    expect(await server.must(['visudo', '-c'])).toContain('/etc/sudoers: parsed OK');
  });

  test('a login has the login uid of its account, through sudo too, and root from outside has none', async () => {
    const server = fleet.server('web-2');
    await server.write('/etc/sudoers.d/alice', 'alice ALL=(root) NOPASSWD: /usr/bin/cat\n', 0o440);
    expect((await login('web-2', 'alice', alice, 'cat /proc/self/loginuid')).stdout).toBe('7001');
    expect((await login('web-2', 'bob', bob, 'cat /proc/self/loginuid')).stdout).toBe('7002');
    expect(
      await login('web-2', 'alice', alice, 'sudo -n cat /proc/self/loginuid /etc/shadow | head -c 5'),
    ).toMatchObject({ stdout: '7001r' });
    const refused = await login('web-2', 'bob', bob, 'sudo -n cat /etc/shadow');
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain('a password is required');
    expect(await server.read('/proc/self/loginuid')).toBe('4294967295');
    expect(await server.must(['cat', '/proc/1/loginuid'])).toBe('4294967295');
  });

  test('at and cron run jobs, as the person and with their login uid', { timeout: 90_000 }, async () => {
    const server = fleet.server('db-1');
    const asked = await login('db-1', 'alice', alice, 'echo "cat /proc/self/loginuid > from-at" | at now');
    expect(asked.status, asked.stderr).toBe(0);
    expect(await eventually(async () => (await server.run(['cat', '/home/alice/from-at'])).stdout === '7001')).toBe(
      true,
    );
    expect(await eventually(async () => (await server.run(['cat', '/home/alice/from-cron'])).stdout === '7001')).toBe(
      true,
    );
  });

  test('switched off it refuses, switched on it has its disk and none of its processes', async () => {
    const server = fleet.server('db-1');
    const session = openSession(server, 'alice', { keyFile: alice.path, command: 'echo begun; exec sleep 4711' });
    await session.says('begun');
    await server.write('/tmp/old', '');
    await server.stop();
    expect((await session.ended).status).toBe(255);
    const off = await login('db-1', 'alice', alice, 'true');
    expect(off).toMatchObject({ status: 255 });
    expect(off.stderr).toContain('Connection refused');
    expect((await login('web-1', 'alice', alice, 'true')).status).toBe(0);
    await server.start();
    expect((await login('db-1', 'alice', alice, 'cat ~/.ssh/authorized_keys')).stdout).toBe(`${alice.publicLine}\n`);
    expect((await server.run(['pgrep', '-f', 'sleep 4711'])).status).toBe(1);
    expect(await server.exists('/tmp/old')).toBe(false);
    expect(await eventually(() => server.exists('/home/alice/from-start'))).toBe(true);
  });

  test('a changed setting is taken on reload, a wrong one changes nothing', async () => {
    for (const [name, server] of fleet.servers) {
      await server.write('/etc/ssh/sshd_config.d/only.conf', 'AllowUsers bob\n');
      expect((await login(name, 'alice', alice, 'true')).status).toBe(0);
      await server.reloadSshd();
      expect((await login(name, 'alice', alice, 'true')).stderr).toContain('Permission denied');
      expect((await login(name, 'bob', bob, 'true')).status).toBe(0);
      await server.write('/etc/ssh/sshd_config.d/only.conf', 'AllowUsres bob\n');
      await expect(server.reloadSshd()).rejects.toThrow('Bad configuration option: AllowUsres');
      expect((await login(name, 'bob', bob, 'true')).status).toBe(0);
      await server.must(['rm', '/etc/ssh/sshd_config.d/only.conf']);
      await server.reloadSshd();
      expect((await login(name, 'alice', alice, 'true')).status).toBe(0);
    }
  });

  test('what does not end in time is no answer, and what fails says so', async () => {
    const server = fleet.server('web-1');
    await expect(server.run(['sleep', '4712'], { timeout: 200 })).rejects.toThrow('no end after 200 ms');
    expect(await eventually(async () => (await server.run(['pgrep', '-f', 'sleep 4712'])).status === 1)).toBe(true);
    expect(await server.run('echo out; echo err >&2; exit 3')).toEqual({ status: 3, stdout: 'out\n', stderr: 'err\n' });
    expect(await server.run('kill -TERM $$')).toMatchObject({ status: 143 });
    expect(await server.run(['printenv', 'A', 'HOME'], { user: 'alice', env: { A: "it's" } })).toMatchObject({
      stdout: "it's\n/home/alice\n",
    });
    await expect(server.read('/etc/nothing')).rejects.toThrow('on web-1, status 1: cat -- /etc/nothing');
  });

  test('orphans are reaped', async () => {
    const server = fleet.server('web-1');
    await server.must('(sleep 0.1 &) > /dev/null 2>&1');
    await sleep(300);
    expect(
      (await server.must(['ps', '-e', '-o', 'stat='])).split('\n').filter((state) => state.startsWith('Z')),
    ).toEqual([]);
  });
});
