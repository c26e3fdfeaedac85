/** A file that another program is to read, in a folder only its owner can enter, and gone afterwards. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFailure } from './file-errors.ts';

/** Hands the path of a file with these bytes to `work`, and takes the file away whatever comes of it. Throws `disk`. */
export async function withTemporaryFile<T>(name: string, text: string, work: (path: string) => Promise<T>): Promise<T> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), 'keyward-'));
    await writeFile(join(folder, name), text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    throw diskFailure(error, `write a temporary file in ${tmpdir()}`);
  }
  try {
    return await work(join(folder, name));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
