/** What is shown before signing, by the verb itself: first what the signer gains, whoever sorts before them. */
import { expect, it } from 'vitest';
import { approve } from '../../src/verbs/approve.ts';
import { makeOrganization } from './organization.ts';

it('shows a signer first what they gain themselves', async () => {
  const org = await makeOrganization({
    signers: ['zoe', 'alice'],
    threshold: 2,
    employees: { bob: '' },
    servers: { 'web-1': '' },
  });
  await org.release(['zoe', 'alice']);
  for (const who of ['zoe', 'alice']) await org.compare(who);
  org.edit('access-policy.yaml', (text) =>
    text.replace(
      'rules: []\n',
      'rules:\n  - { name: all, to: { employees: [alice, bob, zoe] }, servers: { names: ["*"] } }\n',
    ),
  );
  for (const [signer, order] of [
    ['zoe', 'zoe alice bob'],
    ['alice', 'alice bob zoe'],
  ] as const) {
    let shown: unknown;
    const { plan } = await approve(await org.world(signer, { yes: 'all', risks: 'all' }), {
      renew: false,
      newDraft: false,
      dryRun: false,
      show: ({ changes }, who) => (shown = [who, changes.map(({ person }) => person?.name).join(' ')]),
    });
    expect(shown).toEqual([signer, order]);
    expect(plan.changes.map(({ person }) => person?.name).join(' ')).toBe(order);
  }
});
