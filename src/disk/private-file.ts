/**
 * Files with a private key in them: written once and never over another, read only when nobody else can. What the bytes
 * mean is private-keys' own business; they pass through here and are kept nowhere.
 */
import { constants } from 'node:fs';
import { lstat, open, unlink } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Failure } from '../core/failure.ts';
import { makeFolder, syncFolder } from './atomic.ts';
import { diskFailure, errorCode } from './file-errors.ts';
import { readPlain } from './plain-read.ts';

/** The longest RSA key in OpenSSH's format is under 16 KiB. */
const LARGEST_KEY = 64 * 1024;

/** Writes a new file of mode 0600 and syncs it. Throws `key` when something is there already, `disk` else. */
export async function writePrivateFile(path: string, bytes: Uint8Array): Promise<void> {
  const absolute = resolve(path);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  let begun = false;
  try {
    await makeFolder(dirname(absolute), 0o700);
    const file = await open(absolute, flags, 0o600);
    begun = true;
    try {
      await file.chmod(0o600);
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await syncFolder(dirname(absolute));
  } catch (error) {
    // Half a key is of use to nobody, and would stand in the way of the next try.
    if (begun) await unlink(absolute).catch(() => undefined);
    if (errorCode(error) === 'EEXIST') throw taken(path);
    throw diskFailure(error, `write ${path}`);
  }
}

/** Throws `key` where `writePrivateFile` would: something is there already, be it a link to nowhere. Writes nothing. */
export async function mustBeFree(path: string): Promise<void> {
  try {
    await lstat(resolve(path));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw diskFailure(error, `write ${path}`);
  }
  throw taken(path);
}

/** Adds to a file that `writePrivateFile` made in this run, and syncs it. Throws `key` when others can read it. */
export async function addToPrivateFile(path: string, bytes: Uint8Array): Promise<void> {
  const absolute = resolve(path);
  await refuseShared(absolute, path);
  const file = await open(absolute, constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } catch (error) {
    throw diskFailure(error, `write ${path}`);
  } finally {
    await file.close();
  }
}

function taken(path: string): Failure {
  return new Failure('key', `${path} exists already; a private key is never written over another file`, {
    next: 'choose another file, or move that one away yourself',
  });
}

/** The bytes of a private key file that only its owner can read. Throws `key` when others can, or nothing is there. */
export async function readPrivateFile(path: string): Promise<Uint8Array> {
  const absolute = resolve(path);
  await refuseShared(absolute, path);
  const bytes = await readPlain(absolute, path, LARGEST_KEY);
  if (bytes === undefined) throw missing(path);
  return bytes;
}

async function refuseShared(absolute: string, path: string): Promise<void> {
  const found = await lstat(absolute).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') throw missing(path);
    throw diskFailure(error, `look at ${path}`);
  });
  const own = process.getuid?.();
  if (own !== undefined && found.uid !== own) {
    throw new Failure('key', `the private key ${path} belongs to another user`, { next: 'use a key file of your own' });
  }
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) {
    throw new Failure('key', `the private key ${path} can be read by others`, { next: `run: chmod 600 ${path}` });
  }
}

function missing(path: string): Failure {
  return new Failure('key', `there is no private key file ${path}`, {
    next: 'name the right file, or make a key of your own for this device',
  });
}
