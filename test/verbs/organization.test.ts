/** The organization that tests of verbs stand on: what it makes is what keyward takes, and a fault put into it is seen. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readClone } from '../../src/verbs/clone.ts';
import { knownTargets } from '../../src/verbs/known-targets.ts';
import { NAMESPACES, splitSigned, verifyReceipt } from '../../src/core/texts/index.ts';
import { crypto } from '../core/texts/signing.ts';
import { makeOrganization } from './organization.ts';
import { draftByHand } from './release-by-hand.ts';

const small = {
  signers: ['alice', 'bob'],
  threshold: 2,
  servers: { 'web-1': 'labels: { role: web }', 'db-1': '' },
  rules: ['{ name: web, to: { employees: [alice] }, servers: { labels: { role: web } } }'],
};

describe('an organization for tests', () => {
  it('is read and verified from release to release', async () => {
    const acme = await makeOrganization(small);
    const first = await acme.release(['alice', 'bob']);
    acme.edit('access-policy.yaml', (text) => text.replace('[alice]', '[alice, bob]'));
    await acme.release(['bob', 'alice']);
    const clone = await readClone(await acme.world('alice'), { for: 'act' });
    expect(clone.chain?.verified.map((one) => one.value.number)).toEqual([1, 2]);
    expect(clone.chain?.verified[0]?.hash).toBe(first.hash);
    expect(
      Object.fromEntries(knownTargets(clone).map(({ name, manifest }) => [name, manifest.accounts.length])),
    ).toEqual({ 'db-1': 0, 'web-1': 2 });
    expect(clone.trusted).toBe(true);
  });

  it('is signed so that ssh-keygen agrees', async () => {
    const acme = await makeOrganization(small);
    const { text } = await acme.release(['alice', 'bob']);
    const allowed = join(acme.root, '..', 'allowed');
    writeFileSync(allowed, `alice ${readFileSync(join(acme.root, 'signers/alice.pub'), 'utf8')}`);
    const verify = (input: string) =>
      spawnSync(
        'ssh-keygen',
        [
          '-Y',
          'verify',
          '-f',
          allowed,
          '-I',
          'alice',
          '-n',
          NAMESPACES.release,
          '-s',
          join(acme.root, 'releases/1/alice.sig'),
        ],
        { input },
      ).status;
    expect(verify(text)).toBe(0);
    expect(verify(text.replace('threshold 2', 'threshold 1'))).not.toBe(0);
  });

  it('has no chain below the threshold', async () => {
    const acme = await makeOrganization(small);
    await acme.release(['alice']);
    const clone = await readClone(await acme.world('alice'), { for: 'look' });
    expect(clone.chain).toBeUndefined();
    expect(clone.refused.map((one) => one.value?.number)).toEqual([1]);
  });

  it('has receipts that prove themselves, and revocations that count', async () => {
    const acme = await makeOrganization(small);
    await acme.release(['alice', 'bob']);
    await acme.receipt('web-1');
    const { name, hash } = await acme.revoke('bob', 'alice');
    const clone = await readClone(await acme.world('alice'), { for: 'act' });
    const signed = splitSigned(readFileSync(join(acme.root, 'receipts/web-1')), 'receipt');
    const of = { organization: 'acme', target: acme.server('web-1'), hostKeys: [acme.hostPen('web-1').key] };
    expect(verifyReceipt(signed, of, crypto).value.release.hash).toBe(clone.chain?.newest.hash);
    expect(() => verifyReceipt(signed, { ...of, hostKeys: [acme.hostPen('db-1').key] }, crypto)).toThrow('host key');
    expect(clone.revocations.map((one) => [one.name, one.listed])).toEqual([[name, false]]);
    expect([name, clone.revocations[0]?.hash]).toEqual([`bob-${hash.slice(0, 8)}`, hash]);
    await acme.revoke('bob', 'nobody');
    expect((await readClone(await acme.world('alice'), { for: 'act' })).idle).toHaveLength(1);
  });

  it('has the same release from the verb that makes them', async () => {
    const acme = await makeOrganization(small);
    expect(await acme.approve(['alice', 'bob'])).toMatchObject({ state: 'complete', signedBy: ['alice', 'bob'] });
    acme.clock.set('2026-10-02T08:00:00Z');
    acme.edit('access-policy.yaml', (text) => text.replace('[alice]', '[alice, bob]'));
    const { release, text } = await draftByHand(await acme.world('bob'));
    expect((await acme.approve(['bob'])).state).toBe('waits');
    const written = readFileSync(join(acme.root, 'releases/2/release'), 'latin1');
    expect(written).toBe(text);
    expect((await acme.approve(['alice'])).release?.number).toBe(release.number);
  });

  it('tells a device that never compared release 1 from one that did', async () => {
    const acme = await makeOrganization({ ...small, employees: { carol: '' } });
    await acme.release(['alice', 'bob']);
    const carol = await acme.world('carol');
    expect((await readClone(carol, { for: 'look' })).trusted).toBe(false);
    await expect(readClone(carol, { for: 'act' })).rejects.toThrow('release 1');
    await acme.compare('carol');
    expect((await readClone(carol, { for: 'act' })).trusted).toBe(true);
  });
});
