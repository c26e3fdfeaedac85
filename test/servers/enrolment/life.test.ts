/**
 * A server's way through its life, on real servers and through the built command line: a printed script that is run there,
 * what is found beside keyward, being away while somebody leaves, being taken out, and access that is kept.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, needs, ssh } from '../../fleet/index.ts';
import type { Answer, KeyPair, TestServer } from '../../fleet/index.ts';
import { Company } from '../line/company.ts';
import { everything } from '../receiver/bench.ts';

interface Drift {
  readonly targets: readonly {
    readonly name: string;
    readonly state: string;
    readonly differences: readonly {
      readonly what: string;
      readonly subject: string;
      readonly managed: boolean;
      readonly owner?: string;
    }[];
    readonly looked: readonly { readonly what: string; readonly count: number }[];
  }[];
  readonly status: number;
}

const DAY = 86_400;

describe.skipIf(needs() !== undefined)('a server’s life', () => {
  let company: Company;
  let old: KeyPair;

  beforeAll(async () => {
    company = await Company.found({
      servers: ['web-1', 'away', 'left', 'kept', 'printed'],
      signers: ['alice'],
      employees: ['dave', 'erin', 'zoe'],
      enrolled: false,
    });
    old = await makeKey(company.folder, 'old');
    for (const server of company.fleet.servers.values())
      await server.addUser('legacy', { authorizedKeys: [old.publicLine] });
    await company.enrollAll(['web-1', 'away', 'left', 'kept']);
    company.rules(
      '{ name: all, to: { employees: [dave, erin, zoe] }, servers: { names: ["*"] }, sudo: [{ run-as: root, commands: [/usr/bin/id] }] }',
    );
    await company.apply();
  }, 180_000);
  afterAll(() => company?.end());

  const enters = async (server: TestServer, account: string, key: KeyPair): Promise<boolean> =>
    (await ssh(server, account, { keyFile: key.path, command: 'true' })).status === 0;
  const root = (): string[] => ['--identity', company.key('root').path];

  describe('a printed script', () => {
    const where = (): string[] => {
      const { name, address, port, hostKeys } = company.server('printed');
      const file = join(company.folder, 'printed.pub');
      writeFileSync(file, `${hostKeys.join('\n')}\n`);
      return [name, '--address', address, '--port', String(port), '--host-key', file];
    };
    const asRoot = (script: string): Promise<Answer> =>
      ssh(company.server('printed'), 'root', {
        keyFile: company.key('root').path,
        command: 'sh -s',
        input: script,
        timeout: 60_000,
      });

    it('waits a day, changes nobody’s access meanwhile, and is taken back when nobody came', async () => {
      const server = company.server('printed');
      const { stdout: script } = await company.must('alice', 'server', 'enroll', ...where(), '--print');
      expect(script.startsWith('#!/bin/sh\n')).toBe(true);
      const before = await everything(server);
      expect((await company.keyward('alice', 'server', 'enroll', 'printed', '--printed')).status).toBe(1);
      expect((await asRoot(script)).status).toBe(0);
      const until = Number(await server.read('/etc/ssh/keyward/enrolling/until'));
      expect(Math.abs(until - Date.now() / 1000 - DAY)).toBeLessThan(120);
      expect(await enters(server, 'legacy', old)).toBe(true);
      await server.write('/etc/ssh/keyward/enrolling/until', '1\n');
      await server.run('/usr/local/sbin/keyward-receive tick');
      expect((await everything(server)).split('\n')).toEqual(before.split('\n'));
      expect(await enters(server, 'legacy', old)).toBe(true);
    });

    it('holds once the courier got in, whoever ran it: from a pipe or from a file as cloud-init does', async () => {
      const server = company.server('printed');
      const { stdout: script } = await company.must('alice', 'server', 'enroll', ...where(), '--print');
      await server.write('/var/lib/cloud/user-data', script, 0o700);
      await server.must('/var/lib/cloud/user-data');
      const confirmed = await company.json<{
        readonly times: number;
        readonly found: readonly { readonly word: string; readonly fields: readonly string[] }[];
      }>('alice', 'server', 'enroll', 'printed', '--printed', '--accept', 'there at enrolment');
      expect(confirmed.times).toBe(1);
      expect(
        confirmed.found.some(
          ({ word, fields }) => word === 'way-in' && fields.slice(0, 3).join(' ') === `key legacy ${old.fingerprint}`,
        ),
      ).toBe(true);
      expect(await server.exists('/etc/ssh/keyward/enrolling')).toBe(false);
      await company.apply();
      expect(await enters(server, 'dave', company.key('dave'))).toBe(true);
      expect(await enters(server, 'legacy', old)).toBe(true);
    });
  });

  describe('what is there beside keyward', () => {
    const of = async (): Promise<Drift['targets'][number] & { readonly status: number }> => {
      const drift = await company.json<Drift>('alice', 'drift', '--server', 'web-1');
      const [target] = drift.targets;
      if (target === undefined) throw new Error('nothing was looked at');
      return { ...target, status: drift.status };
    };

    it('a clean server says how much was looked at', async () => {
      const { state, status, looked, differences } = await of();
      expect([state, status, differences]).toEqual(['clean', 0, []]);
      const counts = Object.fromEntries(looked.map(({ what, count }) => [what, count]));
      expect(counts['account']).toBeGreaterThan(15);
      expect(counts['key-line']).toBeGreaterThanOrEqual(4);
      expect(counts['sudoers-file']).toBeGreaterThanOrEqual(2);
      expect(counts['process']).toBeGreaterThan(1);
    });

    it('one of each kind is named, with whose key it is; deliver puts right what is managed and touches nothing else', async () => {
      const server = company.server('web-1');
      const stranger = await makeKey(company.folder, 'stranger');
      const authority = await makeKey(company.folder, 'authority');
      const planted: readonly (readonly [string, string, string])[] = [
        [
          'a key in root’s file',
          `echo '${company.key('dave').publicLine}' >> /root/.ssh/authorized_keys`,
          `way-in key|root ${company.key('dave').fingerprint}|dave`,
        ],
        [
          'a key in another’s file',
          `echo '${stranger.publicLine}' >> ~legacy/.ssh/authorized_keys`,
          `way-in key|legacy ${stranger.fingerprint}|`,
        ],
        [
          'authorized_keys2',
          `echo '${company.key('alice').publicLine}' > ~legacy/.ssh/authorized_keys2`,
          `way-in key|legacy ${company.key('alice').fingerprint}|alice`,
        ],
        [
          'a CA line',
          `echo 'cert-authority ${authority.publicLine}' >> ~legacy/.ssh/authorized_keys`,
          `way-in ca|legacy ${authority.fingerprint}|`,
        ],
        [
          'a sudoers line',
          "echo 'legacy ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/legacy; chmod 440 /etc/sudoers.d/legacy",
          'way-in sudo|legacy legacy|',
        ],
        ['a group', 'groupadd -f docker; usermod -aG docker legacy', 'way-in group|legacy docker|'],
        ['a second uid 0', 'useradd -o -u 0 -p "*" toor', 'way-in uid-0|toor 0|'],
        [
          'a setting of sshd',
          'echo HostbasedAuthentication yes >> /etc/ssh/sshd_config',
          'way-in sshd|- hostbasedauthentication|',
        ],
        ['a changed receiver', 'echo "# changed" >> /usr/local/sbin/keyward-look', 'receiver||'],
        ['a stopped timer', 'rm /etc/cron.d/keyward', 'file|/etc/cron.d/keyward|managed'],
        ['a managed account out of its group', 'gpasswd -d dave keyward > /dev/null', 'account|dave|managed'],
      ];
      for (const [, words] of planted) await server.must(words);
      const { state, status, differences } = await of();
      expect([state, status]).toEqual(['differs', 2]);
      const said = differences.map(
        ({ what, subject, managed, owner = '' }) =>
          `${what}|${what === 'receiver' ? '' : subject}|${managed ? 'managed' : owner}`,
      );
      for (const [name, , expected] of planted)
        expect([name, said]).toEqual([name, expect.arrayContaining([expected])]);
      console.log(`${planted.length} ways in and changes were planted, and found by name`);
      const shown = (await company.keyward('alice', 'drift', '--server', 'web-1')).stdout.replaceAll(/\s+/g, ' ');
      expect(shown).toContain('a key of dave');
      const annotated = (await company.keyward('alice', 'drift', '--server', 'web-1', '--format', 'github')).stdout;
      const line =
        readFileSync(join(company.repo, 'access-policy.yaml'), 'utf8')
          .split('\n')
          .findIndex((text) => text.startsWith('  web-1:')) + 1;
      expect(
        annotated.split('\n').filter((text) => text.includes(` file=access-policy.yaml,line=${line},`)).length,
      ).toBe(differences.length);

      const files = '/root/.ssh/authorized_keys ~legacy/.ssh/* /etc/sudoers.d/legacy /etc/ssh/sshd_config /etc/passwd';
      const theirs = await server.must(`sha256sum ${files}; id legacy`);
      expect((await company.keyward('alice', 'deliver', '--server', 'web-1')).status).toBe(0);
      expect(await server.must(`sha256sum ${files}; id legacy`)).toBe(theirs);
      const left = (await of()).differences;
      expect(left.filter(({ managed }) => managed)).toEqual([]);
      expect(left.filter(({ what }) => what.startsWith('way-in')).length).toBe(8);
    });
  });

  it('a server that is away while somebody leaves is named, and closes by itself at the next contact', async () => {
    const away = company.server('away');
    await away.stop();
    const offboarded = await company.keyward('alice', 'offboard', 'erin', '--confirm', 'erin', '--timeout', '10');
    expect([offboarded.status, offboarded.stdout]).toEqual([4, expect.stringContaining('away')]);
    expect(offboarded.stderr).toContain('away');
    expect((await company.keyward('alice', 'status')).stdout).toMatch(/away/);
    await away.start();
    // Nobody spoke to it yet: the plain sentence was true.
    expect(await enters(away, 'erin', company.key('erin'))).toBe(true);
    expect((await company.keyward('alice', 'drift', '--server', 'away')).stdout).toMatch(/revocation/);
    expect((await company.keyward('alice', 'deliver', '--server', 'away')).status).toBe(0);
    expect(await enters(away, 'erin', company.key('erin'))).toBe(false);
    expect(await enters(away, 'dave', company.key('dave'))).toBe(true);
    expect((await company.keyward('alice', 'drift', '--server', 'away')).status).toBe(0);
    expect(await enters(company.server('left'), 'erin', company.key('erin'))).toBe(false);
  });

  it('is taken out in two steps: no access is given back, nothing of keyward stays', async () => {
    const server = company.server('left');
    await server.must(`echo '${company.key('erin').publicLine}' >> ~legacy/.ssh/authorized_keys`);
    await company.must('alice', 'server', 'remove', 'left');
    expect((await company.keyward('alice', 'server', 'remove', 'left', ...root(), '--confirm', 'left')).status).toBe(6);
    await company.apply();
    await company.must('alice', 'server', 'remove', 'left', ...root(), '--confirm', 'left');
    expect([await enters(server, 'dave', company.key('dave')), await enters(server, 'legacy', old)]).toEqual([
      false,
      true,
    ]);
    expect(await enters(server, 'legacy', company.key('erin'))).toBe(false); // revoked keys stay out
    expect(
      await server.must(
        'ls -d /etc/ssh/keyward /usr/local/sbin/keyward* /etc/sudoers.d/keyward* /etc/cron.d/keyward 2> /dev/null; grep -h keyward-courier /etc/passwd; true',
      ),
    ).toBe('');
    await server.must('visudo -cq && sshd -t');
    // The receipt is stored, so its line may go without a question.
    forget('left');
    await company.approve();
  });

  it('leaves today’s access as plain files where that is asked for', async () => {
    const server = company.server('kept');
    const said = await company.must(
      'alice',
      'server',
      'remove',
      'kept',
      '--keep-access',
      ...root(),
      '--confirm',
      'kept',
    );
    expect(said.stdout.replaceAll(/\s+/g, ' ')).toContain('abandoned:kept');
    expect(await server.exists('/usr/local/sbin/keyward-receive')).toBe(false);
    expect((await ssh(server, 'dave', { keyFile: company.key('dave').path, command: 'sudo -n id -u' })).stdout).toBe(
      '',
    );
    expect((await ssh(server, 'dave', { keyFile: company.key('dave').path, command: 'sudo -n id' })).stdout).toMatch(
      /^uid=0/,
    );
    expect(await enters(server, 'erin', company.key('erin'))).toBe(false);
  });

  it('is not forgotten by a line that is deleted: that is a risk with a name', async () => {
    forget('kept');
    const refused = await company.keyward('alice', 'approve', ...company.confirmed());
    expect([refused.status, refused.stderr.replaceAll(/\s+/g, ' ')]).toEqual([
      5,
      expect.stringContaining('abandoned:kept'),
    ]);
    await company.must('alice', 'approve', ...company.confirmed(), '--accept-risk', 'abandoned:kept');
  });

  function forget(name: string): void {
    company.policy((text) => text.replace(new RegExp(`^ {2}${name}: .*\\n`, 'm'), ''));
    rmSync(join(company.repo, `servers/${name}.pub`));
  }
});
