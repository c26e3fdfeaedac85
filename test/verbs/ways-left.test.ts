/**
 * Who is taken out may hold a session on an account keyward does not manage, opened with a key that stands there: it is
 * not ended, so where it may be is named (promise 2). And whose a key is has one answer, whoever asks.
 */
import { expect, it } from 'vitest';
import { fingerprint } from '../../src/core/ssh/public-key.ts';
import type { WayIn } from '../../src/core/texts/index.ts';
import { offboardText } from '../../src/terminal/offboard-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import { access } from '../../src/verbs/access.ts';
import { readClone } from '../../src/verbs/clone.ts';
import { keyOwners } from '../../src/verbs/key-owners.ts';
import { revokeKey } from '../../src/verbs/key.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import type { World } from '../../src/world.ts';
import { crypto } from '../core/texts/signing.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

const LIMITS = { parallel: 2, timeout: 5, signal: GO };

async function stage(): Promise<{ acme: Organization; prints: Readonly<Record<'alice' | 'bob', string>>; world: () => Promise<World> }> {
  const acme = await makeOrganization({
    signers: ['alice'],
    employees: { bob: '' },
    servers: { 'db-1': '', 'web-1': '' },
    rules: ['{ name: all, to: { employees: [alice, bob] }, servers: { names: ["*"] } }'],
  });
  const print = (handle: string): string => fingerprint(acme.loginKey(handle), crypto.sha256);
  const prints = { alice: print('alice'), bob: print('bob') };
  acme.edit('access-policy.yaml', (text) =>
    text.replace('address: db-1.example.com', `address: db-1.example.com, accepted: [{ account: root, key: "${prints.bob}", reason: rescue }]`),
  );
  await acme.approve(['alice']);
  const way = (account: string, subject: string): WayIn => ({ kind: 'key', account, subject, state: 'unknown', comment: undefined });
  await acme.receipt('web-1', { waysIn: [way('backup', prints.bob), way('root', prints.alice)] });
  const silent: World['target'] = async ({ id, name }) => ({
    id,
    name,
    exchange: async () => ({ kind: 'unknown', why: 'nobody is there' }),
    offer: async (offers) => offers.map(() => ({ kind: 'unknown', why: 'nobody is there' })),
  });
  return { acme, prints, world: async () => ({ ...(await acme.world('alice', { yes: 'all' })), target: silent }) };
}

it('an offboarding names each unmanaged account a key of theirs stood on, and nobody else’s', async () => {
  const { world, prints } = await stage();
  const report = await offboard(await world(), { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS });
  if (!('status' in report)) throw new Error('it must be more than a preview');
  expect(report.waysLeft).toEqual([
    { target: 'db-1', account: 'root', fingerprint: prints.bob },
    { target: 'web-1', account: 'backup', fingerprint: prints.bob },
  ]);
  const text = offboardText(report, PLAIN).replaceAll(/\s+/g, ' ');
  expect(text).toContain("A key of bob's stood on root on db-1, beside keyward.");
  expect(text).toContain('a session opened with it before is not ended');
});

it('so does revoking one key', async () => {
  const { world, prints } = await stage();
  const report = await revokeKey(await world(), { handle: 'bob', fingerprint: prints.bob, limits: LIMITS, dryRun: false });
  expect('status' in report ? report.waysLeft.map(({ target, account }) => `${account} ${target}`) : []).toEqual(['root db-1', 'backup web-1']);
});

it('whose a key is has one answer: with the file gone the manifests know it, and revoked it is still theirs', async () => {
  const { acme, prints, world } = await stage();
  acme.edit('keys/bob.pub', undefined);
  acme.edit('access-policy.yaml', (text) => text.replace('[alice, bob]', '[alice]'));
  const clone = await readClone(await world(), { for: 'look' });
  const manifests = [...clone.manifestsOf(clone.chain?.newest.value.manifests ?? []).values()].map(({ value }) => value);
  expect(keyOwners(clone, { crypto }).get(prints.bob)).toBeUndefined();
  expect(keyOwners(clone, { crypto }, manifests).get(prints.bob)).toEqual({ name: 'bob', words: 'bob' });
  await acme.revoke('bob', 'alice');
  const ways = await access(await world(), { draft: false, handle: 'bob' });
  expect(ways.waysIn.map(({ target, account, owner }) => [target, account, owner])).toEqual([
    ['db-1', 'root', 'bob, revoked'],
    ['web-1', 'backup', 'bob, revoked'],
  ]);
});
