/** Taking an admin login away: everything a user can have, somebody who works against it, namesakes, faults, being stopped. */
import { IAM } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { instantOf } from '../../../src/core/access/instant.ts';
import { NINE } from '../../iam/conformance/deleting.ts';
import { World } from '../../iam/conformance/world.ts';
import type { User } from '../../iam/index.ts';
import { GO } from '../place.ts';
import { done, endAccount, give, looking, makeAccount, PATH, releasing, revoking, TARGET, targetThere } from './account.ts';
import type { AwsBench } from './account.ts';

const DAY = 86_400;
const later = (days: number) => ({ now: () => instantOf(Date.now() / 1000 + days * DAY) });

function userIn({ iam }: AwsBench, name: string): User | undefined {
  return iam.account.replica.latest.users.get(name);
}

/** What lets in as this user, or would if it were made active. */
function open(user: User | undefined): readonly string[] {
  if (user === undefined) return [];
  const lists = { key: user.accessKeys, certificate: user.certificates, ssh: user.sshKeys, service: user.serviceCredentials };
  const active = Object.entries(lists).flatMap(([kind, all]) => all.filter((one) => one.status === 'Active').map(() => kind));
  return [...active, ...(user.login === undefined ? [] : ['password'])];
}

function denied(user: User | undefined): boolean {
  return user?.attached.has('arn:aws:iam::aws:policy/AWSDenyAll') === true || user?.boundary === 'arn:aws:iam::aws:policy/AWSDenyAll';
}

async function fill(account: AwsBench, name: string, times = 2): Promise<void> {
  const { iam } = account;
  const world = new World(iam.endpoint, iam.region, iam.root);
  for (const [kind, add] of Object.entries(NINE)) {
    const often = kind === 'a password' || kind === 'a managed policy' || kind === 'an inline policy' ? 1 : times;
    for (let i = 0; i < often; i += 1) await add(world, name);
  }
  iam.hands.do('AttachUserPolicy', { UserName: name, PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
  iam.hands.do('PutUserPolicy', { UserName: name, PolicyName: 'two', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }) });
}

