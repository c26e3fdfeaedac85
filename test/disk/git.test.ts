/** Commits of exactly the paths named, in a real git repository. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRepository } from '../../src/disk/index.ts';
import { bytesOf, ownFolder } from './folder.ts';

function git(root: string, ...words: string[]): string {
  return execFileSync('git', ['-C', root, ...words], { encoding: 'utf8' });
}

function gitFolder(): string {
  const root = ownFolder();
  git(root, 'init', '--quiet');
  git(root, 'config', 'user.name', 'Alice');
  git(root, 'config', 'user.email', 'alice@example.com');
  return root;
}

test('commits the paths named and nothing else, also what was removed', async () => {
  const root = gitFolder();
  const repository = await openRepository(root);
  expect(await repository.head()).toMatchObject({ kind: 'unknown' });
  await repository.write(
    new Map([
      ['keys/a.pub', bytesOf('a')],
      ['keys/b.pub', bytesOf('b')],
      ['other', bytesOf('o')],
    ]),
  );
  git(root, 'add', 'other');
  expect(await repository.commit(['keys/a.pub', 'keys/b.pub'], '--amend is no option here')).toEqual({
    kind: 'done',
    value: undefined,
  });
  expect(git(root, 'show', '--name-only', '--format=%s', 'HEAD').trim().split('\n')).toEqual([
    '--amend is no option here',
    '',
    'keys/a.pub',
    'keys/b.pub',
  ]);
  expect(git(root, 'diff', '--cached', '--name-only').trim()).toBe('other');

  await repository.remove(['keys/b.pub']);
  expect(await repository.commit(['keys/b.pub', 'keys/never-there.pub'], 'out')).toMatchObject({ kind: 'done' });
  expect(git(root, 'ls-tree', '-r', '--name-only', 'HEAD').trim()).toBe('keys/a.pub');
  expect(await repository.head()).toEqual({ kind: 'done', value: git(root, 'rev-parse', 'HEAD').trim() });
});

test('nothing changed is done, without a commit', async () => {
  const root = gitFolder();
  const repository = await openRepository(root);
  await repository.write(new Map([['a', bytesOf('a')]]));
  await repository.commit(['a'], 'one');
  const before = await repository.head();
  expect(await repository.commit(['a'], 'two')).toMatchObject({ kind: 'done' });
  expect(await repository.head()).toEqual(before);
});

test('a policy that lies in a folder of a larger repository', async () => {
  const root = gitFolder();
  mkdirSync(join(root, 'access'));
  writeFileSync(join(root, 'keys'), '');
  const repository = await openRepository(join(root, 'access'));
  await repository.write(new Map([['keys', bytesOf('k')]]));
  expect(await repository.commit(['keys'], 'inside')).toMatchObject({ kind: 'done' });
  expect(git(root, 'ls-tree', '-r', '--name-only', 'HEAD').trim()).toBe('access/keys');
});

test('under no version control, and a hook that says no, are refusals with the reason', async () => {
  const bare = await openRepository(ownFolder());
  await bare.write(new Map([['a', bytesOf('a')]]));
  expect(await bare.commit(['a'], 'x')).toMatchObject({
    kind: 'refused',
    why: expect.stringContaining('version control'),
  });
  expect(await bare.head()).toMatchObject({ kind: 'unknown' });

  const root = gitFolder();
  writeFileSync(join(root, '.git/hooks/pre-commit'), '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n', {
    mode: 0o755,
  });
  const repository = await openRepository(root);
  await repository.write(new Map([['a', bytesOf('a')]]));
  expect(await repository.commit(['a'], 'x')).toEqual({ kind: 'refused', why: 'git commit: not on a Friday' });
});

test('tells the versions of many files, those of both sides of a merge and of the merge itself', async () => {
  const root = gitFolder();
  mkdirSync(join(root, 'receipts'));
  const commit = (text: string, ...names: readonly string[]): void => {
    for (const name of names) writeFileSync(join(root, 'receipts', name), text);
    git(root, 'add', '--all');
    git(root, 'commit', '--quiet', '--message', text);
  };
  const many = Array.from({ length: 130 }, (_, i) => `web-${i}`);
  commit('one', ...many);
  git(root, 'checkout', '--quiet', '-b', 'side');
  commit('side', 'web-7');
  git(root, 'checkout', '--quiet', '-');
  commit('main', 'web-7', 'web-8');
  git(root, 'merge', '--quiet', '--strategy', 'ours', '--no-commit', 'side');
  commit('both', 'web-7');
  const told = new Map<string, readonly string[]>();
  const paths = many.map((name) => `receipts/${name}`);
  await (await openRepository(root)).history(paths, (path, versions) => void told.set(path, versions.map((bytes) => Buffer.from(bytes).toString())));
  expect([...told.keys()]).toEqual(paths);
  const seven = told.get('receipts/web-7') ?? [];
  expect([seven[0], seven.at(-1), [...seven].sort()]).toEqual(['both', 'one', ['both', 'main', 'one', 'side']]);
  expect(told.get('receipts/web-8')).toEqual(['main', 'one']);
  expect(told.get('receipts/web-129')).toEqual(['one']);
});

test('tells every version of a file, byte for byte, newest first, and writes nothing', async () => {
  const top = gitFolder();
  const root = join(top, 'policy');
  mkdirSync(join(root, 'receipts'), { recursive: true });
  const write = (bytes: Uint8Array): void => writeFileSync(join(root, 'receipts/web-1'), bytes);
  const versions = [new Uint8Array([0, 10, 13, 10, 255]), bytesOf('two\n'), bytesOf('')];
  for (const bytes of versions) {
    write(bytes);
    git(top, 'add', '--all');
    git(top, 'commit', '--quiet', '--message', 'x');
  }
  git(top, 'rm', '--quiet', 'policy/receipts/web-1');
  git(top, 'commit', '--quiet', '--message', 'gone');
  mkdirSync(root, { recursive: true });
  const before = git(top, 'status', '--porcelain') + git(top, 'rev-parse', 'HEAD');
  const repository = await openRepository(root);
  const told = new Map<string, readonly Uint8Array[]>();
  const tell = (path: string, found: readonly Uint8Array[]): void => void told.set(path, found);
  expect(await repository.history(['receipts/web-1'], tell)).toEqual({ kind: 'done', value: { whole: true } });
  expect([...told]).toEqual([['receipts/web-1', versions.toReversed()]]);
  told.clear();
  expect(await repository.history(['receipts/web-9', 'receipts/web-1'], tell)).toEqual({ kind: 'done', value: { whole: true } });
  expect([...told]).toEqual([['receipts/web-9', []], ['receipts/web-1', versions.toReversed()]]);
  await expect(repository.history(['../outside'], tell)).rejects.toThrow();
  expect(git(top, 'status', '--porcelain') + git(top, 'rev-parse', 'HEAD')).toBe(before);
  expect(await (await openRepository(ownFolder())).history(['x'], tell)).toMatchObject({ kind: 'unknown' });
});

test('a clone whose own settings would have git run programs, fetch, or put other bytes in the place of some, is only read', async () => {
  const root = gitFolder();
  const ran = join(ownFolder(), 'ran');
  const program = join(root, '.git/program');
  writeFileSync(program, `#!/bin/sh\ntouch ${ran}\n`, { mode: 0o755 });
  mkdirSync(join(root, 'receipts'));
  for (const text of ['one\n', 'two\n']) {
    writeFileSync(join(root, 'receipts/web-1'), text);
    git(root, 'add', '--all');
    git(root, 'commit', '--quiet', '--message', text);
  }
  // A commit that carries a signature, so that there is one to check.
  writeFileSync(join(root, 'receipts/web-1'), 'three\n');
  git(root, 'add', '--all');
  const who = 'A <a@example.com> 1700000000 +0000';
  const parent = git(root, 'rev-parse', 'HEAD').trim();
  const signature = 'gpgsig -----BEGIN PGP SIGNATURE-----\n \n xxxx\n -----END PGP SIGNATURE-----';
  const commit = `tree ${git(root, 'write-tree').trim()}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n${signature}\n\nthree\n`;
  const hash = execFileSync('git', ['-C', root, 'hash-object', '-t', 'commit', '-w', '--stdin'], { input: commit, encoding: 'utf8' });
  git(root, 'update-ref', 'HEAD', hash.trim());
  const other = execFileSync('git', ['-C', root, 'hash-object', '-w', '--stdin'], { input: 'somebody else\n', encoding: 'utf8' });
  git(root, 'replace', `${parent}:receipts/web-1`, other.trim());
  const settings = ['core.fsmonitor', 'gpg.program', 'core.pager', 'diff.external', 'core.sshCommand', 'alias.log'];
  for (const setting of settings) git(root, 'config', setting, setting.startsWith('alias') ? `!${program}` : program);
  for (const setting of ['log.showSignature', 'log.follow']) git(root, 'config', setting, 'true');
  const read = async (): Promise<unknown> => {
    const found: string[] = [];
    const told = await (await openRepository(root)).history(['receipts/web-1'], (_, versions) => found.push(...versions.map((bytes) => Buffer.from(bytes).toString())));
    return [found, told, existsSync(ran)];
  };
  expect(await read()).toEqual([['three\n', 'two\n', 'one\n'], { kind: 'done', value: { whole: true } }, false]);
  expect((await (await openRepository(root)).head()).kind).toBe('done');
  // What the clone lacks is not fetched, and not taken for what never was.
  for (const [name, value] of Object.entries({ 'core.repositoryformatversion': '1', 'extensions.partialClone': 'o', 'remote.o.url': 'ssh://x/y', 'remote.o.promisor': 'true' })) git(root, 'config', name, value);
  const first = git(root, 'rev-parse', `${parent}~1:receipts/web-1`).trim();
  rmSync(join(root, '.git/objects', first.slice(0, 2), first.slice(2)));
  expect(await read()).toEqual([['three\n', 'two\n'], { kind: 'done', value: { whole: false } }, false]);
});

test('a file that was a folder, a link or a submodule for a while hides no version of it or of others', async () => {
  const root = gitFolder();
  mkdirSync(join(root, 'receipts'));
  const file = join(root, 'receipts/web-1');
  const commit = (): void => {
    git(root, 'add', '--all');
    git(root, 'commit', '--quiet', '--message', 'x');
  };
  writeFileSync(join(root, 'receipts/web-2'), 'other');
  writeFileSync(file, 'one');
  commit();
  rmSync(file);
  mkdirSync(file);
  writeFileSync(join(file, 'x'), '');
  commit();
  rmSync(file, { recursive: true });
  git(root, 'update-index', '--force-remove', 'receipts/web-1/x');
  git(root, 'update-index', '--add', '--cacheinfo', `160000,${git(root, 'rev-parse', 'HEAD').trim()},receipts/web-1`);
  git(root, 'commit', '--quiet', '--message', 'x');
  git(root, 'update-index', '--force-remove', 'receipts/web-1');
  writeFileSync(file, 'two');
  commit();
  const told = new Map<string, readonly string[]>();
  const paths = ['receipts/web-1', 'receipts/web-2'];
  await (await openRepository(root)).history(paths, (path, versions) => void told.set(path, versions.map((bytes) => Buffer.from(bytes).toString())));
  expect([...told]).toEqual([['receipts/web-1', ['two', 'one']], ['receipts/web-2', ['other']]]);
});

test('what attributes of the repository would change on its way into a commit is not committed', async () => {
  const root = gitFolder();
  const repository = await openRepository(root);
  mkdirSync(join(root, 'policy'));
  const inside = await openRepository(join(root, 'policy'));
  await repository.write(new Map([['.gitattributes', bytesOf('policy/revoked/* working-tree-encoding=UTF-7\n')]]));
  await inside.write(new Map([['revoked/bob-1a2b3c4d', bytesOf('a+b/c=\n')], ['keys/bob.pub', bytesOf('key\n')]]));
  expect(await inside.commit(['keys/bob.pub'], 'x')).toMatchObject({ kind: 'done' });
  const outcome = await inside.commit(['revoked/bob-1a2b3c4d', 'keys/bob.pub'], 'x');
  expect(outcome).toEqual({ kind: 'refused', why: 'git would commit other bytes of revoked/bob-1a2b3c4d than were written: look at .gitattributes' });
});
