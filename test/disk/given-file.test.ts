/** A file named on the command line that is none, or too large, is a wrong argument: status 3, with what, where and what next. */
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT } from '../../src/core/failure.ts';
import { isThere, readGiven } from '../../src/disk/index.ts';
import { ownFolder } from './folder.ts';

test.each([
  ['folder', 'is a folder; a file is read here', /path of a file, or -/],
  ['folder/', 'is a folder; a file is read here', /path of a file, or -/],
  ['link', 'is a symbolic link; a file is read here', /path of a file, or -/],
  ['large', 'is larger than 1048576 bytes; nothing of it was read', /1 MiB.*in parts/],
  ['nothing', 'there is no file ', /path of a file, or -/],
  ['small/beneath', 'there is no file ', /path of a file, or -/],
])('%s', async (name, message, next) => {
  const root = ownFolder();
  mkdirSync(join(root, 'folder'));
  writeFileSync(join(root, 'small'), 'web-1\n');
  symlinkSync('small', join(root, 'link'));
  writeFileSync(join(root, 'large'), '');
  truncateSync(join(root, 'large'), 1024 * 1024 + 1);
  const path = `${root}/${name}`;
  const wrong = { code: 'usage', exit: EXIT.wrong, message: expect.stringContaining(message), next: expect.stringMatching(next) };
  await expect(readGiven(path, 'public')).rejects.toMatchObject(wrong);
  await expect(readGiven(path, 'public')).rejects.toThrow(path);
});

test('one that is plain is read up to the last byte, and what lies beneath a file is not there', async () => {
  const path = join(ownFolder(), 'list');
  writeFileSync(path, 'w'.repeat(1024 * 1024));
  expect(await readGiven(path, 'public')).toHaveLength(1024 * 1024);
  expect(await isThere(`${path}/beneath`)).toBe(false);
});
