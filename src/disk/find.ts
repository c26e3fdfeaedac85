/** Where the policy repository is, when nobody named it: as git finds its own. */
import { lstat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { Failure } from '../core/failure.ts';
import { diskFailure, isMissing, errorCode } from './file-errors.ts';

const POLICY_FILE = 'access-policy.yaml';
/** What shows a policy repository whose policy file was moved away: what was signed must be found all the same. */
const FIRST_RELEASE = 'releases/1/release';

/** The nearest folder upwards from `from` that holds an access-policy.yaml, or signed releases. Throws `no-repository`. */
export async function findRepository(from: string): Promise<string> {
  const start = resolve(from);
  for (let at = start; ; at = dirname(at)) {
    if ((await holds(at, POLICY_FILE)) || (await holds(at, FIRST_RELEASE))) return at;
    if (dirname(at) === at) break;
  }
  throw new Failure('no-repository', `no ${POLICY_FILE} in ${start} or in a folder above it`, {
    next: 'go to the policy repository, name it with --repo or KEYWARD_REPO, or begin one with `keyward init`',
  });
}

async function holds(folder: string, file: string): Promise<boolean> {
  try {
    return (await lstat(join(folder, file))).isFile();
  } catch (error) {
    if (isMissing(error) || errorCode(error) === 'ENOTDIR') return false;
    throw diskFailure(error, `look for ${file} in ${folder}`);
  }
}
