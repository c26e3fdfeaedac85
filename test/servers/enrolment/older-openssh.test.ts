/**
 * A server whose OpenSSH is older than keyward takes, with that OpenSSH itself: it is refused by name, every byte stays, and
 * everybody gets in as before.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, needs, ssh } from '../../fleet/index.ts';
import type { KeyPair } from '../../fleet/index.ts';
import { olderOpenssh } from '../../fleet/older-openssh.ts';
import { Company } from '../line/company.ts';
import { everything } from '../receiver/bench.ts';

const WAITS = 'needs KEYWARD_TREES with what test/fleet/older-openssh.ts builds';

for (const { name, tree = '', version, there } of olderOpenssh()) {
  const reason = needs() ?? (there ? undefined : WAITS);
  describe.skipIf(reason !== undefined)(`${name}${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
    let company: Company;
    let legacy: KeyPair;
    beforeAll(async () => {
      company = await Company.found({ servers: ['old'], signers: ['alice'], enrolled: false, fleet: { tree } });
      legacy = await makeKey(company.folder, 'legacy');
      await company.server('old').addUser('legacy', { authorizedKeys: [legacy.publicLine] });
    }, 60_000);
    afterAll(() => company?.end());

    it('is the sshd that is spoken to; it is refused by name, and the server is as it was', async () => {
      const server = company.server('old');
      const enters = async (): Promise<boolean> =>
        (await ssh(server, 'legacy', { keyFile: legacy.path, command: 'true' })).status === 0;
      const spoken = await ssh(server, 'legacy', { keyFile: legacy.path, command: 'true', args: ['-v'] });
      expect(spoken.stderr).toContain(`remote software version ${version}`);
      const before = await everything(server);
      const enrolled = await company.keyward(
        'alice',
        ...['server', 'enroll', 'old', '--address', server.address, '--port', String(server.port)],
        ...['--identity', company.key('root').path, '--host-key', company.writeHostKeys(server), '--accept', 'there'],
      );
      expect([enrolled.status, enrolled.stderr]).toEqual([1, expect.stringContaining('older than 8.4')]);
      expect((await everything(server)).split('\n')).toEqual(before.split('\n'));
      expect([await enters(), await server.must('ls -A /tmp')]).toEqual([true, '']);
    });
  });
}
