/** Enrolling changes nobody's access, holds only once the courier got in, and is taken back byte for byte. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { needs, ssh, startFleet, type Answer, type Fleet, type TestServer } from '../../fleet/index.ts';
import { Bench, everything, lines } from './bench.ts';
import { bare, releaseText, requestText, sha256 } from './texts.ts';

const last = (answer: Answer): string | undefined => answer.stderr.trim().split('\n').at(-1);
const nothing = ['/etc/moved'];

describe.skipIf(needs() !== undefined)('enrolling', () => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  let before: string;
  beforeAll(async () => {
    bench = await Bench.make();
  });
  afterAll(() => bench?.clean());
  beforeEach(async () => {
    fleet = await startFleet(['web-1']);
    server = fleet.server('web-1');
    await server.addUser('legacy', { authorizedKeys: [bench.keys.dave.publicLine] });
    await server.addRootKey(bench.keys.carol.publicLine);
    before = await everything(server, nothing);
  });
  afterEach(() => fleet?.stop());

  const run = async (phase: string, rest: Partial<Record<string, string>> = {}) =>
    server.run(['sh', '-s'], { input: await bench.script(server, phase, rest), timeout: 60_000 });
  const legacy = async (): Promise<boolean> => (await ssh(server, 'legacy', { keyFile: bench.keys.dave.path, command: 'true' })).status === 0;

  it('looks and says what is there, and changes nothing', async () => {
    const answer = await run('look');
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect(answer.stdout.startsWith('keyward-found v1\norganization acme\n')).toBe(true);
    expect(lines(answer, 'host-key').sort()).toEqual(server.hostKeys.map((line) => line.split(' ').slice(0, 2).join(' ')).sort());
    expect(lines(answer, 'account')).toContain(`legacy ${(await server.must('id -u legacy')).trim()} open`);
    expect(await everything(server, nothing)).toBe(before);
  });

  it('installs, holds once the courier got in, and keeps everybody’s access', async () => {
    const answer = await run('install');
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect(answer.stdout).toContain(`\nkeyward-receipt v1\norganization acme\ntarget ${bench.target(server)}\nnonce ${sha256('enrolling')}\n`);
    expect(await legacy()).toBe(true);
    expect(await server.exists('/etc/ssh/keyward/enrolling')).toBe(true);
    const first = await bench.carry(server, requestText());
    expect([first.status, lines(first, 'enrolled')[0]?.split(' ')[0], lines(first, 'manifest')]).toEqual([0, '1', ['-']]);
    expect(lines(first, 'differs')).toEqual([]);
    expect(await server.exists('/etc/ssh/keyward/enrolling')).toBe(false);
    const late = await run('revert');
    expect([late.status, last(late)]).toEqual([5, 'refused: confirmed']);
    expect(await legacy()).toBe(true);
    expect(await server.must("awk '$4 == \"keyward-receive\" || /keyward-receive/' /etc/cron.d/keyward")).toContain('keyward-receive tick');
  });

  it('is taken back byte for byte, when asked', async () => {
    await run('install');
    const answer = await run('revert');
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect(await everything(server, nothing)).toBe(before);
    expect(await legacy()).toBe(true);
    expect((await bench.carry(server, requestText())).status).toBe(255);
    expect((await run('revert')).stderr).toBe('refused: not-enrolled\n');
  });

  it('is taken back by itself when the courier never came', async () => {
    const script = (await bench.script(server, 'install')).replace('seconds_to_confirm=120', 'seconds_to_confirm=3');
    expect((await server.run(['sh', '-s'], { input: script })).status).toBe(0);
    for (let i = 0; i < 100 && (await server.exists('/etc/ssh/keyward')); i += 1) await sleep(200);
    await sleep(500);
    expect(await everything(server, nothing)).toBe(before);
    expect(await legacy()).toBe(true);
  });

  it('is taken back by tick when even the watch is gone', async () => {
    await run('install');
    await server.must('kill $(pgrep -f "[k]eyward/enrolling")');
    await server.must('echo 1 > /etc/ssh/keyward/enrolling/until');
    await server.must(['/usr/local/sbin/keyward-receive', 'tick']);
    expect(await everything(server, nothing)).toBe(before);
  });

  it('raises the count when it is done again, pins another set, and keeps what is managed', async () => {
    await bench.enroll(server);
    const manifest = bench.manifest(server, [{ id: bench.ids.erin, account: 'erin', keys: [bench.login('erin')] }]);
    await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest);
    const own = releaseText({ set: { number: 1, threshold: 1, signers: [[bench.ids.carol, bench.keys.carol]] }, number: 1, receiver: sha256(await server.read('/usr/local/sbin/keyward-receive') + (await server.read('/usr/local/sbin/keyward-look'))) });
    const again = await run('install', { release: own + (await bench.sign(own, 'release', ['carol'])) });
    expect([again.status, again.stderr]).toEqual([0, '']);
    const settled = await bench.carry(server, requestText());
    expect(lines(settled, 'enrolled')[0]?.split(' ')[0]).toBe('2');
    expect(lines(settled, 'release')).toEqual([`1 ${sha256(own)}`]);
    expect(lines(settled, 'account')).toEqual([`${bench.ids.erin} erin open`]);
    expect((await ssh(server, 'erin', { keyFile: bench.keys.erin.path, command: 'true' })).status).toBe(0);
    const old = await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest);
    expect(old.status).toBe(5);
  });

  it('goes back to the enrolment before, when the second one is not confirmed', async () => {
    await bench.enroll(server);
    const manifest = bench.manifest(server, [{ id: bench.ids.erin, account: 'erin', keys: [bench.login('erin')] }]);
    await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest);
    const leave = ['/etc/ssh/keyward/lock', '/etc/ssh/keyward/receipt', '/etc/ssh/keyward/generations/1*']; // not in force any more
    const enrolled = await everything(server, leave);
    await run('install');
    expect((await run('revert')).status).toBe(0);
    expect((await everything(server, leave)).split('\n')).toEqual(enrolled.split('\n'));
    expect((await ssh(server, 'erin', { keyFile: bench.keys.erin.path, command: 'true' })).status).toBe(0);
    expect(lines(await bench.carry(server, requestText()), 'enrolled')[0]?.split(' ')[0]).toBe('1');
  });

  const plant: [string, string, string][] = [
    ['no-include', 'no Include line', "sed -i '/^Include/d' /etc/ssh/sshd_config"],
    ['no-include', 'an Include line behind a Match', "sed -i -e '/^Include/d' /etc/ssh/sshd_config; printf 'Match User x\\nInclude /etc/ssh/sshd_config.d/*.conf\\n' >> /etc/ssh/sshd_config"],
    ['sshd-broken', 'a broken sshd_config', 'echo Nonsense >> /etc/ssh/sshd_config'],
    ['sudoers-broken', 'a broken sudoers file', 'echo nonsense > /etc/sudoers.d/other'],
    ['no-sudo', 'no sudo', 'mv /usr/bin/sudo /usr/bin/sudo.away'],
    ['no-account-tools', 'no useradd', 'mv /usr/sbin/useradd /usr/sbin/useradd.away'],
    ['no-flock', 'no flock', 'mv /usr/bin/flock /usr/bin/flock.away'],
    ['name-taken', 'an account of keyward’s name', 'useradd keyward-courier'],
    ['name-taken', 'a group of keyward’s name', 'groupadd keyward'],
    ['openssh-too-old', 'OpenSSH 8.3', "printf '#!/bin/sh\\necho OpenSSH_8.3p1 >&2\\n' > /usr/sbin/sshd.new; mv /usr/sbin/sshd /usr/sbin/sshd.away; mv /usr/sbin/sshd.new /usr/sbin/sshd; chmod 755 /usr/sbin/sshd"],
    ['revoked-keys-unreadable', 'a list of revoked keys with a line that is no key', "echo nonsense > /etc/ssh/revoked; echo 'RevokedKeys /etc/ssh/revoked' >> /etc/ssh/sshd_config"],
    ['revoked-keys-unreadable', 'a list of revoked keys that is a KRL', "ssh-keygen -q -k -f /etc/ssh/revoked; echo 'RevokedKeys /etc/ssh/revoked' >> /etc/ssh/sshd_config"],
  ];
  it.each(plant)('refuses with %s: %s', async (why, _, fault) => {
    await server.must(fault);
    const planted = await everything(server, nothing);
    for (const phase of ['look', 'install']) {
      const answer = await run(phase);
      expect([phase, answer.status, last(answer)]).toEqual([phase, 5, `refused: ${why}`]);
      expect(await everything(server, nothing)).toBe(planted);
    }
  });

  it('refuses another host key, another receiver, another enrolment and a release that its own set did not sign', async () => {
    const tries: [Partial<Record<string, string>>, string][] = [
      [{ host_keys: bare(bench.keys.mallory) }, 'wrong-host-key'],
      [{ release: await bench.release([], { number: 1, receiver: sha256('another') }) }, 'receiver-not-in-release'],
      [{ release: await bench.release([], { number: 1 }, ['alice']) }, 'below-threshold'],
      [{ release: await bench.release([], { number: 1, organization: 'other' }) }, 'wrong-organization'],
    ];
    for (const [change, why] of tries) {
      const answer = await run('install', change);
      expect([why, answer.status, last(answer)]).toEqual([why, 5, `refused: ${why}`]);
      expect(await everything(server, nothing)).toBe(before);
    }
    await bench.enroll(server);
    const other = await run('install', { target: 'srv_0000000000000000000000000a' });
    expect([other.status, last(other)]).toEqual([5, 'refused: enrolled-elsewhere']);
  });

  it('takes the server’s own list of revoked keys along', async () => {
    await server.must(`echo '${bench.keys.dave.publicLine}' > /etc/ssh/revoked; echo 'RevokedKeys /etc/ssh/revoked' >> /etc/ssh/sshd_config; sshd -t`);
    await server.reloadSshd();
    expect(await legacy()).toBe(false);
    await bench.enroll(server);
    expect(await legacy()).toBe(false);
    expect((await server.read('/etc/ssh/keyward/current/revoked')).split(' ').slice(0, 2).join(' ')).toBe(bare(bench.keys.dave));
    await server.must(`echo '${bench.keys.mallory.publicLine}' >> /etc/ssh/revoked`);
    const manifest = bench.manifest(server);
    await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest);
    expect(await server.must('wc -l < /etc/ssh/keyward/current/revoked')).toBe('2\n');
    // A list that is not there just now has not given anybody back what it took.
    await server.must('mv /etc/ssh/revoked /etc/ssh/away');
    const answer = await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest);
    expect([answer.status, lines(answer, 'failed')]).toEqual([4, ['revoked /etc/ssh/revoked cannot be read as keys']]);
    expect(await server.must('wc -l < /etc/ssh/keyward/current/revoked')).toBe('2\n');
  });

  it('is reverted when another setting wins', async () => {
    await server.must("echo 'RevokedKeys /dev/null' > /etc/ssh/first; sed -i '1i Include /etc/ssh/first' /etc/ssh/sshd_config");
    const planted = await everything(server, nothing);
    const answer = await run('install');
    expect([answer.status, last(answer)]).toEqual([1, 'failed: another setting of sshd stands before those of keyward; before them it reads what stands above its Include line']);
    expect(await everything(server, nothing)).toBe(planted);
    expect(await legacy()).toBe(true);
  });

  it('is taken off again: files back, revoked keys out, no access given', async () => {
    await bench.enroll(server);
    const manifest = bench.manifest(server, [{ id: bench.ids.erin, account: 'erin', keys: [bench.login('erin')] }], { revokedKeys: [bare(bench.keys.dave)] });
    await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest);
    expect([await run('remove')].map((answer) => [answer.status, last(answer)])).toEqual([[5, 'refused: receipt-not-stored']]);
    const receipt = async () => sha256(await server.read('/etc/ssh/keyward/receipt'));
    expect([await run('remove', { receipt: await receipt() })].map((answer) => [answer.status, last(answer)])).toEqual([[5, 'refused: still-granting']]);
    const empty = bench.manifest(server, [], { revokedKeys: [bare(bench.keys.dave)] });
    await bench.carry(server, requestText() + (await bench.release([empty])) + empty);
    const removed = await run('remove', { receipt: await receipt() });
    expect([removed.status, removed.stderr]).toEqual([0, '']);
    expect(await legacy()).toBe(false);
    expect((await ssh(server, 'erin', { keyFile: bench.keys.erin.path, command: 'true' })).status).toBe(255);
    expect((await server.must('getent shadow erin')).split(':')[7]).toBe('1');
    expect(await server.must('ls -d /etc/ssh/keyward /usr/local/sbin/keyward* /etc/sudoers.d/keyward* /etc/cron.d/keyward 2> /dev/null; grep -h keyward /etc/passwd /etc/group; true')).toMatch(/^(erin:.*\n)?$/);
    expect((await server.run('visudo -c && sshd -t')).status).toBe(0);
  });

  it('leaves today’s grants as plain files when asked to', async () => {
    await bench.enroll(server);
    const manifest = bench.manifest(server, [{ id: bench.ids.erin, account: 'erin', keys: [bench.login('erin')], sudo: [{ runAs: 'root', command: '/usr/bin/id ""' }] }]);
    await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest);
    const removed = await run('remove', { receipt: sha256(await server.read('/etc/ssh/keyward/receipt')), keep: 'yes' });
    expect([removed.status, removed.stderr]).toEqual([0, '']);
    expect((await ssh(server, 'erin', { keyFile: bench.keys.erin.path, command: 'sudo -n id -u; true' })).stdout).toBe('');
    expect((await ssh(server, 'erin', { keyFile: bench.keys.erin.path, command: 'sudo -n id' })).stdout).toMatch(/^uid=0/);
  });
});
