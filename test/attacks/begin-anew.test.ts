/**
 * Trust begins anew with a later release only where a person said so, seeing whom: not because release 1 was taken away, not
 * back to those of before, not with another organization of the same name. And what those of before sign or sent from then
 * on is nobody's draft, nobody's number and no answer.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { release as releaseText } from '../../src/core/texts/index.ts';
import { awsTarget, prepare as prepareAws } from '../../src/targets/aws-iam/index.ts';
import { approve } from '../../src/verbs/approve.ts';
import { deliver } from '../../src/verbs/deliver.ts';
import { init } from '../../src/verbs/init.ts';
import { prepare } from '../../src/verbs/prepare.ts';
import { status } from '../../src/verbs/status.ts';
import type { World } from '../../src/world.ts';
import { sha } from '../core/texts/signing.ts';
import { startIam } from '../iam/index.ts';
import type { Iam } from '../iam/index.ts';
import { CRYPTO, GO } from '../targets/place.ts';
import { makeOrganization } from '../verbs/organization.ts';
import type { Organization, Wishes } from '../verbs/organization.ts';

const OLD = ['alice', 'bob'];
const NEW = ['dora', 'erin'];
const EVERYTHING = { choice: { servers: [], labels: [] }, limits: { parallel: 4, timeout: 30, signal: GO }, dryRun: false };

let acme: Organization;
let keys: ReadonlyMap<string, string>;
const file = (path: string): string => readFileSync(join(acme.root, path), 'latin1');
const hashOf = (number: number): string => sha(file(`releases/${number}/release`));
const settingsOf = async (who: string) => (await acme.world(who)).settings.read('acme');
const says = (who: string, hash: string | undefined, yes: readonly string[] = []) =>
  acme.world(who, { yes }).then(async (world) => ({ world, done: init(world, { me: who, dryRun: false, ...(hash === undefined ? {} : { firstRelease: hash }) }) }));

/** Three releases of alice and bob; all four have a device that verified them. */
async function before(wishes: Wishes = {}): Promise<void> {
  acme = await makeOrganization({ threshold: 2, signers: [...OLD, ...NEW], servers: { 'web-1': '' }, rules: ['{ name: all, to: { employees: [erin] }, servers: { names: ["*"] } }'], ...wishes });
  keys = new Map([...OLD, ...NEW].map((who) => [who, file(`signers/${who}.pub`)]));
  for (const who of NEW) acme.edit(`signers/${who}.pub`, undefined);
  for (let i = 0; i < 3; i += 1) await acme.release(OLD);
  for (const who of [...OLD, ...NEW]) {
    await acme.compare(who);
    const { settings } = await acme.world(who);
    await settings.write('acme', { ...(await settings.read('acme')), verified: { number: 3, hash: hashOf(3) } });
  }
}

/** Their files are all that tells the others of it; nobody of before signed. */
async function begunBy(who: readonly string[]): Promise<string> {
  for (const one of OLD) acme.edit(`signers/${one}.pub`, undefined);
  for (const one of who) acme.edit(`signers/${one}.pub`, keys.get(one) ?? '');
  const { hash } = await acme.release(who);
  return hash;
}

async function believes(who: string, hash: string): Promise<void> {
  const { done } = await says(who, hash, ['new-signers']);
  await done;
  expect((await settingsOf(who)).firstRelease).toBe(hash);
}

