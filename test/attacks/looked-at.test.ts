/**
 * Who wants to stay unseen, or to keep a server from answering: key files that are endless, too many, out of root's sight or
 * pipes; lines of sudoers that look like comments; settings of sshd that stand before keyward's. Each is named, and the
 * server answers in time with a receipt that can be read.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { needs, ssh, startFleet, type Fleet, type TestServer } from '../fleet/index.ts';
import { CAPS, receipt, splitSigned } from '../../src/core/texts/index.ts';
import { Bench, lines, receiptOf } from '../servers/receiver/bench.ts';
import { requestText, revocationText } from '../servers/receiver/texts.ts';

/** What is planted, and the way in that must be named. */
const PLANTED: readonly (readonly [string, (bench: Bench) => string, (bench: Bench) => string])[] = [
  ['a key in a CA line spelled in capitals', (b) => `echo 'Cert-Authority\t${b.keys.mallory.publicLine}' > ~old/.ssh/authorized_keys`, (b) => `ca old ${b.keys.mallory.fingerprint} unknown mallory`],
  ['a line of a megabyte', () => "head -c 1000000 /dev/zero | tr '\\0' s | sed 's/ssss/ssh-/g' > ~old/.ssh/authorized_keys", () => 'sshd old unreadable-line unknown a line for a key'],
  ['an endless file', () => 'truncate -s 4T ~old/.ssh/authorized_keys', () => 'sshd old unreadable-file unknown not all of /home/old/.ssh/authorized_keys could be read'],
  ['a folder that root cannot look into', () => 'rm -rf ~old/.ssh; ln -s /proc/1/nothing/there ~old/.ssh; ln -sfn ~old/.loop ~old/.loop; ln -sfn ~old/.loop ~old/.ssh', () => 'sshd - unreadable-file unknown 2 files that may hold keys'],
  ['a sudoers file whose name ends like keyward’s', () => "echo 'old ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/not-keyward", () => 'sudo old not-keyward unknown old ALL=(ALL) NOPASSWD: ALL'],
  ['a sudoers line by uid', () => "echo \"#$(id -u old) ALL=(ALL) NOPASSWD: ALL\" > /etc/sudoers.d/old", () => 'sudo - #1000 unknown old: #1000 ALL=(ALL) NOPASSWD: ALL'],
  ['a sudoers line behind a comment that seems to go on', () => "printf '# comment \\\\\\\\\\nold ALL=(ALL) NOPASSWD: ALL\\n' > /etc/sudoers.d/old", () => 'sudo old old unknown old ALL=(ALL) NOPASSWD: ALL'],
  ['sudoers lines in a file elsewhere', () => "echo 'old ALL=(ALL) NOPASSWD: ALL' > /srv/old; echo '@include /srv/old' > /etc/sudoers.d/old", () => 'sudo - include unknown @include /srv/old'],
  ['a group like root as the first one', () => 'groupadd -f docker; usermod -g docker old', () => 'group old docker unknown -'],
  ['another list of revoked keys, before keyward’s', () => 'echo RevokedKeys none > /etc/ssh/sshd_config.d/00-a.conf', () => 'sshd - revokedkeys unknown none'],
  ['a shell for the courier', () => "printf 'Match User keyward-courier\\nForceCommand /bin/sh\\nMatch all\\n' > /etc/ssh/sshd_config.d/00-a.conf", () => 'sshd keyward-courier courier unknown sshd goes by other settings for it'],
  ['keys for the courier', () => "printf 'Match User keyward-courier\\nAuthorizedKeysFile /srv/old\\nMatch all\\n' > /etc/ssh/sshd_config.d/00-a.conf", () => 'sshd keyward-courier courier unknown sshd goes by other settings for it'],
  ['a CA for one account', (b) => `echo '${b.keys.mallory.publicLine}' > /srv/ca; printf 'Match User old\\nTrustedUserCAKeys /srv/ca\\nMatch all\\n' > /etc/ssh/sshd_config.d/00-a.conf`, (b) => `ca old ${b.keys.mallory.fingerprint} unknown mallory`],
];

