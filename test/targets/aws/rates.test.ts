/**
 * A thousand logins against a limit of calls a second: none is lost, at most three calls each while all is as it is meant,
 * and not much slower than the limit allows. The clocks of both sides stand and jump (virtual-time.ts).
 */
import { afterEach, expect, test } from 'vitest';
import { newId } from '../../../src/core/access/index.ts';
import { splitSigned } from '../../../src/core/texts/index.ts';
import type { Outcome, Answer, Parcel, Signed } from '../../../src/world.ts';
import { GO } from '../place.ts';
import { done, endAccount, give, looking, makeAccount, manifestThere, PATH, placeThere, revoking, TARGET, targetThere } from './account.ts';
import type { AwsBench } from './account.ts';
import { inVirtualTime } from './virtual-time.ts';

let account: AwsBench | undefined;
afterEach(() => endAccount(account));

const [USERS, RATE] = [1000, 15];
/** Logins that somebody made a key for. */
const BY_HAND = new Set(Array.from({ length: 10 }, (_, i) => `user-${i * 97}`));

/** So many logins, as the release in `parcel` gives them. */
async function company(made: AwsBench): Promise<Parcel & { readonly releases: readonly Signed[]; readonly manifest: string }> {
  const { bench, iam, settings } = made;
  const lines: string[][] = [[], []];
  for (let i = 0; i < USERS; i += 1) {
    const [id, name] = [newId('emp', new Uint8Array(16).fill(i % 256, 0, 8).fill(i >> 8, 8)), `user-${i}`];
    const Tags = [{ Key: 'keyward:id', Value: id }, { Key: 'keyward:target', Value: TARGET }];
    iam.hands.do('CreateUser', { UserName: name, Path: PATH, PermissionsBoundary: settings['boundary'] ?? '', Tags });
    iam.hands.do('AddUserToGroup', { UserName: name, GroupName: 'billing' });
    lines[0]?.push(`account ${id} ${name} - new - -`);
    lines[1]?.push(`right ${id} ${name} - group billing`);
  }
  const accounts = (lines[0] ?? []).sort((a, b) => ((a.split(' ')[2] ?? '') < (b.split(' ')[2] ?? '') ? -1 : 1));
  const manifest = manifestThere(made, []) + [...accounts, ...(lines[1] ?? []).sort()].map((line) => `${line}\n`).join('');
  return { ...looking(), releases: [splitSigned(await bench.release([manifest]), 'release')], manifest };
}

/** Runs it against the limit, and tells what it took. Whatever was throttled was made again. */
async function measured(made: AwsBench, what: string, work: () => Promise<Outcome<Answer>>): Promise<Answer['receipt']> {
  made.iam.calls.clear();
  const began = performance.now();
  const receipt = done(await work());
  const seconds = (performance.now() - began) / 1000;
  const answered = made.iam.calls.list.filter(({ outcome }) => outcome !== 'Throttling');
  const ofClean = answered.filter(({ parameters: { UserName } }) => UserName !== undefined && !BY_HAND.has(UserName));
  const allowed = (answered.length - RATE) / RATE;
  console.log(
    `${what} ${USERS} logins: ${answered.length} calls in ${seconds.toFixed(1)} s, the limit allows ${allowed.toFixed(1)} s (${(seconds / allowed).toFixed(2)} times); ${made.iam.calls.list.length - answered.length} were throttled and made again`,
  );
  expect(seconds).toBeLessThan(1.2 * allowed);
  expect(receipt.failed).toEqual([]);
  expect(receipt.looked).toContainEqual({ what: 'account', count: USERS });
  expect(ofClean.length).toBeLessThanOrEqual(3 * (USERS - BY_HAND.size));
  return receipt;
}

test(`${USERS} logins at ${RATE} calls a second: looked at and brought to what is meant, no call lost, within 1.2 times what the limit allows`, { timeout: 180_000 }, async () => {
  const made = await makeAccount({ ratePerSecond: RATE, latency: 40, pageCap: 100 });
  account = made;
  const parcel = await company(made);
  const place = { trust: { firstRelease: placeThere(made).trust?.firstRelease ?? '', releases: [made.first, ...parcel.releases], manifest: parcel.manifest } };
  await inVirtualTime(async () => {
    const target = targetThere(made, { place, client: { settle: 10_000, requestHandler: made.iam.inProcess() } });
    for (const UserName of BY_HAND) made.iam.hands.do('CreateAccessKey', { UserName });
    const looked = await measured(made, 'looked at', () => target.exchange(looking(), GO));
    expect(looked.differs.filter(({ what }) => what === 'access-key')).toHaveLength(BY_HAND.size);
    const righted = await measured(made, 'reconciled', () => target.exchange(parcel, GO));
    expect(righted.accounts.filter(({ state }) => state === 'open')).toHaveLength(USERS);
    expect(righted.ended).toHaveLength(BY_HAND.size);
    const active = [...made.iam.account.replica.latest.users.values()].filter((user) => user.accessKeys.some((key) => key.status === 'Active'));
    expect(active.map(({ name }) => name)).toEqual([]);
  });
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
