/** The repository as bytes: what is read, what is refused before it is read, and that a write is whole. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { findRepository, openRepository } from '../../src/disk/index.ts';
import { bytesOf, ownFolder, textOf } from './folder.ts';

describe('reading', () => {
  test('files and folders by name; what is not there is left out', async () => {
    const root = ownFolder();
    mkdirSync(join(root, 'releases/1'), { recursive: true });
    writeFileSync(join(root, 'access-policy.yaml'), 'version: 1\n');
    writeFileSync(join(root, 'releases/1/release'), 'one\n');
    writeFileSync(join(root, 'README.md'), 'not asked for');
    const files = await (await openRepository(root)).read(['releases', 'access-policy.yaml', 'keys', 'keys/none.pub']);
    expect([...files].map(([path, bytes]) => [path, textOf(bytes)])).toEqual([
      ['access-policy.yaml', 'version: 1\n'],
      ['releases/1/release', 'one\n'],
    ]);
  });

  test('names directly in a folder, sorted; none where there is no folder', async () => {
    const root = ownFolder();
    mkdirSync(join(root, 'keys/deeper'), { recursive: true });
    for (const name of ['b.pub', 'a.pub', '.keyward-0123456789abcdef.tmp']) writeFileSync(join(root, 'keys', name), '');
    const repository = await openRepository(root);
    expect(await repository.list('keys')).toEqual(['a.pub', 'b.pub', 'deeper']);
    expect(await repository.list('signers')).toEqual([]);
  });

  test('a link out of the repository is never followed: file, folder on the way, folder asked for', async () => {
    const outside = ownFolder();
    writeFileSync(join(outside, 'alice.pub'), 'someone else');
    const root = ownFolder();
    mkdirSync(join(root, 'keys'));
    symlinkSync(join(outside, 'alice.pub'), join(root, 'keys/alice.pub'));
    symlinkSync(outside, join(root, 'signers'));
    const repository = await openRepository(root);
    for (const path of ['keys', 'keys/alice.pub', 'signers', 'signers/alice.pub']) {
      await expect(repository.read([path]), path).rejects.toThrow(/symbolic link/);
    }
    await expect(repository.write(new Map([['signers/new.pub', bytesOf('x')]]))).rejects.toThrow(/symbolic link/);
    await expect(repository.write(new Map([['signers/deep/er/new.pub', bytesOf('x')]]))).rejects.toThrow(
      /symbolic link/,
    );
    await expect(repository.remove(['signers/alice.pub'])).rejects.toThrow(/symbolic link/);
    expect(readdirSync(outside)).toEqual(['alice.pub']);
  });

  test.each([
    '../up',
    'keys/../../up',
    '/etc/passwd',
    'keys//a',
    '',
    '.',
    '.git/config',
    'keys/.GIT/x',
    'a\nb',
    'a b',
    'ä',
    'a\\b',
  ])('the path %j is refused whatever is asked', async (path) => {
    const repository = await openRepository(ownFolder());
    for (const act of [
      repository.read([path]),
      repository.write(new Map([[path, bytesOf('')]])),
      repository.remove([path]),
      repository.list(path),
      repository.commit([path], 'x'),
    ]) {
      await expect(act).rejects.toMatchObject({ code: 'disk' });
    }
  });

  test('a file whose name is not read fails by name and is not passed over', async () => {
    const root = ownFolder();
    mkdirSync(join(root, 'signers'));
    writeFileSync(join(root, 'signers/al ice.pub'), '');
    await expect((await openRepository(root)).read(['signers'])).rejects.toThrow(/signers holds a file .*al ice\.pub/);
  });

  test('8 MiB are read; one byte more is refused before any of it is', async () => {
    const root = ownFolder();
    writeFileSync(join(root, 'at-the-cap'), '');
    truncateSync(join(root, 'at-the-cap'), 8 * 1024 * 1024);
    writeFileSync(join(root, 'above'), '');
    truncateSync(join(root, 'above'), 8 * 1024 * 1024 + 1);
    const repository = await openRepository(root);
    expect((await repository.read(['at-the-cap'])).get('at-the-cap')?.length).toBe(8 * 1024 * 1024);
    await expect(repository.read(['above'])).rejects.toThrow(/larger than 8388608/);
  });

  test('a pipe laid in the place of a file does not hold the run up', async () => {
    const root = ownFolder();
    execFileSync('mkfifo', [join(root, 'access-policy.yaml')]);
    await expect((await openRepository(root)).read(['access-policy.yaml'])).rejects.toThrow(
      /neither a file nor a folder/,
    );
  });
});

describe('writing', () => {
  test('makes folders, replaces, keeps the mode of what was there, and leaves nothing beside it', async () => {
    const root = ownFolder();
    const repository = await openRepository(root);
    await repository.write(new Map([['releases/2/release', bytesOf('old')]]));
    chmodSync(join(root, 'releases/2/release'), 0o664);
    await repository.write(
      new Map([
        ['releases/2/release', bytesOf('new')],
        ['keys/a.pub', bytesOf('k')],
      ]),
    );
    expect(readFileSync(join(root, 'releases/2/release'), 'utf8')).toBe('new');
    expect(statSync(join(root, 'releases/2/release')).mode & 0o777).toBe(0o664);
    expect(readdirSync(join(root, 'releases/2'))).toEqual(['release']);
  });

  test('when one of several cannot be written none is, and nothing is left', async () => {
    const root = ownFolder();
    mkdirSync(join(root, 'keys/folder'), { recursive: true });
    const repository = await openRepository(root);
    const files = new Map([
      ['keys/a.pub', bytesOf('a')],
      ['keys/folder', bytesOf('b')],
    ]);
    await expect(repository.write(files)).rejects.toBeInstanceOf(Failure);
    expect(readdirSync(join(root, 'keys'))).toEqual(['folder']);
  });

  test('sweeps what an interrupted write left an hour ago, not what another run is writing now', async () => {
    const root = ownFolder();
    const [old, young] = ['.keyward-00000000000000aa.tmp', '.keyward-00000000000000bb.tmp'].map((name) =>
      join(root, name),
    );
    for (const path of [old, young]) writeFileSync(path ?? '', '');
    utimesSync(old ?? '', 1, 1);
    await (await openRepository(root)).write(new Map([['a', bytesOf('a')]]));
    expect([existsSync(old ?? ''), existsSync(young ?? '')]).toEqual([false, true]);
  });

  test('removes what is there and minds nothing that is not', async () => {
    const root = ownFolder();
    const repository = await openRepository(root);
    await repository.write(new Map([['keys/a.pub', bytesOf('a')]]));
    await repository.remove(['keys/a.pub', 'keys/b.pub', 'none/c']);
    expect(readdirSync(join(root, 'keys'))).toEqual([]);
  });
});

describe('finding', () => {
  test('the nearest folder upwards; none is a failure that says where it looked', async () => {
    const root = ownFolder();
    mkdirSync(join(root, 'a/b/c'), { recursive: true });
    writeFileSync(join(root, 'access-policy.yaml'), '');
    writeFileSync(join(root, 'a/b/access-policy.yaml'), '');
    expect(await findRepository(join(root, 'a/b/c'))).toBe(join(root, 'a/b'));
    expect(await findRepository(join(root, 'a'))).toBe(root);
    await expect(findRepository(ownFolder())).rejects.toMatchObject({ code: 'no-repository' });
    await expect(openRepository(join(root, 'none'))).rejects.toMatchObject({ code: 'no-repository' });
  });
});
