/** Every unmanaged way in is found by name, and a clean server shows how much was looked at. One of each kind is planted. */
import { beforeAll, describe, expect, it } from 'vitest';
import { needs, type TestServer } from '../../fleet/index.ts';
import { type Bench, everything, lines } from './bench.ts';
import { staged } from './stage.ts';
import { requestText } from './texts.ts';

describe.skipIf(needs() !== undefined)('ways in that are not managed', () => {
  let server: TestServer;
  let bench: Bench;
  staged((stage) => ({ server, bench } = stage));
  beforeAll(async () => {
    await server.must('useradd -m old');
    const people = [{ id: bench.ids.dave, account: 'dave', keys: [bench.login('dave')] }];
    const manifest = bench.manifest(server, people, { accepted: [`key root ${bench.keys.carol.fingerprint}`, 'password old password'] });
    expect((await bench.carry(server, requestText() + (await bench.release([manifest])) + manifest)).status).toBe(0);
  });

  const look = () => bench.receive(server, requestText());

  it('finds none on a clean server, and says what it looked at', async () => {
    const before = await everything(server, ['/etc/ssh/keyward/receipt']);
    const answer = await look();
    expect([answer.status, answer.stderr, lines(answer, 'way-in')]).toEqual([0, '', []]);
    const looked = Object.fromEntries(lines(answer, 'looked').map((line) => line.split(' ')));
    expect(Number(looked['account'])).toBeGreaterThan(15);
    expect([looked['key-line'], looked['sudoers-file'], looked['job']]).toEqual(['1', '3', '0']);
    expect(await everything(server, ['/etc/ssh/keyward/receipt'])).toBe(before);
  });

  it.each<[string, string, (bench: Bench) => string, (bench: Bench) => string]>([
    ['a key in root’s file', 'key', (b) => `mkdir -p /root/.ssh; echo '${b.keys.mallory.publicLine}' > /root/.ssh/authorized_keys`, (b) => `key root ${b.keys.mallory.fingerprint} unknown mallory`],
    ['an accepted key', 'key', (b) => `mkdir -p /root/.ssh; echo '${b.keys.carol.publicLine} two  words' > /root/.ssh/authorized_keys`, (b) => `key root ${b.keys.carol.fingerprint} accepted carol two words`],
    ['a key with options', 'key', (b) => `mkdir -p /root/.ssh; echo 'from="10.0.0.1",command="echo ssh-rsa AAAA" ${b.keys.erin.publicLine}' > /root/.ssh/authorized_keys`, (b) => `key root ${b.keys.erin.fingerprint} unknown erin`],
    ['a key in authorized_keys2', 'key', (b) => `mkdir -p ~old/.ssh; echo '${b.keys.mallory.publicLine}' > ~old/.ssh/authorized_keys2`, (b) => `key old ${b.keys.mallory.fingerprint} unknown mallory`],
    ['a key of an account without a shell', 'key', (b) => `mkdir -p ~www-data/.ssh; echo '${b.keys.mallory.publicLine}' > ~www-data/.ssh/authorized_keys`, (b) => `key www-data ${b.keys.mallory.fingerprint} unknown mallory`],
    ['a CA line', 'ca', (b) => `mkdir -p ~old/.ssh; echo 'cert-authority,principals="x" ${b.keys.mallory.publicLine}' > ~old/.ssh/authorized_keys`, (b) => `ca old ${b.keys.mallory.fingerprint} unknown mallory`],
    ['a line that ssh-keygen cannot read', 'sshd', () => "mkdir -p ~old/.ssh; echo 'ssh-ed25519 AAAA' > ~old/.ssh/authorized_keys", () => 'sshd old unreadable-line unknown a line for a key'],
    ['an accepted password', 'password', () => 'echo old:secret | chpasswd', () => 'password old password accepted -'],
    ['an empty password', 'password', () => 'passwd -d old > /dev/null', () => 'password old empty unknown -'],
    ['a second uid 0', 'uid-0', () => 'useradd -o -u 0 toor', () => 'uid-0 toor 0 unknown -'],
    ['a sudoers line', 'sudo', () => "echo 'old ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/old", () => 'sudo old old unknown old ALL=(ALL) NOPASSWD: ALL'],
    ['a group that sudo knows', 'sudo', () => 'usermod -aG sudo old', () => 'sudo old %sudo unknown %sudo ALL=(ALL:ALL) ALL'],
    ['sudo for everybody', 'sudo', () => "echo 'ALL ALL=(ALL) ALL' > /etc/sudoers.d/old", () => 'sudo - ALL unknown old: ALL ALL=(ALL) ALL'],
    ['a group like root', 'group', () => 'groupadd -f docker; usermod -aG docker old', () => 'group old docker unknown -'],
    ['hostbased authentication', 'sshd', () => 'echo HostbasedAuthentication yes >> /etc/ssh/sshd_config', () => 'sshd - hostbasedauthentication unknown -'],
    ['a command for keys', 'keys-command', () => "sed -i '1i AuthorizedKeysCommandUser nobody' /etc/ssh/sshd_config; sed -i '1i AuthorizedKeysCommand /usr/bin/keys %u' /etc/ssh/sshd_config", () => 'keys-command old /usr/bin/keys unknown -'],
    ['a CA of the server', 'ca', (b) => `echo '${b.keys.mallory.publicLine}' > /etc/ssh/ca; echo 'TrustedUserCAKeys /etc/ssh/ca' >> /etc/ssh/sshd_config`, (b) => `ca - ${b.keys.mallory.fingerprint} unknown mallory`],
    ['a key file elsewhere, behind a Match', 'key', (b) => `printf 'Match User old\\nAuthorizedKeysFile /srv/%%u-keys\\n' >> /etc/ssh/sshd_config; echo '${b.keys.mallory.publicLine}' > /srv/old-keys`, (b) => `key old ${b.keys.mallory.fingerprint} unknown mallory`],
    ['a Match that is spelt as only sshd reads it', 'key', (b) => `printf '  =Ma"tch" User old\\nAuthorizedKeysFile /srv/%%u-keys\\n' >> /etc/ssh/sshd_config; echo '${b.keys.mallory.publicLine}' > /srv/old-keys`, (b) => `key old ${b.keys.mallory.fingerprint} unknown mallory`],
    ['a Match in a second file of one Include', 'key', (b) => `printf 'Match User old\\nAuthorizedKeysFile /srv/%%u-keys\\n' > /srv/more; echo 'Include /etc/ssh/sshd_config.d/*.conf /srv/more' >> /etc/ssh/sshd_config; echo '${b.keys.mallory.publicLine}' > /srv/old-keys`, (b) => `key old ${b.keys.mallory.fingerprint} unknown mallory`],
    ['an Include with a =', 'key', (b) => `printf 'Match User old\\nAuthorizedKeysFile /srv/%%u-keys\\n' > /srv/more; echo 'Include=/srv/more' >> /etc/ssh/sshd_config; echo '${b.keys.mallory.publicLine}' > /srv/old-keys`, (b) => `key old ${b.keys.mallory.fingerprint} unknown mallory`],
    ['a sudoers line that names somebody after root', 'sudo', () => "echo 'root ,old ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/old", () => 'sudo - root unknown old: root ,old ALL=(ALL) NOPASSWD: ALL'],
    ['a folder of sudoers elsewhere', 'sudo', () => "mkdir -p /srv/etc/sudoers.d; echo 'old ALL=(ALL) ALL' > /srv/etc/sudoers.d/x; echo '@includedir /srv/etc/sudoers.d' >> /etc/sudoers", () => 'sudo - include unknown @includedir /srv/etc/sudoers.d'],
    ['a managed account out of its group', 'sshd', () => 'gpasswd -d dave keyward > /dev/null', () => 'sshd dave managed-account unknown sshd goes by other settings for it'],
  ])('finds %s', async (_, kind, plant, expected) => {
    await server.must('cp -a /etc /tmp/etc; cp -a /root /tmp/root; cp -a ~old /tmp/old');
    await server.must(`${plant(bench)}; sshd -t`);
    const answer = await look();
    const restore = 'rm -rf ~old/.ssh ~www-data/.ssh /root/.ssh /srv/* /etc/sudoers.d/old; gpasswd -a dave keyward > /dev/null; ';
    const files = 'passwd shadow group gshadow sudoers ssh/sshd_config';
    await server.must(`${restore} for f in ${files}; do cp -a /tmp/etc/$f /etc/$f; done; rm -rf /tmp/etc /tmp/root /tmp/old`);
    expect(lines(answer, 'way-in').filter((line) => line.startsWith(`${kind} `))).toContain(expected(bench));
    expect(lines(await look(), 'way-in')).toEqual([]);
  });

  it('names what is managed and differs, and the next delivery puts it right', async () => {
    await server.must(
      "gpasswd -d dave keyward > /dev/null; echo 'x' >> /etc/ssh/keyward/current/keys/dave; rm /etc/sudoers.d/keyward; " +
        'echo "# changed" >> /etc/ssh/sshd_config.d/00-keyward.conf; rm /etc/cron.d/keyward',
    );
    const differs = ['account dave', 'file /etc/cron.d/keyward', 'file /etc/ssh/sshd_config.d/00-keyward.conf', 'file /etc/sudoers.d/keyward', 'file keys/dave'];
    expect(lines(await look(), 'differs')).toEqual(differs);
    const manifest = await server.read('/etc/ssh/keyward/current/manifest');
    const release = (await server.read('/etc/ssh/keyward/current/release')) + (await server.read('/etc/ssh/keyward/current/release.sig'));
    const answer = await bench.receive(server, requestText() + release + manifest);
    expect([answer.status, answer.stderr]).toEqual([0, '']);
    const after = await look();
    expect([lines(after, 'differs'), lines(after, 'way-in')]).toEqual([[], []]);
  });
});
