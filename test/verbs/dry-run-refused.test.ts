/** What a run in earnest refuses, `--dry-run` refuses in the same words; neither leaves a trace in the repository or in the settings. */
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { fingerprint } from '../../src/core/ssh/public-key.ts';
import { enroll } from '../../src/verbs/enroll.ts';
import type { EnrollOptions } from '../../src/verbs/enroll.ts';
import { init } from '../../src/verbs/init.ts';
import { addKey, revokeKey } from '../../src/verbs/key.ts';
import type { KeySource } from '../../src/verbs/key.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import { onboard } from '../../src/verbs/onboard.ts';
import { removeServer } from '../../src/verbs/remove.ts';
import type { World } from '../../src/world.ts';
import { crypto, penOf } from '../core/texts/signing.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';
import { tree } from './tree.ts';

const LIMITS = { parallel: 2, timeout: 5, signal: GO };

/** Alice signs; bob has a device that verified the release, and an own key there that signs nothing. */
async function stage(): Promise<Organization> {
  const acme = await makeOrganization({
    signers: ['alice'],
    employees: { bob: '' },
    servers: { 'web-1': '' },
    rules: ['{ name: all, to: { employees: [alice, bob] }, servers: { names: ["*"] } }'],
  });
  await acme.approve(['alice']);
  await acme.compare('bob');
  const { settings } = await acme.world('bob');
  await settings.write('acme', { ...(await settings.read('acme')), signingKey: { publicLine: penOf(77).key.line } });
  return acme;
}

/** The repository and all devices; the journal alone says what was tried. */
function everything(acme: Organization): ReadonlyMap<string, string> {
  return new Map([...tree(dirname(acme.root))].filter(([path]) => !/^devices\/[^/]+\/state(\/|$)/.test(path)));
}

/** Nobody is there; what is refused is refused before anybody is asked. */
function deaf(world: World): World {
  const target: World['target'] = async ({ id, name }) => {
    const silent = async () => ({ kind: 'unknown', why: 'nobody is there' }) as const;
    return { id, name, exchange: silent, offer: async (offers) => Promise.all(offers.map(silent)) };
  };
  return { ...world, target };
}

type Run = (world: World, dryRun: boolean) => Promise<unknown>;

/** What both refuse with. */
async function refusedBoth(acme: Organization, who: string, run: Run): Promise<Failure> {
  const refusal = async (dryRun: boolean): Promise<Failure> => {
    const world = await acme.world(who, { yes: 'all' });
    const before = everything(acme);
    expect(before.size).toBeGreaterThan(8);
    const thrown: unknown = await run(deaf(world), dryRun).then(
      () => 'nothing',
      (error: unknown) => error,
    );
    expect(everything(acme)).toEqual(before);
    if (!(thrown instanceof Failure)) throw new Error(`refused with ${String(thrown)}, dry: ${dryRun}`);
    return thrown;
  };
  const [dry, real] = [await refusal(true), await refusal(false)];
  expect([dry.code, dry.message, dry.next]).toEqual([real.code, real.message, real.next]);
  return dry;
}

it('key add: a private key over a file that is there, a short passphrase, a line that is no key, a key of another', async () => {
  const acme = await stage();
  const file = join(dirname(acme.root), 'taken');
  writeFileSync(file, 'mine');
  const made = (parts: object): Run => (world, dryRun) => addKey(world, { handle: 'bob', source: { kind: 'generated', file: join(dirname(acme.root), 'new'), passphrase: 'correct horse battery', ...parts }, dryRun });
  const given = (line: string): Run => (world, dryRun) => addKey(world, { handle: 'bob', source: { kind: 'given', line }, dryRun });
  expect(await refusedBoth(acme, 'alice', made({ file }))).toMatchObject({ code: 'key', message: expect.stringContaining('exists already') });
  expect(await refusedBoth(acme, 'alice', made({ passphrase: 'short' }))).toMatchObject({ code: 'key', message: expect.stringContaining('at least 8') });
  expect(await refusedBoth(acme, 'alice', given('ssh-ed25519 AAAA'))).toMatchObject({ code: 'key' });
  expect(await refusedBoth(acme, 'alice', given(acme.loginKey('alice').line))).toMatchObject({ code: 'policy' });
  expect(readFileSync(file, 'utf8')).toBe('mine');
});

it('onboard: the same keys, and a person who is there', async () => {
  const acme = await stage();
  const file = join(dirname(acme.root), 'taken');
  writeFileSync(file, 'mine');
  const onboarding = (key: KeySource, handle = 'carol'): Run => (world, dryRun) => onboard(world, { handle, teams: [], key, dryRun });
  const made = { kind: 'generated', file, passphrase: 'correct horse battery' } as const;
  expect(await refusedBoth(acme, 'alice', onboarding(made))).toMatchObject({ code: 'key', message: expect.stringContaining('exists already') });
  expect(await refusedBoth(acme, 'alice', onboarding({ ...made, file: `${file}-not`, passphrase: 'short' }))).toMatchObject({ code: 'key' });
  expect(await refusedBoth(acme, 'alice', onboarding({ kind: 'given', line: 'ssh-ed25519 AAAA' }))).toMatchObject({ code: 'key' });
  expect(await refusedBoth(acme, 'alice', onboarding({ kind: 'given', line: acme.loginKey('bob').line }))).toMatchObject({ code: 'policy' });
  expect(await refusedBoth(acme, 'alice', onboarding(made, 'bob'))).toMatchObject({ code: 'usage' });
});

