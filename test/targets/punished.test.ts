/**
 * OpenSSH from 9.8 on passes over an address for a while after several connections without a login. With keyward's pace it
 * never does; without it, answers are missing, and none of them is taken for a refusal. Needs a root tree of such a release.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/targets/servers/connection.ts';
import { offerKeys } from '../../src/targets/servers/offer.ts';
import { Pacing } from '../../src/targets/servers/pacing.ts';
import type { Offer } from '../../src/world.ts';
import { makeKey, needs, startFleet } from '../fleet/index.ts';
import type { Fleet } from '../fleet/index.ts';
import { trees } from '../fleet/trees.ts';
import { GO, Hasty, keyFolder, keyOf, placeOf } from './place.ts';

/** How sshd says that it passed over a connection. */
const DROPPED = /drop connection .* penalty/;
const punishing = trees().find(({ version }) => version === 'OpenSSH_10.0');

describe.skipIf(needs() !== undefined || punishing === undefined)('a server that punishes, with its defaults', () => {
  const folder = keyFolder();
  let fleet: Fleet;
  let offers: readonly Offer[] = [];
  const ACCOUNTS = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal'];

  beforeAll(async () => {
    fleet = await startFleet(['paced', 'hurried'], punishing?.tree === undefined ? {} : { tree: punishing.tree });
    const [listed, other] = [await makeKey(folder.path, 'listed'), await makeKey(folder.path, 'other')];
    for (const server of fleet.servers.values())
      for (const account of ACCOUNTS) await server.addUser(account, { authorizedKeys: [listed.publicLine] });
    offers = ACCOUNTS.flatMap((account) => [other, listed].map((key) => ({ account, key: keyOf(key.publicLine) })));
  });
  afterAll(async () => {
    folder.remove();
    await fleet?.stop();
  });

  const truth = ACCOUNTS.flatMap(() => ['refused', 'accepted']);
  const ask = async (name: string, pacing: Pacing): Promise<readonly string[]> =>
    (await offerKeys(placeOf(fleet.server(name)), offers, LIMITS, pacing, GO)).map((answer) =>
      answer.kind === 'done' ? answer.value : answer.kind,
    );

  test('eight accounts at our pace: every answer comes, and is right', async () => {
    expect(await ask('paced', new Pacing())).toEqual(truth);
    expect(await fleet.server('paced').sshdLog()).not.toMatch(DROPPED);
  }, 120_000);

  test('the same without a pace: some answers are missing, and those that come are right', async () => {
    const answers = await ask('hurried', new Hasty());
    expect(answers).toContain('unknown');
    expect(answers.map((answer, i) => (answer === 'unknown' ? truth[i] : answer))).toEqual(truth);
    expect(await fleet.server('hurried').sshdLog()).toMatch(DROPPED);
  });
});
