/** `--printed` where the printed script did not run yet: nobody gets in, and what comes next is said. */
import { expect, it } from 'vitest';
import { EXIT } from '../../src/core/failure.ts';
import { confirmPrinted, printEnrolment } from '../../src/verbs/enroll.ts';
import type { World } from '../../src/world.ts';
import { penOf } from '../core/texts/signing.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';

it.each([
  ['refused', 'the server does not let the courier in: it takes none of its keys', EXIT.failed],
  ['unknown', 'no answer within 30 s', EXIT.incomplete],
] as const)('%s', async (kind, why, exit) => {
  const acme = await makeOrganization({ signers: ['alice'] });
  await acme.release(['alice']);
  await acme.compare('alice');
  const own = await acme.world('alice', { yes: 'all' });
  const target: World['target'] = async ({ id, name }) => ({ id, name, exchange: async () => ({ kind, why }), offer: async () => [] });
  const options = { name: 'web-9', address: '10.0.0.9', user: 'root', hostKeys: [penOf(1).key.line], labels: {}, limits: { parallel: 1, timeout: 5, signal: GO }, dryRun: false };
  await printEnrolment(own, options);
  await expect(confirmPrinted({ ...own, target }, { ...options, hostKeys: [] })).rejects.toMatchObject({
    exit,
    message: `web-9: ${why}`,
    next: 'if the printed script did not run there yet, let root run it, then this again within 24 hours; `keyward server enroll web-9 --print` prints it again',
  });
});
