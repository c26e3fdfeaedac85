/**
 * Reading one plain file: never a link, never more than a cap, and the size is known before a byte is read. It is read
 * at once: of ten thousand small files the waiting would cost several times the reading.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { Failure } from '../core/failure.ts';
import { diskFailure, isMissing } from './file-errors.ts';

/** Of a file in the repository: as much as a bundle. */
const LARGEST_FILE = 8 * 1024 * 1024;

/** The bytes of a file, or undefined when there is none. `name` is what messages call it. Throws `disk`. */
export async function readPlain(path: string, name: string, largest = LARGEST_FILE): Promise<Uint8Array | undefined> {
  try {
    // O_NONBLOCK, so that a pipe laid there does not hold the run up.
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      return readWhole(file, name, largest);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw diskFailure(error, `read ${name}`);
  }
}

function readWhole(file: number, name: string, largest: number): Uint8Array {
  const found = fstatSync(file);
  if (!found.isFile()) throw new Failure('disk', `${name} is not a plain file`, { place: { file: name } });
  if (found.size > largest) throw tooLarge(name, largest);
  const bytes = new Uint8Array(found.size);
  let at = 0;
  while (at < bytes.length) {
    const bytesRead = readSync(file, bytes, at, bytes.length - at, at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at === bytes.length ? bytes : bytes.subarray(0, at);
}

function tooLarge(name: string, largest: number): Failure {
  return new Failure('disk', `${name} is larger than ${largest} bytes; nothing of it was read`, {
    place: { file: name },
    next: 'nothing keyward works with is so large: look at what it is, and take it out of the repository',
  });
}
