/** Reading one plain file: never a link, never more than a cap, and the size is known before a byte is read. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { Failure } from '../core/failure.ts';
import { diskFailure, isMissing } from './file-errors.ts';

/** Of a file in the repository: as much as a bundle. */
const LARGEST_FILE = 8 * 1024 * 1024;

/** The bytes of a file, or undefined when there is none. `name` is what messages call it. Throws `disk`. */
export async function readPlain(path: string, name: string, largest = LARGEST_FILE): Promise<Uint8Array | undefined> {
  try {
    // O_NONBLOCK, so that a pipe laid there does not hold the run up.
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return await readWhole(file, name, largest);
    } finally {
      await file.close();
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw diskFailure(error, `read ${name}`);
  }
}

async function readWhole(file: FileHandle, name: string, largest: number): Promise<Uint8Array> {
  const found = await file.stat();
  if (!found.isFile()) throw new Failure('disk', `${name} is not a plain file`, { place: { file: name } });
  if (found.size > largest) throw tooLarge(name, largest);
  const bytes = new Uint8Array(found.size);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

function tooLarge(name: string, largest: number): Failure {
  return new Failure('disk', `${name} is larger than ${largest} bytes; nothing of it was read`, {
    place: { file: name },
    next: 'nothing keyward works with is so large: look at what it is, and take it out of the repository',
  });
}
