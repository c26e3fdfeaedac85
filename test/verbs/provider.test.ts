/** The whole life of an admin login by the verbs, with two signers: they ask a provider nothing they do not ask a server. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { awsTarget, prepare as prepareAws } from '../../src/targets/aws-iam/index.ts';
import { access } from '../../src/verbs/access.ts';
import { deliver } from '../../src/verbs/deliver.ts';
import { drift } from '../../src/verbs/drift.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import { prepare } from '../../src/verbs/prepare.ts';
import { status } from '../../src/verbs/status.ts';
import type { World } from '../../src/world.ts';
import { startIam } from '../iam/index.ts';
import type { Iam } from '../iam/index.ts';
import { CRYPTO, GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

const ACCOUNT = '123456789012';
const EVERYTHING = { choice: { servers: [], labels: [] }, limits: { parallel: 4, timeout: 30, signal: GO } };

let iam: Iam;
let acme: Organization;
const passwords: string[] = [];

beforeAll(async () => {
  iam = await startIam({ accountId: ACCOUNT });
});
afterAll(() => iam?.stop());

/** Somebody's device, with the account in reach. */
async function device(handle: string): Promise<World> {
  const world = await acme.world(handle, { yes: 'all', risks: 'all' });
  const client = { endpoint: iam.endpoint, credentials: iam.root, settle: 40 };
  return {
    ...world,
    prepare: (place, wanted, makes, signal) => prepareAws(place, wanted, makes, signal, client),
    target: async (place) =>
      awsTarget(place, {
        crypto: CRYPTO,
        random: (length) => new Uint8Array(randomBytes(length)),
        now: () => acme.clock.now(),
        handOver: async (_, __, password) => void passwords.push(password),
        iam: client,
      }),
  };
}

const user = () => iam.account.replica.latest.users.get('carol');

/** Each change that AWS was asked for in an offboarding stands in the journal, before it and after, by the UserId. */
async function stepsAgree(handle: string): Promise<void> {
  const { journals } = await device(handle);
  const runs = (await journals.runs(acme.name)).map(({ lines }) => lines.map((line) => JSON.parse(line) as Record<string, string>));
  const events = runs.find(([first]) => first?.['command'] === 'offboard') ?? [];
  const steps = events.filter(({ what }) => what === 'step');
  const of = (state: string): string[] => steps.filter((one) => one['state'] === state).map(({ step, subject }) => `${step} ${subject}`);
  const writes = iam.calls.list.filter(({ action }) => !/^(Get|List|Generate|Simulate)/.test(action));
  expect([writes.length, of('begun').length]).toEqual([writes.length, writes.length]);
  expect(of('done').sort()).toEqual(of('begun').sort());
  expect(of('begun')[0]).toBe(`deny ${acme.person('carol')} ${user()?.id}`);
  expect(writes.length).toBeGreaterThan(2);
}

test('a login is given by two signatures, drift is found and put right, one signature denies it, two and time remove it', { timeout: 60_000 }, async () => {
  acme = await makeOrganization({
    now: '2026-11-24T12:00:00Z',
    threshold: 2,
    signers: ['alice', 'bob'],
    employees: { carol: '' },
    providers: { 'aws-production': `account-id: "${ACCOUNT}", rules: [{ to: { employees: [carol] }, groups: [billing], console: true }]` },
  });
  const made = await prepare(await device('alice'), { name: 'aws-production', trusts: undefined, makes: true, signal: GO });
  expect(made.parts.map(({ state }) => state)).toEqual(made.parts.map(() => 'made'));

  await acme.approve(['alice']);
  for (const handle of ['alice', 'bob']) await acme.compare(handle);
  await expect(deliver(await device('alice'), { ...EVERYTHING, dryRun: false })).rejects.toMatchObject({ code: 'waits' });
  expect(user()).toBeUndefined();
  await acme.approve(['bob']);
  const given = await deliver(await device('alice'), { ...EVERYTHING, dryRun: false });
  expect(given.targets).toMatchObject([{ name: 'aws-production', state: 'in-force', proof: 'says', failed: [] }]);
  expect([given.status, iam.hands.signIn('carol', passwords[0] ?? '')]).toEqual([0, 'must set a new password']);

  iam.hands.do('CreateAccessKey', { UserName: 'carol' });
  const found = await drift(await device('bob'), EVERYTHING);
  const differences = found.targets[0]?.differences.filter(({ managed }) => managed) ?? [];
  expect(differences).toMatchObject([{ what: 'access-key', comment: expect.stringMatching(/^made \d{4}-\d\d-\d\d, no use is known$/) }]);
  expect(found.targets[0]?.credentials?.map(({ kind, active, made }) => [kind, active, typeof made])).toEqual([['password', true, 'number'], ['access-key', true, 'number']]);
  const told = await access(await device('bob'), { handle: 'carol', on: 'aws-production', draft: false });
  expect(told.access.flatMap(({ credentials = [] }) => credentials.map(({ kind }) => kind))).toEqual(['password', 'access-key']);
  expect((await status(await device('bob'))).targets[0]?.credentials).toMatchObject([
    { kind: 'password', count: 1, oldest: { account: 'carol' }, idlest: { account: 'carol' } },
    { kind: 'access-key', count: 1, oldest: { account: 'carol' } },
  ]);
  const righted = await deliver(await device('bob'), { ...EVERYTHING, dryRun: false });
  expect(righted.targets[0]?.ended).toMatchObject([{ kind: 'access-key', count: 1 }]);

  iam.calls.clear();
  const out = await offboard(await device('bob'), { handle: 'carol', limits: EVERYTHING.limits, dryRun: false, show: () => undefined });
  if (!('status' in out)) throw new Error('only a preview');
  expect(out.targets).toMatchObject([{ name: 'aws-production', state: 'out', proof: 'says', failed: [] }]);
  expect([out.status, user()?.login, [...(user()?.attached ?? [])]]).toEqual([0, undefined, ['arn:aws:iam::aws:policy/AWSDenyAll']]);
  await stepsAgree('bob');
  const waits = await status(await device('alice'));
  expect(waits.reported.map(({ kind, what }) => `${kind} ${what}`)).toContain('not-removed carol: denied, not yet removed');

  await acme.approve(['alice', 'bob']);
  const counted = await deliver(await device('alice'), { ...EVERYTHING, dryRun: false });
  expect([counted.status, user() === undefined]).toEqual([0, false]);
  acme.clock.set('2026-12-02T12:00:00Z');
  const removed = await deliver(await device('alice'), { ...EVERYTHING, dryRun: false });
  expect([removed.status, user()]).toEqual([0, undefined]);
  expect((await status(await device('alice'))).reported.filter(({ kind }) => kind === 'not-removed')).toEqual([]);
});
