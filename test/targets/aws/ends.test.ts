/** The end of a single right before the end of its login: AWS keeps it by itself, and takes nothing from what remains. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatInstant, instantOf } from '../../../src/core/access/index.ts';
import type { Instant } from '../../../src/core/access/index.ts';
import { splitSigned } from '../../../src/core/texts/index.ts';
import { denyAllBut } from '../../../src/targets/aws-iam/ends.ts';
import { untilDocument } from '../../../src/targets/aws-iam/giving.ts';
import type { Answer, Parcel, Target } from '../../../src/world.ts';
import { World } from '../../iam/conformance/world.ts';
import { GO } from '../place.ts';
import { done, endAccount, looking, makeAccount, manifestThere, placeThere, targetThere } from './account.ts';
import type { AwsBench } from './account.ts';

const READ = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const VERSION = '2012-10-17';

let account: AwsBench;
let world: World;
let later = 0;

beforeAll(async () => {
  account = await makeAccount();
  world = new World(account.iam.endpoint, account.iam.region, account.iam.root);
});
afterAll(() => endAccount(account));

function now(): Instant {
  return instantOf(Math.floor(Date.now() / 1000) + later);
}

/** A group that stays, and ReadOnlyAccess until `end`. */
async function giving(end: Instant): Promise<{ readonly target: Target; readonly parcel: Parcel }> {
  const { bench } = account;
  const all = manifestThere(account, [{ name: 'erin', rights: ['group billing', `managed-policy ${READ}`] }]);
  const manifest = all.replace(`right ${bench.ids.erin} erin - managed-policy`, `right ${bench.ids.erin} erin ${formatInstant(end)} managed-policy`);
  const parcel = { ...looking(), releases: [splitSigned(await bench.release([manifest]), 'release')], manifest };
  const trust = { firstRelease: placeThere(account).trust?.firstRelease ?? '', releases: [account.first, ...parcel.releases], manifest };
  return { target: targetThere(account, { place: { trust }, now }), parcel };
}

function groupAllows(...statements: readonly object[]): void {
  account.iam.hands.do('PutGroupPolicy', { GroupName: 'billing', PolicyName: 'own', PolicyDocument: JSON.stringify({ Version: VERSION, Statement: statements }) });
}

function policiesOf(name: string): readonly string[] {
  return [...(account.iam.account.replica.latest.users.get(name)?.attached ?? [])].map((arn) => arn.split('/').at(-1) ?? '').sort();
}

async function may(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'allowed', (error: unknown) => (error instanceof Error ? error.name : ''));
}

function differs({ differs: all }: Answer['receipt']): readonly string[] {
  return all.map(({ what, subject }) => `${what} ${subject.replace(/[0-9a-f]{8}$/, 'HASH').replace(/until-\w+-/, 'until-TIME-')}`);
}