it('key revoke and offboard: on a device that signs nothing, and in a clone that lost a release', async () => {
  const acme = await stage();
  const print = fingerprint(acme.loginKey('bob'), crypto.sha256);
  const revoke: Run = (world, dryRun) => revokeKey(world, { handle: 'bob', fingerprint: print, limits: LIMITS, dryRun });
  const out: Run = (world, dryRun) => offboard(world, { handle: 'alice', limits: LIMITS, dryRun, show: () => undefined });
  const { settings } = await acme.world('bob');
  const own = await settings.read('acme');
  const verified = { number: 1, hash: own.firstRelease ?? '' };
  await settings.write('acme', { ...own, verified });
  for (const run of [revoke, out]) expect(await refusedBoth(acme, 'bob', run)).toMatchObject({ code: 'trust', message: expect.stringContaining('not among the signers') });
  await settings.write('acme', { ...own, verified: { number: 2, hash: '0'.repeat(64) } });
  for (const run of [revoke, out]) expect(await refusedBoth(acme, 'bob', run)).toMatchObject({ code: 'trust', message: expect.stringContaining('does not hold it') });
});

it('server remove: a server nobody knows, and one that no release has', async () => {
  const acme = await stage();
  const remove = (name: string, keepAccess = false): Run => (world, dryRun) => removeServer(world, { name, user: 'root', keepAccess, limits: LIMITS, dryRun });
  expect(await refusedBoth(acme, 'alice', remove('web-2'))).toMatchObject({ code: 'not-found', next: expect.stringContaining('web-1') });
  acme.edit('access-policy.yaml', (text) => text.replace('servers:\n', `servers:\n  web-2: { id: ${acme.server('web-2')}, address: web-2.example.com }\n`));
  acme.edit('servers/web-2.pub', `${acme.hostPen('web-2').key.line}\n`);
  expect(await refusedBoth(acme, 'alice', remove('web-2', true))).toMatchObject({ code: 'not-found', message: expect.stringContaining('in no signed release') });
});

it('server enroll: a name, a label, an address, a reason that the policy does not take, no host key, a line that is no key', async () => {
  const acme = await stage();
  await acme.compare('alice');
  const asked: string[] = [];
  const inEarnest: World['enroller']['enroll'] = async () => {
    throw new Error('a server was changed');
  };
  const enrolling = (parts: Partial<EnrollOptions>): Run => (world, dryRun) => {
    const look: World['enroller']['look'] = async ({ address }) => {
      asked.push(address);
      return { kind: 'done', value: { lines: ['openssh 9.2', `way-in key root SHA256:${'a'.repeat(43)} unknown ${'x'.repeat(300)}`] } };
    };
    const enroller = { ...world.enroller, look, enroll: inEarnest, knownHostKeys: async () => [] };
    const options = { name: 'web-9', address: '10.0.0.9', user: 'root', hostKeys: [penOf(9).key.line], labels: {}, limits: LIMITS, accept: 'rescue' };
    return enroll({ ...world, enroller }, { ...options, ...parts, dryRun });
  };
  const errorOf = async (parts: Partial<EnrollOptions>): Promise<string> => {
    const { code, findings } = await refusedBoth(acme, 'alice', enrolling(parts));
    return [code, ...findings.flatMap(({ severity, rule }) => (severity === 'error' ? rule : []))].join(' ');
  };
  expect(await errorOf({ name: 'Web 9' })).toBe('usage');
  expect(await errorOf({ hostKeys: [] })).toBe('trust');
  expect(await errorOf({ hostKeys: ['ssh-ed25519 AAAA'] })).toBe('key');
  expect(await errorOf({ labels: { 'Bad Key': '1' } })).toBe('policy name-form');
  expect(await errorOf({ address: 'web_9:22' })).toMatch(/^policy /);
  expect(asked).toEqual([]); // before anybody is reached
  expect(await errorOf({ accept: 'a'.repeat(121) })).toBe('policy text-form');
  expect(asked).toEqual(['10.0.0.9', '10.0.0.9']);
  // What stands beside a key on the server stops nobody: it is cut.
  const dry = await enrolling({})(await acme.world('alice'), true);
  expect(dry).toMatchObject({ wouldAccept: 1 });
  await expect(enrolling({})(await acme.world('alice'), false)).rejects.toThrow('a server was changed');
});

it('init: nobody by that handle, no organization, a fingerprint that is none or another, a key that is none, a signing key that carries', async () => {
  const acme = await stage();
  const initing = (parts: object): Run => (world, dryRun) => init(world, { me: 'alice', ...parts, dryRun });
  const signing = { publicLine: readFileSync(join(acme.root, 'signers/alice.pub'), 'latin1').trim() };
  expect(await refusedBoth(acme, 'alice', initing({ me: 'hal' }))).toMatchObject({ code: 'not-found' });
  expect(await refusedBoth(acme, 'alice', initing({ firstRelease: 'abc' }))).toMatchObject({ code: 'usage' });
  expect(await refusedBoth(acme, 'alice', initing({ firstRelease: '0'.repeat(64) }))).toMatchObject({ code: 'trust' });
  expect(await refusedBoth(acme, 'alice', initing({ courierKey: { publicLine: 'no key' } }))).toMatchObject({ code: 'key' });
  expect(await refusedBoth(acme, 'alice', initing({ courierKey: signing }))).toMatchObject({ code: 'policy' });
  acme.edit('access-policy.yaml', undefined);
  expect(await refusedBoth(acme, 'alice', initing({}))).toMatchObject({ code: 'usage', message: expect.stringContaining('name') });
  await acme.compare('alice');
  expect(await refusedBoth(acme, 'alice', initing({ organization: 'acme' }))).toMatchObject({ code: 'trust', message: expect.stringContaining('already') });
});