describe('taking an admin login away', () => {
  let account: AwsBench;
  beforeAll(async () => {
    account = await makeAccount();
  });
  afterAll(() => endAccount(account));

  test('two of each of the nine kinds: denied and inactive at once, gone after the holding time, and nobody else is touched', async () => {
    const target = targetThere(account);
    await give(account, target, [{ name: 'erin', rights: ['group billing'] }, { name: 'carol', rights: ['group billing'] }]);
    await fill(account, 'erin');
    account.iam.hands.do('CreateUser', { UserName: 'bystander', Path: PATH });
    account.iam.hands.do('CreateAccessKey', { UserName: 'bystander' });
    const revocation = await revoking(account, 'erin');
    account.iam.calls.clear();
    const out = done(await target.exchange(revocation, GO));
    expect(out.failed).toEqual([]);
    expect(out.revocations).toEqual([revocation.hash]);
    const kinds = Object.fromEntries(out.ended.map(({ kind, count }) => [kind, count]));
    expect(kinds).toEqual({ login: 1, password: 1, 'access-key': 2, certificate: 2, 'ssh-key': 2, 'service-credential': 2 });
    expect(open(userIn(account, 'erin'))).toEqual([]);
    expect(denied(userIn(account, 'erin'))).toBe(true);
    // The deny is the first thing that changes anything.
    expect(account.iam.calls.actions.find((action) => !/^(Get|List)/.test(action))).toBe('AttachUserPolicy');

    const counted = { revoked: ['erin'] as const, counted: [revocation.hash] };
    const people = [{ name: 'carol' as const, rights: ['group billing'] }];
    const waits = done(await target.exchange(await releasing(account, people, counted), GO));
    expect(waits.failed).toEqual([]);
    expect(waits.accounts).toContainEqual({ id: account.bench.ids.erin, account: 'erin', state: 'locked' });
    expect(userIn(account, 'erin')).toBeDefined();

    const gone = done(await targetThere(account, later(8)).exchange(await releasing(account, people, counted), GO));
    expect(gone.failed).toEqual([]);
    expect(userIn(account, 'erin')).toBeUndefined();
    expect(gone.accounts).toEqual([{ id: account.bench.ids.carol, account: 'carol', state: 'open' }]);
    expect([...account.iam.account.replica.latest.mfa.keys()]).toEqual([]);
    expect(open(userIn(account, 'bystander'))).toEqual(['key']);
    expect(denied(userIn(account, 'carol'))).toBe(false);
  });

  test('a user with ten managed policies gets no eleventh: the boundary denies everything', async () => {
    const target = targetThere(account);
    await give(account, target, [{ name: 'dave', rights: ['group billing'] }]);
    const { accountId } = account.iam;
    for (let i = 0; i < 10; i += 1) {
      account.iam.hands.do('CreatePolicy', { PolicyName: `p${i}`, PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] }) });
      account.iam.hands.do('AttachUserPolicy', { UserName: 'dave', PolicyArn: `arn:aws:iam::${accountId}:policy/p${i}` });
    }
    const out = done(await target.exchange(await revoking(account, 'dave'), GO));
    expect(out.failed).toEqual([]);
    expect(userIn(account, 'dave')?.boundary).toBe('arn:aws:iam::aws:policy/AWSDenyAll');
  });

  test('a namesake made by hand is not touched, and one that copies the marks is denied and not removed', async () => {
    const target = targetThere(account);
    await give(account, target, [{ name: 'alice', rights: ['group billing'] }]);
    const revocation = await revoking(account, 'alice');
    done(await target.exchange(revocation, GO));
    const marks = [...(userIn(account, 'alice')?.tags ?? [])];
    const counted = { revoked: ['alice'] as const, counted: [revocation.hash] };
    const gone = done(await targetThere(account, later(8)).exchange(await releasing(account, [], counted), GO));
    expect([gone.failed, userIn(account, 'alice')]).toEqual([[], undefined]);

    account.iam.hands.do('CreateUser', { UserName: 'alice', Path: PATH });
    account.iam.hands.do('CreateAccessKey', { UserName: 'alice' });
    const met = done(await targetThere(account, later(9)).exchange(await releasing(account, [], counted), GO));
    expect(met.failed).toEqual([]);
    expect([open(userIn(account, 'alice')), denied(userIn(account, 'alice'))]).toEqual([['key'], false]);

    account.iam.hands.do('TagUser', { UserName: 'alice', Tags: marks.map(([Key, Value]) => ({ Key, Value })) });
    const again = done(await targetThere(account, later(10)).exchange(await releasing(account, [], counted), GO));
    expect(again.failed).toEqual([]);
    expect([open(userIn(account, 'alice')), denied(userIn(account, 'alice'))]).toEqual([[], true]);
    account.iam.hands.do('DetachUserPolicy', { UserName: 'alice', PolicyArn: 'arn:aws:iam::aws:policy/AWSDenyAll' });
    for (const { id } of [...(userIn(account, 'alice')?.accessKeys ?? [])]) account.iam.hands.do('DeleteAccessKey', { UserName: 'alice', AccessKeyId: id });
    account.iam.hands.do('DeleteUser', { UserName: 'alice' });
  });

  test('a namesake made while it is waited is not touched by any later step', async () => {
    const { hands } = account.iam;
    await give(account, targetThere(account), [{ name: 'carol', rights: ['group billing'] }]);
    account.iam.calls.clear();
    const underway = targetThere(account, { client: { settle: 600 } }).exchange(await revoking(account, 'carol'), GO);
    while (!account.iam.calls.actions.includes('AttachUserPolicy')) await new Promise((resolve) => void setTimeout(resolve, 5));
    await new Promise((resolve) => void setTimeout(resolve, 200));
    for (const GroupName of ['billing']) hands.do('RemoveUserFromGroup', { UserName: 'carol', GroupName });
    hands.do('DetachUserPolicy', { UserName: 'carol', PolicyArn: 'arn:aws:iam::aws:policy/AWSDenyAll' });
    hands.do('DeleteUser', { UserName: 'carol' });
    hands.do('CreateUser', { UserName: 'carol', Path: PATH });
    hands.do('CreateAccessKey', { UserName: 'carol' });
    await underway;
    const now = userIn(account, 'carol');
    expect([open(now), denied(now), now?.tags.has('keyward:out')]).toEqual([['key'], false, false]);
    for (const { id } of [...(now?.accessKeys ?? [])]) hands.do('DeleteAccessKey', { UserName: 'carol', AccessKeyId: id });
    hands.do('DeleteUser', { UserName: 'carol' });
  });

  test('undone by a release that gives again: the deny goes last, and the login is as it was', async () => {
    const target = targetThere(account);
    const people = [{ name: 'bob' as const, rights: ['group billing', 'managed-policy arn:aws:iam::aws:policy/ReadOnlyAccess'] }];
    await give(account, target, people);
    await give(account, target, []);
    expect(denied(userIn(account, 'bob'))).toBe(true);
    account.iam.calls.clear();
    expect((await give(account, target, people)).failed).toEqual([]);
    expect(denied(userIn(account, 'bob'))).toBe(false);
    expect(userIn(account, 'bob')?.tags.has('keyward:out')).toBe(false);
    const writes = account.iam.calls.actions.filter((action) => !/^(Get|List|Tag|Untag)/.test(action));
    expect(writes.at(-1)).toBe('DetachUserPolicy');
  });
});

