/**
 * Time on a server: what has ended goes, by sshd itself and by the timer; a clock behind the floor serves nothing that ends.
 * The clock of the receiver alone is moved, by a `date` in its place; sshd keeps the right one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { needs, openSession, ssh, type TestServer } from '../../fleet/index.ts';
import { type Bench, lines, RECEIVE } from './bench.ts';
import { staged } from './stage.ts';
import { at, HOUR, requestText } from './texts.ts';
import type { Person } from './texts.ts';

const DATE = `#!/bin/sh
case "$*" in
  *-d*) exec /usr/bin/date.real "$@" ;;
  *) exec /usr/bin/date.real -d "@$(($(/usr/bin/date.real +%s) + $(cat /etc/moved)))" "$@" ;;
esac
`;

describe.skipIf(needs() !== undefined)('time', () => {
  let server: TestServer;
  let bench: Bench;
  const movable = async (before: TestServer): Promise<void> => {
    await before.must('echo 0 > /etc/moved; mv /usr/bin/date /usr/bin/date.real');
    await before.write('/usr/bin/date', DATE, 0o755);
  };
  staged((stage) => ({ server, bench } = stage), {}, movable);

  const DAY = 24 * HOUR;
  const moved = (milliseconds: number): Promise<void> => server.write('/etc/moved', `${Math.round(milliseconds / 1000)}\n`);
  const tick = async (): Promise<void> => void (await server.must(['/usr/local/sbin/keyward-receive', 'tick']));
  const person = (name: 'dave' | 'erin', end?: string): Person => ({
    id: bench.ids[name],
    account: name,
    keys: [{ ...bench.login(name), ...(end === undefined ? {} : { end }) }],
    sudo: [{ runAs: 'root', command: '/usr/bin/id ""', ...(end === undefined ? {} : { end }) }],
    ...(end === undefined ? {} : { end }),
  });
  const deliver = async (people: readonly Person[], rest = {}) => {
    const text = bench.manifest(server, people);
    return bench.receive(server, requestText() + (await bench.release([text], rest)) + text);
  };
  const logsIn = async (name: 'dave' | 'erin'): Promise<boolean> =>
    (await ssh(server, name, { keyFile: bench.keys[name].path, command: 'true' })).status === 0;
  const inForce = () => server.must('ls /etc/ssh/keyward/current/keys; cut -d" " -f1 /etc/ssh/keyward/current/sudoers');

  it('refuses an ended key with nothing running, and ends the rest at the next tick', async () => {
    const end = at(Date.now() + 6000);
    expect((await deliver([person('dave', end), person('erin')])).status).toBe(0);
    expect(await server.read('/etc/ssh/keyward/current/keys/dave')).toContain(`expiry-time="${end.replaceAll(/[-:T]/g, '')}",restrict,pty ssh-ed25519 `);
    expect(await server.read('/etc/ssh/keyward/current/sudoers')).toContain(`dave ALL=(root) NOTAFTER=${end.replaceAll(/[-:T]/g, '')} NOPASSWD: /usr/bin/id ""`);
    const session = openSession(server, 'dave', { keyFile: bench.keys.dave.path, command: 'echo here; cat' });
    await session.says('here');
    await sleep(Math.max(0, Date.parse(end) - Date.now() + 1100));
    expect(await logsIn('dave')).toBe(false);
    expect(session.isOpen()).toBe(true);
    await tick();
    await session.ended;
    expect(await inForce()).toBe('erin\nerin\n');
    expect((await server.must('getent shadow dave')).split(':')[7]).toBe('1');
    const answer = await bench.receive(server, requestText());
    expect(lines(answer, 'account')).toEqual([`${bench.ids.dave} dave locked`, `${bench.ids.erin} erin open`]);
    expect(await logsIn('erin')).toBe(true);
    await tick(); // nothing is due: nothing changes
    expect(await inForce()).toBe('erin\nerin\n');
  });

  it.each([
    ['400 days back', -400 * DAY, 'behind'],
    ['a day back', -DAY, 'behind'],
    ['11 minutes back', -11 * 60_000, 'behind'],
    ['6 minutes back', -6 * 60_000, 'right'],
    ['6 minutes ahead', 6 * 60_000, 'right'],
  ])('with the clock %s (%i ms) the receipt says %s', async (_, by, clock) => {
    // Issued a second ago, so the floor is now.
    await deliver([person('dave', at(Date.now() + HOUR)), person('erin')], { issued: at(Date.now()) });
    expect([await logsIn('dave'), await logsIn('erin')]).toEqual([true, true]);
    await moved(by);
    await tick();
    const both = 'dave\nerin\ndave\nerin\n';
    expect(await inForce()).toBe(clock === 'right' ? both : 'erin\nerin\n');
    expect(await logsIn('dave')).toBe(clock === 'right');
    expect(await logsIn('erin')).toBe(true);
    expect(lines(await bench.receive(server, requestText()), 'clock')).toEqual([clock]);
    await moved(0);
    await tick();
    expect(await inForce()).toBe(both);
    expect(await logsIn('dave')).toBe(true);
  });

  it.each([
    ['a day', DAY],
    ['400 days', 400 * DAY],
  ])('heals by itself after a jump of %s ahead', async (_, by) => {
    await deliver([person('dave', at(Date.now() + HOUR)), person('erin')]);
    await moved(by);
    await tick();
    expect(await inForce()).toBe('erin\nerin\n');
    await moved(0);
    const text = await deliver([person('dave', at(Date.now() + HOUR)), person('erin')]);
    expect([text.status, lines(text, 'clock')]).toEqual([0, ['right']]);
    expect(await logsIn('dave')).toBe(true);
  });

  it('writes the server’s own zone for an OpenSSH before 9.1, which knows no Z', async () => {
    await server.must('cp -a /etc/localtime /root/localtime; ln -sf /usr/share/zoneinfo/Pacific/Kiritimati /etc/localtime');
    await server.write('/root/old', RECEIVE.replace(/^ {2}openssh=.*$/m, '  openssh=8.4p1'), 0o755);
    const end = Date.now() + HOUR;
    const manifest = bench.manifest(server, [person('dave', at(end))]);
    const answer = await server.run(['/root/old'], { input: requestText() + (await bench.release([manifest])) + manifest });
    expect([answer.status, answer.stderr, lines(answer, 'openssh')]).toEqual([0, '', ['8.4p1']]);
    const local = new Date(end + 14 * HOUR).toISOString().slice(0, 16).replaceAll(/[-:T]/g, '');
    expect(await server.read('/etc/ssh/keyward/current/keys/dave')).toMatch(new RegExp(`^expiry-time="${local}",restrict`));
    expect(await logsIn('dave')).toBe(true);
    await server.must('cp -a /root/localtime /etc/localtime');
  });

  it('raises no floor by a revocation or an end', async () => {
    const floor = () => server.must('head -n 1 /etc/ssh/keyward/current/floor');
    const before = await floor();
    await deliver([person('dave', at(Date.now() + 300 * DAY))], { issued: at(Date.now() - HOUR) });
    expect(await floor()).toBe(before);
  });
});
