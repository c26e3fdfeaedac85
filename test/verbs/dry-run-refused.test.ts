/** What a run in earnest refuses, `--dry-run` refuses in the same words; neither leaves a trace in the repository or in the settings. */
import { lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { fingerprint } from '../../src/core/ssh/public-key.ts';
import { addKey, revokeKey } from '../../src/verbs/key.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import { removeServer } from '../../src/verbs/remove.ts';
import type { World } from '../../src/world.ts';
import { crypto, penOf } from '../core/texts/signing.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

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

/** Everything below the folder of the organization and of all devices, folders and modes too; the journal says what was tried. */
function everything(acme: Organization): ReadonlyMap<string, string> {
  const folder = dirname(acme.root);
  const found = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => !/(^|\/)state(\/|$)/.test(path));
  return new Map(
    found.map((path) => {
      const { mode } = lstatSync(join(folder, path));
      const isFile = (mode & 0o170000) === 0o100000;
      return [path, `${mode.toString(8)} ${isFile ? readFileSync(join(folder, path), 'latin1') : ''}`];
    }),
  );
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
