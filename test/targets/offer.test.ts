/** What a real sshd lists, found out with public keys only; and what is no answer. */
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { offerKeys } from '../../src/targets/servers/offer.ts';
import { LIMITS } from '../../src/targets/servers/connection.ts';
import type { Offer } from '../../src/world.ts';
import { makeKey, needs, startFleet } from '../fleet/index.ts';
import type { Fleet, KeyPair, TestServer } from '../fleet/index.ts';
import { GO, Hasty, keyFolder, keyOf, placeOf, securityKeyLine } from './place.ts';

describe.skipIf(needs() !== undefined)('offering keys to sshd', () => {
  const folder = keyFolder();
  let fleet: Fleet;
  let server: TestServer;
  const keys: KeyPair[] = [];
  let security = '';

  beforeAll(async () => {
    fleet = await startFleet(['web-1']);
    server = fleet.server('web-1');
    for (const [i, type] of (
      ['ed25519', 'ecdsa', 'rsa', 'ed25519', 'ed25519', 'rsa', 'ed25519', 'ed25519'] as const
    ).entries()) {
      keys.push(await makeKey(folder.path, `key-${i}`, { type }));
    }
    security = securityKeyLine(folder.path, 'security');
    const listed = [keys[1], keys[2], keys[6]].map((key) => key?.publicLine ?? '');
    await server.addUser('bob', { authorizedKeys: [...listed, `restrict ${security}`] });
    await server.addUser('carol', { authorizedKeys: [keys[0]?.publicLine ?? ''] });
  });
  afterAll(async () => {
    folder.remove();
    await fleet?.stop();
  });

  const offersOn = (account: string): Offer[] =>
    [...keys.map((key) => key.publicLine), security].map((line) => ({ account, key: keyOf(line) }));
  const say = async (offers: readonly Offer[], more = {}, pace = new Hasty()) =>
    (await offerKeys({ ...placeOf(server), ...more }, offers, LIMITS, pace, GO)).map((answer) =>
      answer.kind === 'done' ? answer.value : answer.kind,
    );

  test('nine keys on two accounts: each its own answer, RSA and security keys too', async () => {
    const pace = new Hasty();
    expect(await say([...offersOn('bob'), ...offersOn('carol')], {}, pace)).toEqual([
      'refused',
      'accepted',
      'accepted',
      'refused',
      'refused',
      'refused',
      'accepted',
      'refused',
      'accepted',
      'accepted',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
      'refused',
    ]);
    // At most five offers each, and an RSA key that is refused takes two: bob 10 attempts, carol 11.
    expect(pace.turns).toBe(5);
    expect(await server.sshdLog()).not.toContain('Too many authentication failures');
  });

  test('an account that is not there refuses; a name that cannot be one is not looked for', async () => {
    const [offer] = offersOn('nobody-such');
    expect(offer).toBeDefined();
    expect(await say(offer === undefined ? [] : [offer, { ...offer, account: 'a b' }])).toEqual(['refused', 'unknown']);
  });

  test('a server that allows two tries in a connection still answers every key', async () => {
    await server.write('/etc/ssh/sshd_config.d/10-tries.conf', 'MaxAuthTries 2\n');
    await server.reloadSshd();
    try {
      const pace = new Hasty();
      expect(await say(offersOn('bob'), {}, pace)).toEqual([
        'refused',
        'accepted',
        'accepted',
        'refused',
        'refused',
        'refused',
        'accepted',
        'refused',
        'accepted',
      ]);
      expect(pace.turns).toBeGreaterThan(2);
    } finally {
      await server.must('rm /etc/ssh/sshd_config.d/10-tries.conf');
      await server.reloadSshd();
    }
  });

  test('a server that takes only one of the RSA algorithms accepts the key all the same', async () => {
    await server.write(
      '/etc/ssh/sshd_config.d/10-algorithms.conf',
      'PubkeyAcceptedAlgorithms rsa-sha2-256,ssh-ed25519\n',
    );
    await server.reloadSshd();
    try {
      const [first, , rsa] = offersOn('bob');
      const offers = [first, first, first, first, rsa].flatMap((offer) => offer ?? []);
      expect(await say(offers.slice(4))).toEqual(['accepted']);
      // As the fifth of a connection only its first algorithm is tried there; that one's no is not the key's.
      expect(await say(offers)).toEqual(['refused', 'refused', 'refused', 'refused', 'accepted']);
    } finally {
      await server.must('rm /etc/ssh/sshd_config.d/10-algorithms.conf');
      await server.reloadSshd();
    }
  });

  test('another host key: refused before a user name is said, and no further connection is made', async () => {
    const other = await makeKey(folder.path, `other-${Math.random()}`);
    const pace = new Hasty();
    const before = await server.sshdLog();
    expect(await say(offersOn('mallory-looked'), { hostKeys: [keyOf(other.publicLine)] }, pace)).toEqual(
      Array.from({ length: 9 }, () => 'refused'),
    );
    expect(pace.turns).toBe(1);
    expect((await server.sshdLog()).slice(before.length)).not.toContain('mallory-looked');
  });

  const twoOffers = (): Offer[] => offersOn('bob').slice(0, 2);
  /** What is told over a line that lets so many bytes come back, on its first connection; further ones are closed. */
  async function throughProxy(offers: readonly Offer[], most: number) {
    let passes = 1;
    let bytes = 0;
    const proxy = createServer((from) => {
      if (passes-- <= 0) return void from.destroy();
      const to = fleetSocket(server);
      from.pipe(to);
      to.on('data', (chunk) => {
        const part = chunk.subarray(0, Math.max(0, most - bytes));
        bytes += part.length;
        if (bytes < most) from.write(part);
        else from.end(part);
      });
      for (const socket of [from, to])
        socket.on('error', () => undefined).on('close', () => (from.destroy(), to.destroy()));
    });
    await new Promise<void>((resolve) => proxy.listen(0, server.address, resolve));
    const told = await say(offers, { port: (proxy.address() as { port: number }).port });
    await new Promise((resolve) => proxy.close(resolve));
    return { told, bytes };
  }

  test('closed after the second answer: two are told, the rest are unknown and none is called refused', async () => {
    // A real sshd behind a line that breaks after as many bytes as two answers take, wherever chunks begin and end.
    const whole = await throughProxy(twoOffers(), Infinity);
    expect(whole.told).toEqual(['refused', 'accepted']);
    const { told } = await throughProxy(offersOn('bob'), whole.bytes);
    const answered = told.filter((answer) => answer !== 'unknown');
    expect(answered.length).toBeGreaterThan(0);
    expect(answered.length).toBeLessThan(5);
    const truth = [
      'refused',
      'accepted',
      'accepted',
      'refused',
      'refused',
      'refused',
      'accepted',
      'refused',
      'accepted',
    ];
    expect(told.map((answer, i) => (answer === 'unknown' ? truth[i] : answer))).toEqual(truth);
  });

  test('nothing listens, and an interrupted run: unknown', async () => {
    expect(await say(offersOn('bob').slice(0, 2), { port: 1 })).toEqual(['unknown', 'unknown']);
    const stop = new AbortController();
    stop.abort();
    const told = await offerKeys(placeOf(server), offersOn('bob').slice(0, 1), LIMITS, new Hasty(), stop.signal);
    expect(told).toMatchObject([{ kind: 'unknown', why: expect.stringContaining('stopped') }]);
  });
});

import { connect } from 'node:net';
function fleetSocket(server: TestServer) {
  return connect({ host: server.address, port: server.port });
}
