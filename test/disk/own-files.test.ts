/** Settings, journal and private key files: modes, strict reading, and what a crash leaves. */
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseInstant } from '../../src/core/access/instant.ts';
import { openJournals, openSettings, ownFolders, readPrivateFile, writePrivateFile } from '../../src/disk/index.ts';
import type { Settings } from '../../src/world.ts';
import { bytesOf, ownFolder, textOf } from './folder.ts';

const NOW = parseInstant('2026-11-24T20:00:00Z');
const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJGe05V2QpGGVKVpxUPcNJ4+Nzs7Dn3Abu9JAtAjX9tJ';

function foldersIn(home: string) {
  return ownFolders({ XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state') });
}

describe('own folders', () => {
  test('XDG, with the defaults of the specification; a relative one is passed over', () => {
    expect(ownFolders({ HOME: '/home/a' }).config('acme')).toBe('/home/a/.config/keyward/acme');
    expect(ownFolders({ HOME: '/home/a', XDG_STATE_HOME: 'rel' }).state('acme')).toBe(
      '/home/a/.local/state/keyward/acme',
    );
    expect(() => ownFolders({}).config('../acme')).toThrow(/not the name of an organization/);
  });
});

describe('settings', () => {
  const full: Settings = {
    me: 'alice',
    signingKey: { publicLine: KEY, file: '/home/alice/.ssh/id_ed25519' },
    courierKeyFile: '/home/alice/courier',
    firstRelease: 'a'.repeat(64),
    verified: { number: 3, hash: 'b'.repeat(64) },
    highestSigned: 3,
    via: { 'web-1': ['ssh', 'jump', 'web-1'] },
  };

  test('written 0600 in a 0700 folder and read again; nothing there is no settings', async () => {
    const store = openSettings(foldersIn(ownFolder()));
    expect(await store.read('acme')).toEqual({});
    await store.write('acme', full);
    expect(await store.read('acme')).toEqual(full);
    expect(await store.read('other')).toEqual({});
    expect(statSync(store.path('acme')).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(store.path('acme'))).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['{', 'is not JSON'],
    ['[]', 'must be an object'],
    ['{"mee": "alice"}', 'mee is not a setting'],
    ['{"__proto__": {}}', '__proto__ is not a setting'],
    ['{"me": "Alice"}', 'me must match'],
    ['{"signingKey": {"file": "/x"}}', 'signingKey.publicLine is missing'],
    ['{"signingKey": {"publicLine": "ssh-ed25519 AAAA"}}', 'signingKey.publicLine must be a public key line'],
    ['{"courierKeyFile": "courier"}', 'courierKeyFile must be an absolute path'],
    ['{"firstRelease": "abc"}', 'firstRelease must be 64'],
    ['{"verified": {"number": 0, "hash": ""}}', 'verified.number must be a whole number'],
    ['{"via": {"web-1": "ssh web-1"}}', 'via.web-1 must be a list of words'],
  ])('%s says what is wrong', async (text, wrong) => {
    const store = openSettings(foldersIn(ownFolder()));
    await store.write('acme', full);
    writeFileSync(store.path('acme'), text);
    await expect(store.read('acme')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(wrong) });
  });

  test('a file that others can write is not believed', async () => {
    const store = openSettings(foldersIn(ownFolder()));
    await store.write('acme', full);
    chmodSync(store.path('acme'), 0o666);
    await expect(store.read('acme')).rejects.toMatchObject({ code: 'trust' });
  });
});

describe('the journal', () => {
  test('each line carries the hash of the line before, in the order of the calls', async () => {
    const store = openJournals(foldersIn(ownFolder()));
    const journal = await store.begin('acme', 'offboard', NOW);
    const hashes = await Promise.all(Array.from({ length: 20 }, (_, i) => journal.append({ what: 'sent', i })));
    const [run, ...others] = await store.runs('acme');
    expect(others).toEqual([]);
    expect(run?.lines).toHaveLength(21);
    const events = (run?.lines ?? []).map((line) => JSON.parse(line));
    const own = (run?.lines ?? []).map((line) => createHash('sha256').update(line).digest('hex'));
    expect(events.map((event) => event.previous)).toEqual(['-', ...own.slice(0, -1)]);
    expect(own.slice(1)).toEqual(hashes);
    expect(events.slice(1).map((event) => event.i)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(statSync(journal.path).mode & 0o777).toBe(0o600);
    expect(run?.name).toMatch(/^20261124T200000Z-[0-9a-f]{12}\.jsonl$/);
  });

  test('a line that a crash tore is told apart, and the others are read', async () => {
    const store = openJournals(foldersIn(ownFolder()));
    const journal = await store.begin('acme', 'deliver', NOW);
    await journal.append({ what: 'sent' });
    appendFileSync(journal.path, '{"previous":"ab');
    const [run] = await store.runs('acme');
    expect(run?.lines).toHaveLength(2);
    expect(run?.torn).toBe('{"previous":"ab');
  });

  test('a journal moved away under the run stops the run', async () => {
    const store = openJournals(foldersIn(ownFolder()));
    const journal = await store.begin('acme', 'deliver', NOW);
    renameSync(journal.path, `${journal.path}.away`);
    await expect(journal.append({ what: 'sent' })).rejects.toMatchObject({ code: 'disk' });
  });

  test('runs oldest first, of one organization only', async () => {
    const store = openJournals(foldersIn(ownFolder()));
    const later = await store.begin('acme', 'b', parseInstant('2026-11-25T00:00:00Z'));
    const first = await store.begin('acme', 'a', NOW);
    await store.begin('other', 'c', NOW);
    expect((await store.runs('acme')).map((run) => run.name)).toEqual(
      [first, later].map((run) => run.path.split('/').at(-1)),
    );
    expect(await store.runs('nobody')).toEqual([]);
  });
});

describe('private key files', () => {
  test('written once, 0600, and read back', async () => {
    const file = join(ownFolder(), 'keys/alice');
    await writePrivateFile(file, bytesOf('secret'));
    expect(textOf(await readPrivateFile(file))).toBe('secret');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await expect(writePrivateFile(file, bytesOf('another'))).rejects.toMatchObject({
      code: 'key',
      message: expect.stringContaining('exists already'),
    });
    expect(readFileSync(file, 'utf8')).toBe('secret');
  });

  test('never through a link, nor over one that leads nowhere', async () => {
    const folder = ownFolder();
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'key'));
    await expect(writePrivateFile(join(folder, 'key'), bytesOf('secret'))).rejects.toMatchObject({ code: 'key' });
    await expect(readPrivateFile(join(folder, 'key'))).rejects.toThrow();
  });

  test('a key that others can read is refused, and the message holds nothing of it', async () => {
    const file = join(ownFolder(), 'key');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, 'secret', { mode: 0o644 });
    chmodSync(file, 0o640);
    await expect(readPrivateFile(file)).rejects.toMatchObject({ code: 'key', next: `run: chmod 600 ${file}` });
    await expect(readPrivateFile(`${file}-none`)).rejects.toMatchObject({
      code: 'key',
      message: expect.stringContaining('there is no private key file'),
    });
  });
});
