/** A small file somebody named on the command line, or standard input. */
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../core/failure.ts';
import { diskFailure, isMissing } from './file-errors.ts';
import { readPlain } from './plain-read.ts';

const LARGEST = 1024 * 1024;

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
      : await readPlain(resolve(name), name, LARGEST);
  if (bytes === undefined)
    throw new Failure('usage', `there is no file ${name}`, { next });
  const text = Buffer.from(bytes).toString('latin1');
  if (kind === 'public' && text.includes('PRIVATE KEY-----')) {
    throw new Failure('key', `${name === '-' ? 'standard input' : name} holds a private key; nothing of it was kept`, {
      next: 'give the public one, whose name ends with .pub',
    });
  }
  return text;
}

async function readAll(stdin: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of stdin) {
    length += part.length;
    if (length > LARGEST) throw new Failure('usage', `standard input is larger than ${LARGEST} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Whether there is a file of this name. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw diskFailure(error, `look for ${path}`);
  }
}
