/**
 * Which paths inside the repository are taken. They come from handles, hashes and numbers, so a list of what is allowed
 * is short; everything else is refused by name before a file is touched (R14).
 */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../core/failure.ts';
import { isMissing } from './file-errors.ts';

const SEGMENT = /^[A-Za-z0-9._-]{1,255}$/;
/** What an interrupted write leaves behind (atomic.ts); nobody else's file is called so. */
const LEFT_OVER = /^\.keyward-[0-9a-f]{16}\.tmp$/;

/** Whether a name in a folder is one that keyward may read and write. */
export function isPlainName(name: string): boolean {
  return SEGMENT.test(name) && name !== '.' && name !== '..' && name.toLowerCase() !== '.git';
}

/** Whether a name is what an interrupted write left: neither read nor listed. */
export function isLeftOver(name: string): boolean {
  return LEFT_OVER.test(name);
}

/** The parts of a relative path. Throws `disk` when it is not one of ours: absolute, `..`, `.git`, another character. */
export function segmentsOf(path: string): readonly string[] {
  const segments = path.split('/');
  if (path.length <= 1024 && segments.every(isPlainName)) return segments;
  throw new Failure('disk', `not a path inside the policy repository: ${JSON.stringify(path.slice(0, 80))}`, {
    next: 'paths are made of A-Z a-z 0-9 . _ - and /, and lead neither upwards nor into .git',
  });
}

/**
 * The absolute path, after every folder on the way was seen to be a real folder. Undefined when a folder is missing.
 * Throws `disk` when one is a symbolic link, which could lead out of the repository.
 */
export async function insideRoot(root: string, path: string): Promise<string | undefined> {
  const segments = segmentsOf(path);
  let at = root;
  for (const segment of segments.slice(0, -1)) {
    at = join(at, segment);
    const kind = await kindOf(at, path);
    if (kind === undefined) return undefined;
    if (kind !== 'folder')
      throw new Failure('disk', `${path}: ${segment} is a file, not a folder`, { place: { file: path }, next: 'take that file away' });
  }
  return join(root, ...segments);
}

/** What lies there; undefined when nothing does. Throws `disk` for a link, a pipe, a device: what is neither. */
export async function kindOf(absolute: string, path: string): Promise<'file' | 'folder' | undefined> {
  try {
    // At once: waiting for each of ten thousand files costs more than looking at them.
    const found = lstatSync(absolute);
    if (found.isDirectory()) return 'folder';
    if (found.isFile()) return 'file';
    const what = found.isSymbolicLink() ? 'a symbolic link' : 'neither a file nor a folder';
    throw new Failure('disk', `${path} is ${what}; keyward reads and writes plain files only`, {
      place: { file: path },
      next: 'put the file itself there',
    });
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