describe.skipIf(needs() !== undefined)('what is hidden from a look', () => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  let found = 0;
  beforeAll(async () => {
    fleet = await startFleet(['web-1']);
    server = fleet.server('web-1');
    bench = await Bench.make();
    await bench.enroll(server);
    await server.must('useradd -m -u 1000 old; mkdir -m 700 ~old/.ssh; cp -a /etc /tmp/etc');
  });
  afterAll(async () => {
    console.log(`${found} of ${PLANTED.length} hidden ways in are named`);
    bench?.clean();
    await fleet?.stop();
  });
  afterEach(async () => {
    await server.must('rm -rf ~old/.ssh ~old/.loop /srv/*; mkdir -m 700 ~old/.ssh; rm -f /etc/ssh/sshd_config.d/00-a.conf /etc/sudoers.d/old /etc/sudoers.d/not-keyward; cp -a /tmp/etc/passwd /tmp/etc/group /etc/');
  });
  const look = () => bench.receive(server, requestText());

  it('says of the clean server that nothing is there', async () => {
    const answer = await look();
    expect([answer.status, answer.stderr, lines(answer, 'way-in')]).toEqual([0, '', []]);
  });

  it.each(PLANTED)('%s', async (_, plant, expected) => {
    await server.must(`${plant(bench)}; sshd -t`);
    const begun = Date.now();
    const answer = await look();
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    expect(lines(answer, 'way-in')).toContain(expected(bench));
    expect(Date.now() - begun).toBeLessThan(15_000);
    found += 1;
  });

  it('answers with a receipt that can be read, however many keys somebody has', async () => {
    const line = bench.keys.mallory.publicLine.split(' ').slice(0, 2).join(' ');
    await server.must(`yes '${line} ${'x'.repeat(300)}' | head -n 100000 > ~old/.ssh/authorized_keys2`);
    await server.must(`awk 'BEGIN { for (i = 0; i < 9999; i++) printf "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIN%05dAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\\377\\033[2J\\n", i }' > ~old/.ssh/authorized_keys`);
    const answer = await look();
    const text = splitSigned(answer.stdout, 'receipt').text;
    expect(text.length).toBeLessThan(CAPS.receipt);
    expect(receipt.parse(text).waysIn.length).toBeLessThan(300);
    expect(receiptOf(answer)).toContainEqual(expect.stringMatching(/^way-in sshd - too-many unknown \d+ more$/));
  });

  it('does not wait for a pipe that takes the place of a key file', async () => {
    await server.must('touch ~old/.ssh/a; chown -R old ~old/.ssh');
    await server.must("setsid perl -e 'use POSIX; chdir q(/home/old/.ssh); mkfifo q(p), 0600; symlink q(a), q(authorized_keys); for(;;){ for (qw(a p)) { symlink $_, q(n); rename q(n), q(authorized_keys) } }' > /dev/null 2>&1 < /dev/null &", { user: 'old' });
    const answers = [];
    for (let i = 0; i < 3; i += 1) answers.push(await look());
    await server.must('pkill -KILL -u old perl');
    for (const answer of answers) expect([answer.status, receiptOf(answer)[0]]).toEqual([0, 'keyward-receipt v1']);
  }, 60_000);

  it('gives others the server back when somebody asks and does not listen to the answer', async () => {
    // Enough revocations that the answer fits into no pipe.
    for (let i = 0; i < 3; i += 1) {
      const keys = Array.from({ length: 700 }, (_, n) => `ssh-ed25519 ${Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), Buffer.from([n % 256, n >> 8, i, 7]), Buffer.alloc(28, 9)]).toString('base64')}`);
      const text = revocationText({ signer: bench.ids.bob, keys });
      expect((await bench.receive(server, requestText() + text + (await bench.sign(text, 'revocation', ['bob'])))).status).toBe(0);
    }
    await server.write('/root/asks', requestText());
    await server.must("setsid sh -c '/usr/local/sbin/keyward-receive < /root/asks | sleep 4400' > /dev/null 2>&1 < /dev/null &");
    await server.must('sleep 1.5; pgrep -f "^cat /etc/ssh/keyward" > /dev/null');
    const begun = Date.now();
    const answer = await bench.carry(server, requestText());
    expect([answer.status, lines(answer, 'revocation').length]).toEqual([0, 3]);
    expect(Date.now() - begun).toBeLessThan(15_000);
    await server.must('pkill -f "[s]leep 4400"');
    expect((await ssh(server, 'keyward-courier', { keyFile: bench.keys.courier.path, input: requestText() })).status).toBe(0);
  }, 60_000);
});
