/** Giving: only what a verified release says, never twice, never under an older number, and no secret in any answer. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitSigned } from '../../../src/core/texts/index.ts';
import { GO } from '../place.ts';
import { done, endAccount, everything, give, looking, makeAccount, manifestThere, PATH, placeThere, releasing, TARGET, targetThere } from './account.ts';
import type { AwsBench } from './account.ts';

describe('giving an admin login', () => {
  let account: AwsBench;
  beforeAll(async () => {
    account = await makeAccount();
  });
  afterAll(() => endAccount(account));

  test('a manifest that the release does not list gives nothing, whoever carries it', async () => {
    const parcel = await releasing(account, []);
    const forged = manifestThere(account, [{ name: 'dave', rights: ['group billing'] }]);
    const before = everything(account);
    const receipt = done(await targetThere(account).exchange({ ...parcel, manifest: forged }, GO));
    expect(receipt.refused.map(({ why }) => why)).toEqual(['manifest-not-in-release']);
    expect(everything(account)).toBe(before);
  });

  test('another release of the same number gives nothing, and neither does one that has expired', async () => {
    const target = targetThere(account);
    await give(account, target, [{ name: 'carol', rights: ['group billing'] }]);
    const { bench } = account;
    const manifest = manifestThere(account, [{ name: 'dave', rights: ['group billing'] }]);
    const twin = splitSigned(await bench.release([manifest], { number: bench.number }), 'release');
    expect(done(await target.exchange({ ...looking(), releases: [twin], manifest }, GO)).refused).toMatchObject([{ why: 'equivocation' }]);
    const late = splitSigned(await bench.release([manifest], { number: bench.number + 1, issued: '2020-01-01T00:00:00Z', expires: '2020-02-01T00:00:00Z' }), 'release');
    expect(done(await target.exchange({ ...looking(), releases: [late], manifest }, GO)).refused).toMatchObject([{ why: 'expired' }]);
    expect(account.iam.account.replica.latest.users.has('dave')).toBe(false);
  });

  test('a name that somebody else has is not taken over, whatever its case', async () => {
    account.iam.hands.do('CreateUser', { UserName: 'Bob', Path: PATH });
    const before = account.iam.account.replica.latest.users.get('bob');
    const receipt = await give(account, targetThere(account), [{ name: 'bob', rights: ['group billing'] }, { name: 'carol', rights: ['group billing'] }]);
    expect(receipt.failed).toMatchObject([{ what: 'give', subject: account.bench.ids.bob, why: expect.stringContaining('account-taken') }]);
    expect([...(before?.groups ?? [])]).toEqual([]);
    expect(receipt.accounts).toEqual([{ id: account.bench.ids.carol, account: 'carol', state: 'open' }]);
  });

  test('what was added by hand is drift by name, and the next delivery takes it off', async () => {
    const people = [{ name: 'carol' as const, rights: ['group billing'] }];
    const parcel = await releasing(account, people);
    const first = placeThere(account).trust?.firstRelease ?? '';
    const place = { trust: { firstRelease: first, releases: [account.first, ...parcel.releases], manifest: parcel.manifest } };
    const target = targetThere(account, { place });
    done(await target.exchange(parcel, GO));
    const { hands, accountId } = account.iam;
    hands.do('AddUserToGroup', { UserName: 'carol', GroupName: 'support' });
    hands.do('AttachUserPolicy', { UserName: 'carol', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
    hands.do('PutUserPolicy', { UserName: 'carol', PolicyName: 'own', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }) });
    hands.do('DeleteUserPermissionsBoundary', { UserName: 'carol' });
    hands.do('CreateLoginProfile', { UserName: 'carol', Password: 'Correct-Horse-7-Battery' });
    hands.do('RemoveUserFromGroup', { UserName: 'carol', GroupName: 'billing' });
    hands.do('CreateServiceSpecificCredential', { UserName: 'carol', ServiceName: 'codecommit.amazonaws.com' });
    const { differs, waysIn, looked } = done(await target.exchange(looking(), GO));
    expect(differs.map(({ what, subject }) => `${what} ${subject}`.replace(/ACCA\w+/, 'ID'))).toEqual([
      'missing-boundary carol',
      'group carol/support',
      'policy carol/arn:aws:iam::aws:policy/AdministratorAccess',
      'inline-policy carol/own',
      'missing-group carol/billing',
      'service-credential carol/ID',
      'password carol',
    ]);
    expect(waysIn).toContainEqual({ kind: 'user', account: undefined, subject: `arn:aws:iam::${accountId}:user${PATH}Bob`, state: 'unknown', comment: undefined });
    expect(looked).toContainEqual({ what: 'account', count: 2 });
    expect(done(await target.exchange({ ...parcel, nonce: looking().nonce }, GO)).failed).toEqual([]);
    expect(done(await target.exchange(looking(), GO)).differs).toEqual([]);
  });

  test('passwords and keys that are there stand in no answer and no error', async () => {
    const secrets: string[] = [];
    const handOver = async (_: string, __: string, password: string): Promise<void> => void secrets.push(password);
    const people = [{ name: 'erin' as const, rights: ['console yes', 'group billing'] }];
    const parcel = await releasing(account, people);
    const said: unknown[] = [];
    for (const kind of ['ServiceFailure', 'AccessDenied', 'done-then-reset'] as const) {
      for (const action of ['CreateLoginProfile', 'AddUserToGroup', 'CreateUser', 'GetLoginProfile']) {
        account.iam.faults.plan({ kind, action });
        said.push(await targetThere(account, { handOver, client: { attempts: 1 } }).exchange({ ...parcel, nonce: looking().nonce }, GO));
        account.iam.faults.clear();
      }
    }
    said.push(await targetThere(account, { handOver }).exchange({ ...parcel, nonce: looking().nonce }, GO), account.iam.calls.list);
    const text = JSON.stringify(said);
    expect(secrets.length).toBeGreaterThan(0);
    expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    for (const secret of [account.iam.root.secretAccessKey]) expect(text).not.toContain(secret);
    const login = account.iam.account.replica.latest.users.get('erin')?.login;
    expect([secrets.includes(login?.password ?? ''), login?.resetRequired]).toEqual([true, true]);
  });

  test('a place that does not say where trust begins gets nothing', async () => {
    const { trust, ...place } = placeThere(account);
    const target = targetThere(account, { place: { ...place, trust: { firstRelease: '0'.repeat(64), releases: trust?.releases ?? [] } } });
    expect(await target.exchange(await releasing(account, []), GO)).toMatchObject({ kind: 'refused', why: expect.stringContaining('trust') });
    expect(place.id).toBe(TARGET);
  });
});
