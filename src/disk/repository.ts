/** The policy repository as bytes: see Repository in world.ts. */
import { readdir, realpath, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Failure } from '../core/failure.ts';
import type { Repository } from '../world.ts';
import { discard, makeFolder, prepare, settle, sweep, syncFolder } from './atomic.ts';
import type { Prepared } from './atomic.ts';
import { diskFailure, isMissing } from './file-errors.ts';
import { commitPaths, newestCommit, tellHistory } from './git.ts';
import { insideRoot, isLeftOver, isPlainName, kindOf } from './paths.ts';
import { readPlain } from './plain-read.ts';

/** Deeper than anything keyward writes; a folder nested more than this is not one of its own. */
const DEEPEST = 8;

/**
 * Opens the folder `root`, which must exist; it need not hold a policy yet, nor be under version control. Throws
 * `no-repository`.
 */
export async function openRepository(root: string): Promise<Repository> {
  const real = await realFolder(root);
  return {
    root: real,
    read: (under, passedOver) => readAll(real, under, passedOver),
    list: (folder) => namesIn(real, folder),
    write: (files) => writeAll(real, files),
    remove: (paths) => removeAll(real, paths),
    commit: (paths, message) => commitPaths(real, paths, message),
    head: () => newestCommit(real),
    history: (paths, tell) => tellHistory(real, paths, tell),
  };
}

async function realFolder(root: string): Promise<string> {
  try {
    const real = await realpath(root);
    await readdir(real);
    return real;
  } catch (error) {
    throw new Failure('no-repository', `${root} is not a folder that can be read`, {
      next: 'name the policy repository with --repo or KEYWARD_REPO',
      cause: error,
    });
  }
}

type PassedOver = Parameters<Repository['read']>[1];

async function readAll(root: string, under: readonly string[], passedOver: PassedOver): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of under) await readInto(files, root, path, 0, passedOver);
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function readInto(files: Map<string, Uint8Array>, root: string, path: string, depth: number, passedOver: PassedOver): Promise<void> {
  try {
    await mustReadInto(files, root, path, depth, passedOver);
  } catch (error) {
    if (passedOver === undefined || !(error instanceof Failure) || error.code !== 'disk') throw error;
    passedOver(path, error.message);
  }
}

async function mustReadInto(files: Map<string, Uint8Array>, root: string, path: string, depth: number, passedOver: PassedOver): Promise<void> {
  if (depth > DEEPEST) throw new Failure('disk', `${path}: folders are nested too deep`, { place: { file: path } });
  const absolute = await insideRoot(root, path);
  if (absolute === undefined) return;
  const kind = await kindOf(absolute, path);
  if (kind === 'folder') {
    for (const name of await namesIn(root, path)) {
      const inside = `${path}/${name}`;
      if (isPlainName(name)) await readInto(files, root, inside, depth + 1, passedOver);
      else if (passedOver === undefined) throw strange(path, name);
      else passedOver(inside, strange(path, name).message);
    }
  } else if (kind === 'file') {
    const bytes = await readPlain(absolute, path);
    if (bytes !== undefined) files.set(path, bytes);
  }
}

/** Passing over such a file would make "not read" look like "not there". */
function strange(folder: string, name: string): Failure {
  return new Failure(
    'disk',
    `${folder} holds a file that keyward does not read: ${JSON.stringify(name.slice(0, 80))}`,
    {
      place: { file: folder },
      next: 'rename it with letters, digits, dot, _ and - only, or take it out of this folder',
    },
  );
}

async function namesIn(root: string, folder: string): Promise<readonly string[]> {
  const absolute = await insideRoot(root, folder);
  if (absolute === undefined || (await kindOf(absolute, folder)) !== 'folder') return [];
  try {
    const names = await readdir(absolute);
    return names.filter((name) => !isLeftOver(name)).sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (isMissing(error)) return [];
    throw diskFailure(error, `list ${folder}`);
  }
}

async function writeAll(root: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const prepared: Prepared[] = [];
  // Each folder once: the manifests of ten thousand servers lie in one.
  const swept = new Set<string>();
  let current = '';
  try {
    for (const [path, bytes] of files) {
      current = path;
      const absolute = await placeFor(root, path);
      const folder = dirname(absolute);
      if (!swept.has(folder)) await sweep(folder);
      swept.add(folder);
      prepared.push(await prepare(absolute, bytes));
    }
    await settle(prepared);
  } catch (error) {
    await discard(prepared);
    throw diskFailure(error, `write ${current}`);
  }
}

async function placeFor(root: string, path: string): Promise<string> {
  // Looked at before making folders, since mkdir would follow a link.
  const there = await insideRoot(root, path);
  const absolute = there ?? join(root, ...path.split('/'));
  if (there === undefined) await makeFolder(dirname(absolute));
  else if ((await kindOf(absolute, path)) === 'folder') {
    throw new Failure('disk', `${path} is a folder; a file is to be written there`, { place: { file: path } });
  }
  return absolute;
}

async function removeAll(root: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const absolute = await insideRoot(root, path);
    if (absolute === undefined) continue;
    try {
      await unlink(absolute);
      await syncFolder(dirname(absolute));
    } catch (error) {
      if (!isMissing(error)) throw diskFailure(error, `remove ${path}`);
    }
  }
}
