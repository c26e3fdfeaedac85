/**
 * A proof speaks of every key or of none: who had more keys than one connection can offer is reported, not proved. So is
 * whose keys could not be offered; the revocation goes all the same.
 */
import { expect, test } from 'vitest';
import { release as releaseText } from '../../src/core/texts/index.ts';
import { apply } from '../../src/verbs/apply.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import type { World } from '../../src/world.ts';
import { penOf } from '../core/texts/signing.ts';
import { knownRelease, MemoryServer, memoryTarget } from '../targets/memory-target.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';

const LIMITS = { parallel: 3, timeout: 30, signal: GO };

test.each([
  [5, 'refused', 'can be offered'],
  [6, 'reported', 'can be offered'],
  [1, 'reported', 'fail to be offered'],
])('with %i keys the proof is: %s, where keys %s', async (howMany, proof, offered) => {
  const acme = await makeOrganization({
    signers: ['alice'],
    employees: { bob: '' },
    servers: { 'web-1': '' },
    rules: ['{ name: all, to: { employees: [alice, bob] }, servers: { names: ["*"] } }'],
  });
  acme.edit('keys/bob.pub', (text) => text + Array.from({ length: howMany - 1 }, (_, i) => `${penOf(9000 + i).key.line}\n`).join(''));
  const { text } = await acme.release(['alice']);
  await acme.compare('alice');
  const parts = { id: acme.server('web-1'), name: 'web-1', organization: acme.name, host: acme.hostPen('web-1') };
  const server = new MemoryServer({ ...parts, enrolled: knownRelease(text, releaseText.parse(text)) });
  const joined: World = await acme.world('alice', { yes: 'all', risks: 'all' });
  const world: World = { ...joined, target: async () => memoryTarget(server) };
  await apply(world, { renew: false, newDraft: false, dryRun: false, show: () => undefined, choice: { servers: [], labels: [] }, limits: LIMITS });
  expect(server.lines().filter((line) => line.startsWith('bob '))).toHaveLength(howMany);
  const confirmed = await acme.world('alice', { confirmed: ['bob'], risks: 'all' });
  const failing = async (): Promise<never> => Promise.reject(new Error('planted'));
  const target: World['target'] = async () => (offered === 'can be offered' ? memoryTarget(server) : { ...memoryTarget(server), offer: failing });
  const report = await offboard({ ...confirmed, target }, { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS });
  expect(report).toMatchObject({ status: 0, targets: [{ state: 'out', proof }] });
  expect(server.lines().filter((line) => line.startsWith('bob '))).toEqual([]);
});