describe('somebody who works against it', () => {
  let account: AwsBench;
  const lag = 400;
  beforeAll(async () => {
    account = await makeAccount({ lag });
  });
  afterAll(() => endAccount(account));

  test('makes keys and a password and takes the deny off while the lag lasts, and ends at none', async () => {
    const target = targetThere(account, { client: { settle: 2.5 * lag } });
    await give(account, target, [{ name: 'erin', rights: ['managed-policy arn:aws:iam::aws:policy/AdministratorAccess'] }]);
    account.iam.account.replica.settle();
    const { iam } = account;
    const first = await new World(iam.endpoint, iam.region, iam.root).key('erin');
    iam.account.replica.settle();
    let [going, worked] = [true, 0];
    const attack = (async () => {
      const clients = [new IAM({ endpoint: iam.endpoint, region: iam.region, credentials: first, maxAttempts: 1 })];
      const attempts = [
        (own: IAM) => own.detachUserPolicy({ UserName: 'erin', PolicyArn: 'arn:aws:iam::aws:policy/AWSDenyAll' }),
        async (own: IAM) => {
          const { AccessKey } = await own.createAccessKey({ UserName: 'erin' });
          clients.push(new IAM({ endpoint: iam.endpoint, region: iam.region, maxAttempts: 1, credentials: { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' } }));
        },
        (own: IAM) => own.createLoginProfile({ UserName: 'erin', Password: 'Correct-Horse-7-Battery' }),
        (own: IAM) => own.updateAccessKey({ UserName: 'erin', AccessKeyId: first.accessKeyId, Status: 'Active' }),
      ];
      while (going) {
        for (const own of [...clients]) for (const attempt of attempts) await attempt(own).then(() => (worked += 1), () => undefined);
        await new Promise((resolve) => void setTimeout(resolve, 15));
      }
    })();
    const out = done(await target.exchange(await revoking(account, 'erin'), GO));
    going = false;
    await attack;
    iam.account.replica.settle();
    expect(worked).toBeGreaterThan(0);
    expect([out.failed, open(userIn(account, 'erin')), denied(userIn(account, 'erin'))]).toEqual([[], [], true]);
  });
});

describe('one fault at every call of an offboarding', () => {
  let account: AwsBench;
  beforeAll(async () => {
    account = await makeAccount();
  });
  afterAll(() => endAccount(account));

  /** Makes Erin anew, by hand and as keyward does: with her marks. */
  async function anew(): Promise<void> {
    const { hands } = account.iam;
    const Tags = [
      { Key: 'keyward:id', Value: account.bench.ids.erin },
      { Key: 'keyward:target', Value: TARGET },
    ];
    hands.do('CreateUser', { UserName: 'erin', Path: PATH, PermissionsBoundary: account.settings['boundary'] ?? '', Tags });
    hands.do('AddUserToGroup', { UserName: 'erin', GroupName: 'billing' });
    hands.do('CreateAccessKey', { UserName: 'erin' });
    hands.do('CreateLoginProfile', { UserName: 'erin', Password: 'Correct-Horse-7-Battery' });
    hands.do('CreateServiceSpecificCredential', { UserName: 'erin', ServiceName: 'codecommit.amazonaws.com' });
    hands.do('CreateVirtualMFADevice', { VirtualMFADeviceName: 'erin' });
  }

  test.each([
    ['ServiceFailure', 9],
    ['Throttling', 25],
    ['done-then-reset', 5],
  ] as const)('%s: tried again, nothing is lost', async (kind, step) => {
    const run = await faulty(kind, 3, step);
    expect(run.lied).toEqual([]);
    expect(run.afterOne).toEqual([]);
    expect(run.struck).toBeGreaterThan(1);
  });

  test('stopped at every call: never said to be done when it is not, and the next run finishes', async () => {
    const run = await faulty('connection-reset', 1, 3);
    expect(run.lied).toEqual([]);
    expect(run.struck).toBeGreaterThan(14);
  });

  /** Offboards Erin once for each call there is, with the fault at that call; then once more without. */
  async function faulty(kind: 'ServiceFailure' | 'Throttling' | 'done-then-reset' | 'connection-reset', attempts: number, step: number) {
    const client = { attempts, settle: 2 };
    const revocation = await revoking(account, 'erin');
    const parcel = await releasing(account, [], { revoked: ['erin'], counted: [revocation.hash] });
    const settings = { ...account.settings, 'hold-days': '0' };
    const [lied, afterOne, before]: [string[], string[], number] = [[], [], account.iam.faults.struck];
    for (let nth = 1; nth < 200; nth += step) {
      await anew();
      const struck = account.iam.faults.struck;
      account.iam.faults.plan({ kind, nth });
      const outcome = await targetThere(account, { client, place: { settings } }).exchange({ ...parcel, nonce: looking().nonce }, GO);
      account.iam.faults.clear();
      const isGone = userIn(account, 'erin') === undefined;
      const saysDone = outcome.kind === 'done' && outcome.value.receipt.failed.length === 0;
      if (saysDone && !isGone) lied.push(`call ${nth}`);
      if (!saysDone) afterOne.push(`call ${nth}: ${outcome.kind === 'done' ? JSON.stringify(outcome.value.receipt.failed) : outcome.why}`);
      const next = done(await targetThere(account, { client, place: { settings } }).exchange({ ...parcel, nonce: looking().nonce }, GO));
      expect([nth, next.failed, userIn(account, 'erin')]).toEqual([nth, [], undefined]);
      if (account.iam.faults.struck === struck) break;
    }
    return { lied, afterOne, struck: account.iam.faults.struck - before };
  }
});

