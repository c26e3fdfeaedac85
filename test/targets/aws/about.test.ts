/** Who asks about somebody, before taking them out, waits for what is theirs and for nobody else. */
import { afterEach, expect, test } from 'vitest';
import { GO } from '../place.ts';
import { done, endAccount, give, looking, makeAccount, targetThere } from './account.ts';
import type { AwsBench } from './account.ts';

let account: AwsBench | undefined;
afterEach(() => endAccount(account));

test('a look about one login asks for nobody else, and tells what ends with it', async () => {
  const made = await makeAccount();
  account = made;
  const { bench, iam } = made;
  const target = targetThere(made);
  await give(made, target, (['alice', 'bob', 'carol', 'dave', 'erin'] as const).map((name) => ({ name, rights: ['group billing'] })));
  iam.hands.do('CreateAccessKey', { UserName: 'erin' });
  const named = (): ReadonlySet<string> => new Set(iam.calls.list.flatMap(({ parameters }) => parameters['UserName'] ?? []));
  iam.calls.clear();
  const receipt = done(await target.exchange(looking([bench.ids.erin]), GO));
  expect(receipt.running.map(({ account: whose, kind, count }) => `${whose} ${kind} ${count}`).sort()).toEqual(['erin access-key 1', 'erin login 1']);
  expect(named()).toEqual(new Set(['erin']));
  expect(iam.calls.actions).not.toContain('GenerateCredentialReport');
});
