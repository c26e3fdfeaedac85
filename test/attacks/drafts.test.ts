/**
 * What lies in releases/ and was signed by nobody who counts, or by one signer alone: it is nobody's draft, takes nobody's
 * number, and keeps nobody from approving (R19).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { parseInstant } from '../../src/core/access/index.ts';
import { parsePublicKey } from '../../src/core/ssh/public-key.ts';
import { release as releaseText, NAMESPACES } from '../../src/core/texts/index.ts';
import type { Release } from '../../src/core/texts/index.ts';
import { plan } from '../../src/verbs/plan.ts';
import { status } from '../../src/verbs/status.ts';
import { sha } from '../core/texts/signing.ts';
import { makeOrganization, sshKeygen } from '../verbs/organization.ts';
import type { Organization } from '../verbs/organization.ts';

let acme: Organization;
let mallory: string;
beforeEach(async () => {
  acme = await makeOrganization({
    ...{ threshold: 2, signers: ['alice', 'bob', 'mallory'], servers: { 'web-1': '' }, employees: { carl: '' } },
    rules: ['{ name: all, to: { employees: [carl] }, servers: { names: ["*"] } }'],
  });
  mallory = readFileSync(join(acme.root, 'signers/mallory.pub'), 'utf8');
  acme.edit('signers/mallory.pub', undefined);
  for (let i = 0; i < 3; i += 1) await acme.release(['alice', 'bob']);
  for (const who of ['alice', 'bob']) await acme.compare(who);
  acme.edit('access-policy.yaml', (text) => text.replace('employees: [carl]', 'employees: [carl, bob]'));
});

/** Laid there under the signature of whoever has this device. */
async function lay(who: string, change: (last: Release) => Release): Promise<void> {
  const text = releaseText.write(change(releaseText.parse(readFileSync(join(acme.root, 'releases/3/release'), 'latin1'))));
  const { number } = releaseText.parse(text);
  const folder = join(acme.root, `releases/${number}`);
  const { signingKey } = await (await acme.world(who)).settings.read('acme');
  const signature = await sshKeygen.sign(parsePublicKey(signingKey?.publicLine ?? ''), signingKey?.file, NAMESPACES.release, new TextEncoder().encode(text));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'release'), text, 'latin1');
  writeFileSync(join(folder, `${who}.sig`), signature, 'latin1');
}

const previous = (): string => sha(readFileSync(join(acme.root, 'releases/3/release'), 'latin1'));
/** A set of signers that she alone is, under the id of somebody who counts. */
const herOwn = (last: Release, number: number, more: Partial<Release> = {}): Release => ({
  ...last,
  ...{ number, previous: previous(), signerSet: last.signerSet + 1, threshold: 1 },
  signers: [{ id: acme.person('alice') as never, key: parsePublicKey(mallory.trim().split(' ').slice(0, 2).join(' ')) }],
  ...more,
});

it.each([
  ['the next number', 4, {}],
  ['a number nobody comes after', 999_999_998, {}],
  ['a far future', 5, { issued: parseInstant('2999-01-01T00:00:00Z'), expires: parseInstant('2999-02-01T00:00:00Z') }],
])('a set of her own: %s', async (_, number, more) => {
  await lay('mallory', (last) => herOwn(last, number, more));
  const { drafts, refused } = await status(await acme.world('alice'));
  expect([drafts, refused.map((one) => one.number)]).toEqual([[], [number]]);
  expect((await plan(await acme.world('alice'))).changes.length).toBeGreaterThan(0);
  expect(await acme.approve(['alice', 'bob'])).toMatchObject({ state: 'complete', release: { number: 4 } });
});

it('the same, with her key among signers/ here: it is a proposal, and nobody has to take it up', async () => {
  acme.edit('signers/mallory.pub', mallory);
  await lay('mallory', (last) => herOwn(last, 999_999_998, { issued: parseInstant('2999-01-01T00:00:00Z'), expires: parseInstant('2999-02-01T00:00:00Z') }));
  acme.edit('signers/mallory.pub', undefined);
  expect(await acme.approve(['alice', 'bob'])).toMatchObject({ state: 'complete', release: { number: 4 } });
});

it('one signer alone uses no numbers up', async () => {
  await lay('alice', (last) => ({ ...last, number: 103, previous: previous() }));
  expect((await status(await acme.world('bob'))).drafts).toMatchObject([{ number: 103, signedBy: ['alice'] }]);
  await expect(acme.approve(['bob'])).rejects.toMatchObject({ code: 'trust', message: expect.stringContaining('which waits for a signature') });
  expect(await acme.approve(['bob'], { newDraft: true })).toMatchObject({ state: 'waits', release: { number: 4 } });
});
