/** Keys offered before and after on one connection to a real sshd; and when a new connection must be asked. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/targets/servers/connection.ts';
import { offerTwice } from '../../src/targets/servers/offer-twice.ts';
import type { Offer } from '../../src/world.ts';
import { makeKey, needs, startFleet } from '../fleet/index.ts';
import type { Fleet, KeyPair, TestServer } from '../fleet/index.ts';
import { GO, Hasty, keyFolder, keyOf, placeOf } from './place.ts';

const HOME = '/home/bob/.ssh/authorized_keys';
const REVOKED = '/etc/ssh/revoked-of-test';

describe.skipIf(needs() !== undefined)('offering keys twice', () => {
  const folder = keyFolder();
  let fleet: Fleet;
  let server: TestServer;
  let keys: readonly KeyPair[];

  beforeAll(async () => {
    fleet = await startFleet(['web-1']);
    server = fleet.server('web-1');
    keys = await Promise.all((['ed25519', 'rsa', 'ecdsa', 'ed25519'] as const).map((type, i) => makeKey(folder.path, `key-${i}`, { type })));
    await server.addUser('bob', { authorizedKeys: [] });
    await server.write(REVOKED, '');
    await server.write('/etc/ssh/sshd_config.d/10-revoked.conf', `RevokedKeys ${REVOKED}\n`);
    await server.reloadSshd();
  });
  beforeEach(() => list([0, 1, 2]));
  afterAll(async () => {
    folder.remove();
    await fleet?.stop();
  });

  const list = async (which: readonly number[]): Promise<void> => {
    await server.write(HOME, which.map((i) => `${keys[i]?.publicLine}\n`).join(''));
    await server.must(`chown bob ${HOME}; : > ${REVOKED}`);
  };
  const offers = (which: readonly number[]): Offer[] => which.map((i) => ({ account: 'bob', key: keyOf(keys[i]?.publicLine ?? '') }));
  const words = (answers: readonly { readonly kind: string; readonly value?: string }[]): string => answers.map(({ kind, value }) => value ?? kind).join(' ');

  /** The first answers, the last ones, and how many connections were made. */
  async function twice(which: readonly number[], between: () => Promise<unknown>, yes = true): Promise<readonly [string, string, number]> {
    const pace = new Hasty();
    const first: string[] = [];
    const again = async (answers: Parameters<typeof words>[0]): Promise<boolean> => {
      first.push(words(answers));
      await between();
      return yes;
    };
    const last = await offerTwice(placeOf(server), offers(which), again, LIMITS, pace, GO);
    return [first.join('|'), words(last), pace.turns];
  }
  const nothing = async (): Promise<void> => undefined;

  test.each([
    ['the list of keys is emptied', () => server.must(`: > ${HOME}`)],
    ['the list of keys is gone', () => server.must(`rm ${HOME}`)],
    ['the keys are revoked', () => server.write(REVOKED, keys.map((key) => `${key.publicLine}\n`).join(''))],
  ] as const)('%s: refused on the connection that accepted before', async (_, between) => {
    // An RSA key that is refused takes two tries.
    expect(await twice([0, 1, 2], between)).toEqual(['accepted accepted accepted', 'refused refused refused', 1]);
    expect(await server.sshdLog()).not.toContain('Too many authentication failures');
  });

  test('a key that came in between is accepted, on a new connection, since only a no is taken from the old one', async () => {
    expect(await twice([3], () => list([3]))).toEqual(['refused', 'accepted', 2]);
  });

  test('nothing changed: still accepted, and asked on a new connection; where that is not wanted, the first answers', async () => {
    expect(await twice([0], nothing)).toEqual(['accepted', 'accepted', 2]);
    expect(await twice([0], nothing, false)).toEqual(['accepted', 'accepted', 1]);
  });

  test('more refusals than one connection bears: a connection for each round', async () => {
    expect(await twice([3, 0, 1, 2], () => server.must(`: > ${HOME}`))).toEqual(['refused accepted accepted accepted', 'refused refused refused refused', 3]);
  });

  test('the server ends the connection in between: a new one is asked', async () => {
    const between = (): Promise<string> => server.must("pkill -f '^sshd: bob' || pkill -f 'sshd.*\\[net\\]'; : > /home/bob/.ssh/authorized_keys");
    expect(await twice([0], between)).toEqual(['accepted', 'refused', 2]);
  });

  test('nobody is there: asked once, and told so', async () => {
    const told: string[] = [];
    const last = await offerTwice({ ...placeOf(server), port: 1 }, offers([0]), async (first) => (told.push(words(first)), false), LIMITS, new Hasty(), GO);
    expect([told, words(last)]).toEqual([['unknown'], 'unknown']);
  });
});
