/**
 * Writing so that a kill, a power cut or a full disk leaves the old bytes or the new ones, never a part: a new file in
 * the same folder, synced, renamed over the old one, then the folder synced.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMissing } from './file-errors.ts';
import { isLeftOver } from './paths.ts';

/** After an hour nobody is still writing it. */
const STALE = 3600 * 1000;

/** Bytes lying beside the place they are meant for; a rename puts them there. */
export interface Prepared {
  readonly temporary: string;
  readonly path: string;
}

/** Writes and syncs the bytes beside `path`. With `mode` undefined a file that is already there keeps its own mode. */
export async function prepare(path: string, bytes: Uint8Array, mode?: number): Promise<Prepared> {
  const temporary = join(dirname(path), `.keyward-${randomBytes(8).toString('hex')}.tmp`);
  const wanted = mode ?? (await modeOf(path));
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(temporary, flags, mode ?? 0o644);
  try {
    if (wanted !== undefined) await file.chmod(wanted);
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    await file.close();
    await discard([{ temporary, path }]);
    throw error;
  }
  await file.close();
  return { temporary, path };
}

/** Puts everything prepared in its place and syncs each folder once. */
export async function settle(prepared: readonly Prepared[]): Promise<void> {
  for (const { temporary, path } of prepared) await rename(temporary, path);
  for (const folder of new Set(prepared.map(({ path }) => dirname(path)))) await syncFolder(folder);
}

/** Takes away what was prepared and not put in its place. */
export async function discard(prepared: readonly Prepared[]): Promise<void> {
  for (const { temporary } of prepared) await unlink(temporary).catch(() => undefined);
}

/** One file, as above. */
export async function writeAtomically(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const prepared = [await prepare(path, bytes, mode)];
  try {
    await settle(prepared);
  } catch (error) {
    await discard(prepared);
    throw error;
  }
}

/** Makes a folder and those above it, each on disk before the next; `mode` is for those that are new. */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const first = await mkdir(path, mode === undefined ? { recursive: true } : { recursive: true, mode }).catch(async (error: unknown) => {
    throw await whyNoFolder(path, error, mode);
  });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}

/** On a read-only disk Node's recursive mkdir says that something is missing; one folder at a time tells what is so. */
async function whyNoFolder(path: string, error: unknown, mode?: number): Promise<unknown> {
  for (let at = path; isMissing(error) && at !== dirname(at); at = dirname(at)) {
    const own: unknown = await mkdir(at, { mode }).then(
      () => error,
      (thrown: unknown) => thrown,
    );
    if (!isMissing(own)) return own;
  }
  return error;
}

/** Makes the names in a folder last. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Takes away what interrupted writes left in a folder more than an hour ago. */
export async function sweep(folder: string, now: number = Date.now()): Promise<void> {
  for (const name of (await readdir(folder)).filter(isLeftOver)) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (found !== undefined && now - found.mtimeMs > STALE) await unlink(path).catch(() => undefined);
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await lstat(path)).mode & 0o777;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
