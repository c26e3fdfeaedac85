/** What the file system's errors mean, in words a person can act on. */
import { Failure } from '../core/failure.ts';

const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open',
  ENOTDIR: 'a part of the path is a file',
  EISDIR: 'a folder lies there',
  ELOOP: 'it is a symbolic link',
  ENOENT: 'it is not there',
};

/** What there is to do about some of them. */
const NEXT: Readonly<Record<string, string>> = {
  EACCES: 'run it as the user whose folder it is',
  EROFS: 'make it writable, or work from a clone or a device where it is',
  ENOSPC: 'make room, or work from a clone or a device where there is some',
  EDQUOT: 'make room, or work from a clone or a device where there is some',
};

/** The system's short name for an error (`ENOENT`), or undefined when it is not one of the system's. */
export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Whether nothing lies there; every other error is one. */
export function isMissing(error: unknown): boolean {
  return errorCode(error) === 'ENOENT';
}

/** The failure for an error met while `doing` ("write keys/bob.pub"). A failure that already is one stays as it is. */
export function diskFailure(error: unknown, doing: string): Failure {
  if (error instanceof Failure) return error;
  const code = errorCode(error);
  const why = code === undefined ? 'for a reason unknown' : (WORDS[code] ?? code);
  const next = code === undefined ? undefined : NEXT[code];
  return new Failure('disk', `could not ${doing}: ${why}`, { cause: error, ...(next === undefined ? {} : { next }) });
}
