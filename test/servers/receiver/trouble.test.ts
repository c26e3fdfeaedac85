/** What goes wrong on servers that are not keyward's alone: a full disk, somebody else's broken file, a line that drops, accounts that were there. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { needs, openSession, ssh, type TestServer } from '../../fleet/index.ts';
import { type Bench, lines, RECEIVE } from './bench.ts';
import { staged } from './stage.ts';
import { bare, requestText, revocationText, sha256 } from './texts.ts';
import type { Person } from './texts.ts';

describe.skipIf(needs() !== undefined)('a server with troubles', () => {
  let server: TestServer;
  let bench: Bench;
  staged((stage) => ({ server, bench } = stage));

  const person = (name: 'dave' | 'erin', rest: Partial<Person> = {}): Person => ({
    id: bench.ids[name],
    account: name,
    keys: [bench.login(name)],
    sudo: [{ runAs: 'root', command: '/usr/bin/id ""' }],
    ...rest,
  });
  const bundle = async (people: readonly Person[]): Promise<string> => {
    const manifest = bench.manifest(server, people);
    return requestText() + (await bench.release([manifest])) + manifest;
  };
  const deliver = async (people: readonly Person[]) => bench.receive(server, await bundle(people));
  const inForce = () => server.must('cd /etc/ssh/keyward/current; cat keys/* sudoers revoked courier');
  const logsIn = async (name: 'dave' | 'erin', account: string = name): Promise<boolean> =>
    (await ssh(server, account, { keyFile: bench.keys[name].path, command: 'true' })).status === 0;

  it('adopts an account that is there: only keyward’s file counts, and what runs goes on', async () => {
    await server.addUser('dave', { uid: 4711, authorizedKeys: [bench.keys['dave-old'].publicLine], groups: ['games'] });
    const session = openSession(server, 'dave', { keyFile: bench.keys['dave-old'].path, command: 'echo here; cat' });
    await session.says('here');
    const answer = await deliver([person('dave', { how: 'adopt', uid: 4711 })]);
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect([await logsIn('dave'), session.isOpen()]).toEqual([true, true]);
    expect((await ssh(server, 'dave', { keyFile: bench.keys['dave-old'].path, command: 'true' })).status).toBe(255);
    expect(await server.must('id -Gn dave')).toMatch(/games.*keyward/);
    await session.end();
  });

  it('takes sudo away, and gives none, while somebody else’s sudoers file is broken', async () => {
    await deliver([person('dave', { how: 'adopt' })]);
    await server.must('echo nonsense > /etc/sudoers.d/other; chmod 440 /etc/sudoers.d/other');
    const answer = await deliver([person('erin')]);
    expect([answer.status, lines(answer, 'failed')]).toEqual([4, ['sudoers /etc/sudoers another file in it is broken: new lines wait']]);
    expect(await server.must('cat /etc/ssh/keyward/current/sudoers')).toBe('');
    expect([await logsIn('dave'), await logsIn('erin')]).toEqual([false, true]);
    await server.must('rm /etc/sudoers.d/other');
    expect((await deliver([person('erin')])).status).toBe(0);
    expect(await server.must('cat /etc/ssh/keyward/current/sudoers')).toContain('erin ALL=(root) NOPASSWD: /usr/bin/id ""');
  });

  it('is the old or the new with any number of free pages on the disk', async () => {
    await server.must('cp -a /etc/ssh/keyward /root/copy; mount -t tmpfs -o size=2M,mode=711 tmpfs /etc/ssh/keyward; cp -a /root/copy/. /etc/ssh/keyward/');
    const people = [[person('dave', { how: 'adopt' })], [person('erin')]] as const;
    await deliver(people[1]);
    const expected: string[] = [];
    for (const world of [0, 1]) {
      await deliver(people[world as 0 | 1]);
      expected[world] = await inForce();
    }
    let world = 1;
    const seen = { old: 0, new: 0 };
    for (let pages = 0; pages < 60; pages += 3) {
      const text = await bundle(people[(1 - world) as 0 | 1]);
      await server.must(`dd if=/dev/zero of=/etc/ssh/keyward/fill bs=4096 status=none 2> /dev/null; truncate -s -${pages * 4096} /etc/ssh/keyward/fill`);
      const answer = await bench.receive(server, text);
      const now = await inForce();
      const is = now === expected[1 - world] ? 'new' : 'old';
      seen[is] += 1;
      expect([pages, now]).toEqual([pages, expected[is === 'new' ? 1 - world : world]]);
      if (answer.status === 0) expect([pages, is]).toEqual([pages, 'new']);
      await server.must('rm /etc/ssh/keyward/fill');
      const again = await bench.receive(server, text);
      expect([pages, again.status, again.stderr, await inForce()]).toEqual([pages, 0, '', expected[1 - world]]);
      world = 1 - world;
    }
    console.log(`with a disk too full: ${seen.old} times the old generation, ${seen.new} times the new one`);
    expect(Math.min(seen.old, seen.new)).toBeGreaterThan(2);
    await server.must('cp -a /etc/ssh/keyward/. /root/copy; umount /etc/ssh/keyward; rm -rf /etc/ssh/keyward; mv /root/copy /etc/ssh/keyward');
  });

  it('finishes what it began when the line drops', async () => {
    await deliver([person('dave', { how: 'adopt' }), person('erin')]);
    const text = revocationText({ signer: bench.ids.bob, id: bench.ids.dave, keys: [bare(bench.keys.dave)] });
    const signed = requestText() + text + (await bench.sign(text, 'revocation', ['bob']));
    // A receiver that takes its time once it has verified, so that the line can drop in between.
    await server.write('/usr/local/sbin/keyward-receive', RECEIVE.replace('\n  verify\n', '\n  verify\n  touch /root/verified\n  sleep 6\n'), 0o755);
    const dropped = ssh(server, 'keyward-courier', { keyFile: bench.keys.courier.path, input: signed, timeout: 4000 });
    await expect(dropped).rejects.toThrow('no end after');
    expect(await server.exists('/root/verified')).toBe(true);
    expect(await logsIn('dave')).toBe(true);
    for (let i = 0; i < 100 && (await server.must('ls -d /etc/ssh/keyward/work.* 2> /dev/null | wc -l')) !== '0\n'; i += 1) await sleep(100);
    expect(await logsIn('dave')).toBe(false);
    await server.write('/usr/local/sbin/keyward-receive', RECEIVE, 0o755);
    const later = await bench.carry(server, requestText());
    expect([lines(later, 'revocation'), lines(later, 'differs')]).toEqual([[sha256(text)], []]);
  });

  it('keeps sshd for everybody, whoever started it', async () => {
    await server.must('echo 4711 > /proc/self/loginuid; pid=$(cat /run/sshd.pid); kill $pid; while [ -d /proc/$pid ]; do sleep 0.1; done; echo stopped');
    const address = `${server.address}:${server.port}`;
    await server.must(`sh -c 'echo 4711 > /proc/self/loginuid; exec /usr/sbin/sshd -E /var/log/auth.log -o ListenAddress=${address}' < /dev/null > /dev/null 2>&1`);
    await sleep(500);
    expect(await server.must('cat /proc/$(cat /run/sshd.pid)/loginuid')).toBe('4711');
    expect((await deliver([person('erin')])).status).toBe(0);
    expect(await logsIn('erin')).toBe(true);
  });
});
