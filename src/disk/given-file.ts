/** A small file somebody named on the command line, or standard input. */
import { createReadStream, type Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../core/failure.ts';
import { diskFailure, errorCode, isMissing } from './file-errors.ts';
import { readPlain } from './plain-read.ts';

const LARGEST = 1024 * 1024;
const TOO_LARGE = { next: 'at most 1 MiB is read here: name the file that was meant, or give a list in parts' };

/**
 * Its text; `-` is standard input; `next` is what to do where there is no such file. What should be public and is a private key is refused before anybody looks at it.
 * Throws `usage`, `key`, `disk`.
 */
export async function readGiven(
  name: string,
  kind: 'public' | 'secret',
  next = 'give the path of a file, or - for standard input',
): Promise<string> {
  const bytes =
    name === '-'
      ? await readAll(createReadStream('', { fd: 0, autoClose: false }))
      : await readNamed(name, next);
  const text = Buffer.from(bytes).toString('latin1');
  if (kind === 'public' && text.includes('PRIVATE KEY-----')) {
    throw new Failure('key', `${name === '-' ? 'standard input' : name} holds a private key; nothing of it was kept`, {
      next: 'give the public one, whose name ends with .pub',
    });
  }
  return text;
}

/** The disk has nothing wrong with it where somebody named what is no file for this: `usage`, never `disk`. */
async function readNamed(name: string, next: string): Promise<Uint8Array> {
  const path = resolve(name);
  const found = await lstatOf(path, name);
  if (found === undefined) throw new Failure('usage', `there is no file ${name}`, { next });
  if (!found.isFile()) {
    const what = found.isDirectory() ? 'a folder' : found.isSymbolicLink() ? 'a symbolic link' : 'no plain file';
    throw new Failure('usage', `${name} is ${what}; a file is read here`, { place: { file: name }, next });
  }
  if (found.size > LARGEST) throw new Failure('usage', `${name} is larger than ${LARGEST} bytes; nothing of it was read`, { place: { file: name }, ...TOO_LARGE });
  const bytes = await readPlain(path, name, LARGEST);
  if (bytes === undefined) throw new Failure('usage', `there is no file ${name}`, { next });
  return bytes;
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stdin) {
    length += part.length;
    if (length > LARGEST) throw new Failure('usage', `standard input is larger than ${LARGEST} bytes`, TOO_LARGE);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Whether there is a file of this name. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstatOf(path, path)) !== undefined;
}

/** What lies there; nothing where a part of the path is a file. */
async function lstatOf(path: string, name: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ENOTDIR') return undefined;
    throw diskFailure(error, `look for ${name}`);
  }
}