describe('ReadOnlyAccess until a moment, a group for good', () => {
  test('at that moment AWS denies what ended and nothing else, with no keyward in between', { timeout: 30_000 }, async () => {
    groupAllows({ Effect: 'Allow', Action: 'iam:ListGroups', Resource: '*' });
    const end = instantOf(Math.floor(Date.now() / 1000) + 4);
    const { target, parcel } = await giving(end);
    expect(done(await target.exchange(parcel, GO)).failed).toEqual([]);
    expect(policiesOf('erin')).toEqual(['ReadOnlyAccess', expect.stringMatching(/^until-\d{8}T\d{6}Z-[0-9a-f]{8}$/)]);
    const erin = world.client(await world.key('erin'));
    expect([await may(erin.listUsers({})), await may(erin.listGroups({}))]).toEqual(['allowed', 'allowed']);
    while (Date.now() / 1000 < end + 1) await new Promise((resolve) => setTimeout(resolve, 200));
    expect([await may(erin.listUsers({})), await may(erin.listGroups({}))]).toEqual(['AccessDenied', 'allowed']);
    const { AccessKeyMetadata } = await world.admin.listAccessKeys({ UserName: 'erin' });
    for (const { AccessKeyId } of AccessKeyMetadata ?? []) await world.admin.deleteAccessKey({ UserName: 'erin', AccessKeyId });
    // What ended goes before what denies it.
    account.iam.calls.clear();
    const receipt = done(await target.exchange({ ...parcel, nonce: looking().nonce }, GO));
    const taken = account.iam.calls.list.filter(({ action }) => action === 'DetachUserPolicy').map(({ parameters }) => parameters['PolicyArn']?.split('/').at(-1)?.split('-')[0]);
    expect([receipt.failed, taken, policiesOf('erin')]).toEqual([[], ['ReadOnlyAccess', 'until'], []]);
    expect(differs(done(await target.exchange(looking(), GO)))).toEqual([]);
  });

  test('is drift and put right when what remains says something else, and named where it cannot be said', async () => {
    const { target, parcel } = await giving(instantOf(Math.floor(Date.now() / 1000) + 86_400));
    expect(done(await target.exchange(parcel, GO)).failed).toEqual([]);
    expect(differs(done(await target.exchange(looking(), GO)))).toEqual([]);
    groupAllows({ Effect: 'Allow', Action: ['iam:ListGroups', 's3:GetObject'], Resource: '*' });
    const path = `arn:aws:iam::${account.iam.accountId}:policy/keyward/acme/until-TIME-HASH`;
    expect(differs(done(await target.exchange(looking(), GO)))).toEqual([`policy erin/${path}`, `missing-policy erin/${path}`]);
    expect(done(await target.exchange({ ...parcel, nonce: looking().nonce }, GO)).failed).toEqual([]);
    expect(differs(done(await target.exchange(looking(), GO)))).toEqual([]);
    groupAllows({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' });
    expect(done(await target.exchange({ ...parcel, nonce: looking().nonce }, GO)).failed).toEqual([]);
    const { waysIn } = done(await target.exchange(looking(), GO));
    expect(waysIn.filter(({ kind }) => kind === 'end')).toMatchObject([{ account: 'erin', subject: expect.stringMatching(/Z$/), state: 'unknown' }]);
    later = 2 * 86_400;
    expect(done(await target.exchange({ ...parcel, nonce: looking().nonce }, GO)).failed).toEqual([]);
    expect([policiesOf('erin'), differs(done(await target.exchange(looking(), GO)))]).toEqual([[], []]);
    later = 0;
  });
});

describe('by an evaluator that others wrote', () => {
  const TIME = '2027-01-31T18:00:00Z';
  const policies = {
    wide: [{ Effect: 'Allow', Action: ['s3:*', 'ec2:Describe*', 'iam:Get*'], Resource: '*' }],
    bucket: [{ Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: ['arn:aws:s3:::b', 'arn:aws:s3:::b/*'] }],
    some: [{ Effect: 'Allow', Action: 'ec2:DescribeInstances', Resource: '*' }, { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::c/*' }],
  };
  const asked = [
    ['s3:GetObject', 'arn:aws:s3:::b/k'],
    ['s3:GetObject', 'arn:aws:s3:::c/k'],
    ['s3:PutObject', 'arn:aws:s3:::b/k'],
    ['ec2:DescribeInstances', '*'],
    ['ec2:DescribeVolumes', '*'],
    ['iam:GetUser', 'arn:aws:iam::123456789012:user/x'],
  ] as const;

  async function decide(statements: readonly (readonly object[])[], [action, resource]: (typeof asked)[number], time: string): Promise<boolean> {
    const request = { principal: 'arn:aws:iam::123456789012:user/erin', action, resource: { resource, accountId: '123456789012' }, contextVariables: { 'aws:CurrentTime': time } };
    const identityPolicies = statements.map((Statement, at) => ({ name: `p${at}`, policy: { Version: VERSION, Statement } }));
    const said = await runSimulation({ request, identityPolicies, serviceControlPolicies: [], resourceControlPolicies: [] }, {});
    if (said.resultType === 'error') throw new Error(JSON.stringify(said.errors));
    return said.overallResult === 'Allowed';
  }

  test('what remains is never taken, before and after; what ended goes, but where what remains is wide in actions and resources', async () => {
    const left: string[] = [];
    let compared = 0;
    for (const [name, rest] of Object.entries({ nothing: [], bucket: policies.bucket, some: policies.some })) {
      const fence = JSON.parse(denyAllBut([{ Statement: rest }], TIME) ?? '') as { readonly Statement: readonly object[] };
      for (const ask of asked) {
        const both = [policies.wide, rest, fence.Statement].filter((one) => one.length > 0);
        const remains = rest.length > 0 && (await decide([rest], ask, '2027-02-01T00:00:00Z'));
        expect([name, ...ask, await decide(both, ask, '2027-01-31T17:59:59Z')]).toEqual([name, ...ask, true]);
        const after = await decide(both, ask, '2027-02-01T00:00:00Z');
        if (remains) expect([name, ...ask, after]).toEqual([name, ...ask, true]);
        else if (after) left.push(`${name}: ${ask.join(' ')}`);
        compared += 1;
      }
    }
    console.log(`compared ${compared} questions, before and after`);
    expect(left).toEqual(['some: s3:GetObject arn:aws:s3:::b/k']);
  });

  test('where everything remains, or what does not, it cannot be said; nothing remains is everything denied', () => {
    expect(denyAllBut([{ Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }], TIME)).toBeUndefined();
    expect(denyAllBut([{ Statement: { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' } }], TIME)).toBeUndefined();
    expect(denyAllBut([{ Statement: [{ Effect: 'Allow', Action: Array.from({ length: 300 }, (_, at) => `service-${at}:DoSomething`), Resource: '*' }] }], TIME)).toBeUndefined();
    expect(JSON.parse(denyAllBut([], TIME) ?? '')).toEqual(JSON.parse(untilDocument(TIME)));
  });
});
