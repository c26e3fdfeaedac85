/** What main.ts joins: nothing heavy before it is needed, the right adapter for each kind, and the receiver's own hash. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { joinWorld } from '../../src/main.ts';
import type { Terminal } from '../../src/world.ts';
import { ownFolder } from '../disk/folder.ts';
import { GO, keyOf, nonce } from './place.ts';

const KEY = keyOf('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJGe05V2QpGGVKVpxUPcNJ4+Nzs7Dn3Abu9JAtAjX9tJ');
const silent: Terminal = {
  asks: false,
  tell: () => undefined,
  confirm: async () => false,
  isConfirmed: () => false,
  ask: async () => undefined,
  secret: async () => undefined,
  accepts: () => false,
  watch: () => ({ begin: () => undefined, end: () => undefined, stop: () => undefined }),
};

function world(repo = ownFolder()) {
  const home = ownFolder();
  return joinWorld({ repo, terminal: silent, env: { HOME: home } });
}

const place = (kind: string, more = {}) => ({
  id: `srv_${'0'.repeat(26)}`,
  name: 'web-1',
  kind,
  organization: 'acme',
  address: '127.77.0.1',
  port: 1,
  hostKeys: [KEY],
  ...more,
});
const parcel = () => ({ nonce: nonce(), about: [], revocations: [], releases: [] });

test('ssh2 and sshpk are loaded when a server is reached and not before', () => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const script = `
    import { createRequire } from 'node:module';
    const cache = createRequire(import.meta.url).cache;
    const loaded = () => ['ssh2', 'sshpk'].filter((name) => Object.keys(cache).some((path) => path.includes('/node_modules/' + name + '/')));
    const { joinWorld } = await import(${JSON.stringify(main)});
    const world = await joinWorld({ repo: ${JSON.stringify(ownFolder())}, terminal: {}, env: { HOME: '/nonexistent' } });
    await world.repository.read(['keys']); await world.settings.read('acme'); await world.receiver();
    const before = loaded();
    await world.target(${JSON.stringify({ ...place('server'), hostKeys: [] })}, undefined);
    console.log(JSON.stringify([before, loaded()]));`;
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  expect(JSON.parse(said)).toEqual([[], ['ssh2']]);
});

test('a kind nobody knows is unknown, an AWS account without its number is refused: neither is ever done', async () => {
  const joined = await world();
  const there = await joined.target(place('mainframe'), undefined);
  expect(await there.exchange(parcel(), GO)).toMatchObject({ kind: 'unknown', why: expect.stringContaining('mainframe') });
  expect(await there.offer([{ account: 'a', key: KEY }], GO)).toMatchObject([{ kind: 'unknown' }]);
  const account = await joined.target(place('aws-iam'), undefined);
  expect(await account.exchange(parcel(), GO)).toMatchObject({ kind: 'refused', why: expect.stringContaining('account-id') });
  expect(await account.offer([{ account: 'a', key: KEY }], GO)).toMatchObject([{ kind: 'unknown' }]);
});

test("the courier's key is the one named, else the one in the settings, else none; a way of one's own needs none", async () => {
  const joined = await world();
  const file = join(ownFolder(), 'courier');
  await expect(joined.target(place('server'), file)).rejects.toMatchObject({
    code: 'key',
    message: expect.stringContaining('there is no private key file'),
  });
  expect(await (await joined.target(place('server'), undefined)).exchange(parcel(), GO)).toMatchObject({
    kind: 'unknown',
    why: expect.stringContaining("no courier's key"),
  });
  await joined.settings.write('acme', { courierKeyFile: file });
  await expect(joined.target(place('server'), undefined)).rejects.toMatchObject({ code: 'key' });
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  const again = await world();
  await again.settings.write('acme', { courierKeyFile: file });
  expect(await (await again.target(place('server'), undefined)).exchange(parcel(), GO)).toMatchObject({
    kind: 'unknown',
    why: expect.stringContaining('nothing listens'),
  });
  expect(
    await (await joined.target(place('server', { via: ['true'] }), undefined)).exchange(parcel(), GO),
  ).toMatchObject({ kind: 'unknown', why: expect.stringContaining('no receipt') });
});

test('the receiver it carries is the two programs, by the hash of their bytes', async () => {
  const bytes = ['keyward-receive', 'keyward-look'].map((name) =>
    readFileSync(new URL(`../../src/receiver/${name}`, import.meta.url)),
  );
  const { text, hash } = await (await world()).receiver();
  expect(hash).toBe(createHash('sha256').update(Buffer.concat(bytes)).digest('hex'));
  expect(Buffer.from(text).equals(Buffer.concat(bytes))).toBe(true);
});

test('a new key goes into a file of its own, with its passphrase, and never over another', async () => {
  const { keyMaker } = await world();
  const file = join(ownFolder(), 'id');
  const line = await keyMaker.make(file, 'correct horse battery', 'alice');
  const opened = execFileSync('ssh-keygen', ['-y', '-P', 'correct horse battery', '-f', file], { encoding: 'utf8' });
  expect(opened.split(' ').slice(0, 2).join(' ').trim()).toBe(line.split(' ').slice(0, 2).join(' '));
  await expect(keyMaker.make(file, 'correct horse battery', 'alice')).rejects.toMatchObject({ code: 'key' });
  writeFileSync(`${file}.pub`, `${line}\n`);
});