describe('begun anew', () => {
  beforeEach(() => before());

  it('is shown and asked also where somebody took release 1 away', async () => {
    const hash = await begunBy(NEW);
    rmSync(join(acme.root, 'releases/1'), { recursive: true });
    const { world, done } = await says('alice', hash);
    await expect(done).rejects.toMatchObject({ code: 'risk' });
    expect(world.terminal.told.join('\n')).toContain('it would believe 2 of dora, erin, whom those before did not let in');
    expect((await settingsOf('alice')).firstRelease).not.toBe(hash);
    // Nor is one believed that is not even here.
    await expect((await says('alice', 'ab'.repeat(32), ['new-signers', 'first-release'])).done).rejects.toMatchObject({ code: 'trust' });
    expect((await settingsOf('alice')).verified).toMatchObject({ number: 3 });
  });

  it('does not go back to those of before by the old fingerprint', async () => {
    const first = hashOf(1);
    const hash = await begunBy(NEW);
    await believes('erin', hash);
    const { settings } = await acme.world('erin');
    for (const verified of [{ number: 4, hash }, undefined]) {
      const { verified: _, ...rest } = await settings.read('acme');
      await settings.write('acme', verified === undefined ? rest : { ...rest, verified });
      const { world, done } = await says('erin', first, ['first-release']);
      await expect(done).rejects.toMatchObject({ code: verified === undefined ? 'risk' : 'trust' });
      if (verified === undefined) expect(world.terminal.told.join('\n')).toContain('2 of alice, bob');
      expect((await settingsOf('erin')).firstRelease).toBe(hash);
    }
  });

  it('is not another organization of the same name: neither by its release 1 nor in an empty folder', async () => {
    const known = await settingsOf('alice');
    rmSync(join(acme.root, 'releases'), { recursive: true });
    for (const who of OLD) acme.edit(`signers/${who}.pub`, undefined);
    for (const who of NEW) acme.edit(`signers/${who}.pub`, keys.get(who) ?? '');
    for (const who of NEW) {
      const { settings } = await acme.world(who);
      const { firstRelease, verified, ...rest } = await settings.read('acme');
      expect([firstRelease, verified]).not.toContain(undefined);
      await settings.write('acme', rest);
    }
    await acme.release(NEW);
    const { done } = await says('alice', undefined, ['first-release', 'new-signers']);
    await expect(done).rejects.toMatchObject({ code: 'trust', message: expect.stringContaining('not the one this device was told of') });
    rmSync(acme.root, { recursive: true });
    mkdirSync(acme.root);
    const own = init(await acme.world('alice'), { me: 'eve', dryRun: false, organization: 'acme', signingKey: { publicLine: keys.get('erin')?.trim() ?? '' } });
    await expect(own).rejects.toMatchObject({ code: 'trust', message: expect.stringContaining('an organization acme already') });
    expect(await settingsOf('alice')).toEqual(known);
  });

  it('is no reason to sign a release 1 where the one this device knows was taken away', async () => {
    rmSync(join(acme.root, 'releases'), { recursive: true });
    const world = await acme.world('bob', { yes: 'all', risks: 'all' });
    const { verified: _, ...rest } = await world.settings.read('acme');
    await world.settings.write('acme', rest);
    await expect(approve(world, { renew: false, newDraft: false, dryRun: false, show: () => undefined })).rejects.toMatchObject({ code: 'trust' });
    expect(await world.settings.read('acme')).toEqual(rest);
  });

  it('leaves those of before no number and no draft, and no answer of theirs counts', async () => {
    const third = releaseText.parse(file('releases/3/release'));
    const hash = await begunBy(NEW);
    for (const who of NEW) await believes(who, hash);
    await acme.receipt('web-1', { release: { number: 4, hash } });
    expect((await status(await acme.world('dora'))).targets).toMatchObject([{ state: 'in-force' }]);
    // What the old two go on to sign, under the next number and under the same: it lies in the repository.
    for (const number of [4, 5]) {
      const text = releaseText.write({ ...third, number, previous: hashOf(3) });
      mkdirSync(join(acme.root, `releases/${number + 100}`));
      writeFileSync(join(acme.root, `releases/${number + 100}/release`), text, 'latin1');
      for (const who of OLD) {
        const { settings, signing } = await acme.world(who);
        const { signingKey } = await settings.read('acme');
        const signature = await signing.sign(undefined as never, signingKey?.file, 'keyward-release-v1', new TextEncoder().encode(text));
        writeFileSync(join(acme.root, `releases/${number + 100}/${who}.sig`), signature, 'latin1');
      }
      await acme.receipt('web-1', { release: { number, hash: sha(text) } });
      const page = await status(await acme.world('dora'));
      expect([page.release?.number, page.release?.hash, page.drafts]).toEqual([4, hash, []]);
      expect(page.targets.map(({ state }) => state)).not.toContain('in-force');
    }
    acme.edit('access-policy.yaml', (text) => text.replace('employees: [erin]', 'employees: [erin, dora]'));
    const signed = await acme.approve(NEW);
    expect(signed).toMatchObject({ state: 'complete', release: { number: 5 } });
  });
});

describe('begun anew at AWS, which checks nothing and remembers a number', () => {
  it('goes on, keeps out whom those of before took out, and takes nothing of theirs any more', { timeout: 60_000 }, async () => {
    const iam = await startIam({ accountId: '123456789012' });
    try {
      const aws = 'account-id: "123456789012", rules: [{ to: { employees: [dora, erin] }, groups: [billing] }]';
      await before({ servers: {}, rules: [], providers: { 'aws-production': aws }, now: '2026-11-24T12:00:00Z' });
      const first = hashOf(1);
      const given = { choice: EVERYTHING };
      expect(given.choice.dryRun).toBe(false);
      const made = await prepare(await device(iam, 'alice'), { name: 'aws-production', trusts: undefined, makes: true, signal: GO });
      expect(made.parts.every(({ state }) => state === 'made')).toBe(true);
      const delivered = async (who: string, more: Partial<World> = {}) => deliver({ ...(await device(iam, who)), ...more }, EVERYTHING);
      expect(await delivered('alice')).toMatchObject({ status: 0 });
      // Taken out by one of before, whom nobody believes any more, and counted by no release yet.
      await acme.revoke('erin', 'alice', { keys: [] });
      expect(await delivered('alice')).toMatchObject({ status: 0 });
      const locked = () => iam.account.replica.latest.users.get('erin')?.attached.has('arn:aws:iam::aws:policy/AWSDenyAll');
      expect(locked()).toBe(true);
      const hash = await begunBy(NEW);
      for (const who of NEW) await believes(who, hash);
      expect(await delivered('dora')).toMatchObject({ status: 0, release: { number: 4 } });
      expect(locked()).toBe(true);
      // The pipeline that was never told.
      const behind = await delivered('alice', { given: { firstRelease: first } });
      expect(behind).toMatchObject({ status: 5, targets: [{ state: 'refused', why: expect.stringContaining('which this device does not believe') }] });
      expect(locked()).toBe(true);
    } finally {
      await iam.stop();
    }
  });
});

async function device(iam: Iam, handle: string): Promise<World> {
  const world = await acme.world(handle, { yes: 'all', risks: 'all' });
  const client = { endpoint: iam.endpoint, credentials: iam.root, settle: 40 };
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  return {
    ...world,
    prepare: (place, wanted, makes, signal) => prepareAws(place, wanted, makes, signal, client),
    target: async (place) => awsTarget(place, { crypto: CRYPTO, random, now: () => acme.clock.now(), iam: client }),
  };
}
