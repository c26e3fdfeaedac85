/** Many users against a limit of calls a second: none lost, three calls a user, and not much slower than the limit allows. */
import { afterEach, expect, test } from 'vitest';
import { GO } from '../place.ts';
import { done, endAccount, give, looking, makeAccount, PATH, placeThere, releasing, revoking, TARGET, targetThere } from './account.ts';
import type { AwsBench } from './account.ts';

let account: AwsBench | undefined;
afterEach(() => endAccount(account));

const USERS = Number(process.env['KEYWARD_TEST_IAM_USERS'] ?? 30);
const RATE = Number(process.env['KEYWARD_TEST_IAM_RATE'] ?? 30);

test(`${USERS} users at ${RATE} calls a second: looked at without losing a call, three calls each`, { timeout: 600_000 }, async () => {
  const made = await makeAccount({ ratePerSecond: RATE, pageCap: 50 });
  account = made;
  const Tags = [{ Key: 'keyward:id', Value: made.bench.ids.erin }, { Key: 'keyward:target', Value: TARGET }];
  for (let i = 0; i < USERS; i += 1) made.iam.hands.do('CreateUser', { UserName: `user-${i}`, Path: PATH, PermissionsBoundary: made.settings['boundary'] ?? '', Tags });
  const parcel = await releasing(made, []);
  const trust = { ...placeThere(made).trust, firstRelease: placeThere(made).trust?.firstRelease ?? '', releases: [made.first, ...parcel.releases], manifest: parcel.manifest };
  const target = targetThere(made, { place: { trust } });
  const began = performance.now();
  const receipt = done(await target.exchange(looking(), GO));
  const seconds = (performance.now() - began) / 1000;
  const answered = made.iam.calls.list.filter(({ outcome }) => outcome !== 'Throttling');
  const ofUsers = answered.filter(({ parameters }) => parameters['UserName'] !== undefined);
  expect(ofUsers).toHaveLength(3 * USERS);
  expect(receipt.differs).toHaveLength(USERS);
  const allowed = (answered.length - RATE) / RATE;
  console.log(`${answered.length} calls in ${seconds.toFixed(1)} s, the limit allows ${allowed.toFixed(1)} s; ${made.iam.calls.list.length - answered.length} were throttled and made again`);
});

test('the deny is asked for within the first second', async () => {
  const made = await makeAccount({ latency: 40 });
  account = made;
  const target = targetThere(made);
  await give(made, target, [{ name: 'erin', rights: ['group billing'] }]);
  const parcel = await revoking(made, 'erin');
  made.iam.calls.clear();
  const began = Date.now();
  done(await target.exchange(parcel, GO));
  const deny = made.iam.calls.list.find(({ action }) => action === 'AttachUserPolicy');
  expect(deny?.outcome).toBe('ok');
  expect((deny?.at ?? Infinity) - began).toBeLessThan(1000);
});
