/** Whoever had rights may have moved their login, or it is newer than what is seen: found, or named; never "done" unseen. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Answer, Parcel, Target } from '../../../src/world.ts';
import { GO } from '../place.ts';
import { done, endAccount, makeAccount, PATH, placeThere, releasing, revoking, targetThere } from './account.ts';
import type { AwsBench } from './account.ts';
import { isDenied, userIn } from './stages.ts';
import { inVirtualTime } from './virtual-time.ts';

const LAG = 4000;

describe('offboarding a login that is not where it was', () => {
  let account: AwsBench;
  let target: Target;
  let gives: Parcel;
  let takes: Parcel;
  beforeEach(async () => {
    account = await makeAccount({ lag: LAG });
    // Without rights: the only call is the one that makes it, so nothing has waited for it to be seen.
    const parcel = await releasing(account, [{ name: 'erin' }]);
    gives = parcel;
    takes = await revoking(account, 'erin');
    const trust = { firstRelease: placeThere(account).trust?.firstRelease ?? '', releases: [account.first, ...parcel.releases], manifest: parcel.manifest };
    target = targetThere(account, { place: { trust }, client: { settle: 10_000, requestHandler: account.iam.inProcess() } });
  });
  afterEach(() => endAccount(account));

  /** Gives the login, does this to it, and takes it away; `meanwhile` once everything is denied. */
  async function offboarded(before: () => void, meanwhile?: () => void): Promise<Answer['receipt']> {
    return inVirtualTime(async () => {
      expect(done(await target.exchange(gives, GO)).failed).toEqual([]);
      before();
      account.iam.calls.clear();
      const underway = target.exchange(takes, GO);
      if (meanwhile !== undefined) {
        while (!account.iam.calls.actions.includes('AttachUserPolicy')) await new Promise((resolve) => void setTimeout(resolve, 50));
        meanwhile();
      }
      return done(await underway);
    });
  }
  const hand = (action: string, input: Parameters<AwsBench['iam']['hands']['do']>[1]) => () => void account.iam.hands.do(action, input);
  const settled = () => account.iam.account.replica.settle();
  const marks = ['keyward:id', 'keyward:target'];
  const subject = () => account.bench.ids.erin;

  test('moved out of the path: named, not touched, and not done', async () => {
    const { failed } = await offboarded(hand('UpdateUser', { UserName: 'erin', NewPath: '/elsewhere/' }));
    expect(failed).toEqual([{ what: 'quarantine', subject: subject(), why: expect.stringContaining(':user/elsewhere/erin') }]);
    expect(isDenied(userIn(account, 'erin'))).toBe(false);
  });

  test('without its marks, under its name or another: named, not touched, and not done', async () => {
    const { failed } = await offboarded(() => {
      hand('UntagUser', { UserName: 'erin', TagKeys: marks })();
      hand('UpdateUser', { UserName: 'erin', NewUserName: 'somebody' })();
    });
    expect(failed).toEqual([{ what: 'quarantine', subject: subject(), why: expect.stringContaining('somebody has no marks') }]);
  });

  test('renamed before: found by its marks and denied', async () => {
    const { failed } = await offboarded(hand('UpdateUser', { UserName: 'erin', NewUserName: 'somebody' }));
    expect([failed, isDenied(userIn(account, 'somebody'))]).toEqual([[], true]);
  });

  test('renamed while it is taken: found again by its UserId and denied', async () => {
    const { failed } = await offboarded(settled, () => {
      hand('DetachUserPolicy', { UserName: 'erin', PolicyArn: 'arn:aws:iam::aws:policy/AWSDenyAll' })();
      hand('UpdateUser', { UserName: 'erin', NewUserName: 'somebody' })();
      hand('CreateAccessKey', { UserName: 'somebody' })();
      hand('CreateUser', { UserName: 'erin', Path: PATH })();
    });
    const somebody = userIn(account, 'somebody');
    expect([failed, isDenied(somebody), somebody?.accessKeys.map(({ status }) => status)]).toEqual([[], true, ['Inactive']]);
    expect(isDenied(userIn(account, 'erin'))).toBe(false);
  });

  test('made a moment ago and not seen yet: waited for and denied', async () => {
    const { failed, accounts } = await offboarded(() => undefined);
    expect([failed, isDenied(userIn(account, 'erin'))]).toEqual([[], true]);
    expect(accounts).toEqual([{ id: subject(), account: 'erin', state: 'locked' }]);
  });

  test('deleted by hand, with nobody left under the path: done, after a second look', async () => {
    const { failed, accounts } = await offboarded(hand('DeleteUser', { UserName: 'erin' }));
    expect([failed, accounts]).toEqual([[], []]);
    expect(account.iam.calls.actions.filter((action) => action === 'GetAccountAuthorizationDetails').length).toBeGreaterThan(1);
  });
});
