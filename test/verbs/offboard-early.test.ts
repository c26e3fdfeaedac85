/**
 * Where a script said yes beforehand everybody is told at once, and an account that takes long to come to rest beside
 * the servers; where a person is asked, all are looked at and nothing is taken before the answer.
 */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { awsTarget, prepare as prepareAws } from '../../src/targets/aws-iam/index.ts';
import { deliver } from '../../src/verbs/deliver.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import type { OffboardPreview } from '../../src/verbs/offboard.ts';
import { prepare } from '../../src/verbs/prepare.ts';
import type { Target, World } from '../../src/world.ts';
import { startIam } from '../iam/index.ts';
import type { Iam } from '../iam/index.ts';
import { CRYPTO, GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';
import type { Script } from './scripted-terminal.ts';

const ACCOUNT = '123456789012';
const LIMITS = { parallel: 1, timeout: 20, signal: GO };

let iam: Iam;
let acme: Organization;
/** What the server was asked, in its order. */
let order: string[];

beforeEach(async () => {
  iam = await startIam({ accountId: ACCOUNT });
  acme = await makeOrganization({
    now: '2026-11-24T12:00:00Z',
    signers: ['alice'],
    employees: { carol: '' },
    servers: { 'web-1': '' },
    rules: ['{ name: web, to: { employees: [carol] }, servers: { names: ["web-1"] } }'],
    providers: { 'aws-production': `account-id: "${ACCOUNT}", rules: [{ to: { employees: [carol] }, groups: [billing] }]` },
  });
  await prepare(await device({ yes: 'all' }), { name: 'aws-production', trusts: undefined, makes: true, signal: GO });
  await acme.approve(['alice']);
  await deliver(await device({ yes: 'all' }), { choice: { servers: ['aws-*'], labels: [] }, limits: LIMITS, dryRun: false });
  expect([iam.account.replica.latest.users.has('carol'), denied()]).toEqual([true, false]);
  order = [];
});
afterEach(() => iam.stop());

/** With a server that answers nothing, and takes up to a second for it, as long as AWS has not denied. */
async function device(script: Script): Promise<World> {
  const world = await acme.world('alice', script);
  const client = { endpoint: iam.endpoint, credentials: iam.root, settle: 40 };
  const random: World['random'] = (length) => new Uint8Array(randomBytes(length));
  const server: Target = {
    id: acme.server('web-1'),
    name: 'web-1',
    exchange: async ({ revocations }) => {
      order.push(revocations.length > 0 ? 'told' : 'looked at');
      for (let i = 0; i < 100 && !denied(); i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
      return { kind: 'unknown', why: denied() ? 'silent, and AWS had denied it' : 'silent' };
    },
    offer: async (offers) => offers.map(() => ({ kind: 'unknown', why: 'silent' })),
  };
  return {
    ...world,
    prepare: (place, wanted, makes, signal) => prepareAws(place, wanted, makes, signal, client),
    target: async (place) =>
      place.kind === 'server' ? server : awsTarget(place, { crypto: CRYPTO, random, now: () => acme.clock.now(), iam: client }),
  };
}

function denied(): boolean {
  return iam.account.replica.latest.users.get('carol')?.attached.has('arn:aws:iam::aws:policy/AWSDenyAll') === true;
}

async function takeOut(script: Script, dryRun = false) {
  const shown: OffboardPreview[] = [];
  const value = await offboard(await device(script), { handle: 'carol', limits: LIMITS, dryRun, show: (preview) => void shown.push(preview) });
  return { shown, value };
}

test('said yes to beforehand, nobody is looked at, and AWS denies beside a silent server, though only one may be spoken to at a time', { timeout: 30_000 }, async () => {
  const { shown, value } = await takeOut({ confirmed: ['carol'] });
  if (!('status' in value)) throw new Error('only a preview');
  expect(shown).toMatchObject([{ targets: 0, running: [], unknown: [] }]);
  expect([...(shown[0]?.reaches ?? [])].sort()).toEqual(['aws-production', 'web-1']);
  expect(value.targets).toMatchObject([
    { name: 'aws-production', state: 'out', proof: 'says' },
    { name: 'web-1', state: 'unknown', why: 'silent, and AWS had denied it' },
  ]);
  expect([value.status, order]).toEqual([4, ['told']]);
  expect(value.written.filter((path) => /^(receipts\/aws-production$|revoked\/carol-|access-policy\.yaml$)/.test(path))).toHaveLength(3);
});

test('where somebody is asked, nothing is taken before the answer', { timeout: 30_000 }, async () => {
  await expect(takeOut({})).rejects.toMatchObject({ code: 'risk' });
  expect([denied(), order]).toEqual([false, ['looked at']]);
  const { shown, value } = await takeOut({ yes: 'all' });
  expect(shown).toMatchObject([{ targets: 2, unknown: [{ why: 'silent' }] }]);
  expect([denied(), 'status' in value && value.targets.map(({ state }) => state)]).toEqual([true, ['out', 'unknown']]);
});

test('a dry run takes nothing, whatever was said beforehand', { timeout: 30_000 }, async () => {
  const { value } = await takeOut({ confirmed: ['carol'] }, true);
  expect([denied(), 'status' in value, order]).toEqual([false, false, ['looked at']]);
});

test('a provider that does not answer keeps no server waiting for longer than the head start', { timeout: 30_000 }, async () => {
  const world = await device({ confirmed: ['carol'] });
  const told = async (): Promise<boolean> => {
    for (let i = 0; i < 500 && order.length === 0; i += 1) await new Promise((resolve) => setTimeout(resolve, 10));
    return order.length > 0;
  };
  const silent = { id: acme.provider('aws-production'), name: 'aws-production', offer: async () => [] };
  const target: World['target'] = async (place, key) =>
    place.kind === 'server' ? world.target(place, key) : { ...silent, exchange: async () => ({ kind: 'unknown', why: (await told()) ? 'silent while the server was told' : 'silent' }) };
  const value = await offboard({ ...world, target }, { handle: 'carol', limits: LIMITS, dryRun: false, show: () => undefined });
  expect('status' in value && value.targets).toMatchObject([{ name: 'aws-production', why: 'silent while the server was told' }, { name: 'web-1' }]);
});
