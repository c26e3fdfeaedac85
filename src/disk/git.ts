/** What keyward asks of git: a commit of exactly some paths, the newest commit, older versions of files. Nothing else is ever run. */
import { execFile } from 'node:child_process';
import { Failure } from '../core/failure.ts';
import type { History, Outcome } from '../world.ts';
import { errorCode } from './file-errors.ts';
import { segmentsOf } from './paths.ts';

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Commits exactly these paths, whatever else is staged. `done` too when nothing in them has changed. */
export async function commitPaths(root: string, paths: readonly string[], message: string): Promise<Outcome<void>> {
  for (const path of paths) segmentsOf(path);
  return withGit(async () => {
    const inside = await git(root, ['rev-parse', '--is-inside-work-tree', '--show-prefix']);
    if (inside.status !== 0) return refused(`${root} is under no version control (git says: ${lastLine(inside)})`);
    const known = await knownTo(root, paths);
    if (known.length === 0) return { kind: 'done', value: undefined };
    const added = await git(root, ['add', '--all', '--', ...known]);
    if (added.status !== 0) return refused(`git add: ${lastLine(added)}`);
    const other = await stagedOtherwise(root, inside.stdout.split('\n')[1] ?? '', known);
    if (other !== undefined) return refused(other);
    const changed = await git(root, ['diff', '--cached', '--quiet', '--', ...known]);
    if (changed.status === 0) return { kind: 'done', value: undefined };
    const committed = await git(root, ['commit', '--quiet', '--file=-', '--', ...known], message);
    if (committed.status !== 0) return refused(`git commit: ${lastLine(committed)}`);
    return { kind: 'done', value: undefined };
  });
}

/** The hash of the newest commit. */
export async function newestCommit(root: string): Promise<Outcome<string>> {
  return withGit(async () => {
    const found = await git(root, ['rev-parse', '--verify', '--quiet', 'HEAD']);
    if (found.status === 0) return { kind: 'done', value: found.stdout.trim() };
    return { kind: 'unknown', why: `${root} has no commit` };
  });
}

/** So many files' versions are in memory at once. */
const FILES_AT_ONCE = 64;

/** Every version of these files up to the newest commit, newest first. Reads only; no filter or attribute changes the bytes. */
export async function tellHistory(
  root: string,
  paths: readonly string[],
  tell: (path: string, versions: readonly Uint8Array[]) => void,
): Promise<Outcome<History>> {
  for (const path of paths) segmentsOf(path);
  return withGit(async () => {
    const asked = await git(root, ['rev-parse', '--is-shallow-repository', '--show-prefix']);
    if (asked.status !== 0) return { kind: 'unknown', why: `${root} is under no version control` };
    const [shallow, prefix = ''] = asked.stdout.split('\n');
    const log = await commitsOf(root, prefix, paths);
    if (!(log instanceof Map)) return log;
    let whole = shallow === 'false';
    for (let i = 0; i < paths.length; i += FILES_AT_ONCE) {
      const some = paths.slice(i, i + FILES_AT_ONCE);
      const wanted = some.flatMap((path) => (log.get(path) ?? []).map((commit) => ({ path, spec: `${commit}:${prefix}${path}\n` })));
      const found = await gitBytes(root, ['cat-file', '--batch'], wanted.map(({ spec }) => spec).join(''));
      if (found.status !== 0) return { kind: 'unknown', why: `git cat-file: ${found.stderr.trim()}` };
      const blobs = blobsOf(found.bytes);
      // A clone may lack the bytes of what its commits name; nothing is fetched for them.
      whole &&= blobs.length === wanted.length;
      const versions = Map.groupBy(blobs, ({ number }) => wanted[number]?.path);
      for (const path of some) tell(path, (versions.get(path) ?? []).map(({ bytes }) => bytes));
    }
    return { kind: 'done', value: { whole } };
  });
}

type Unknown = Extract<Outcome<never>, { kind: 'unknown' }>;

/** The commits that changed each file, newest first, from one look at the history: one for each would take minutes. */
async function commitsOf(root: string, prefix: string, paths: readonly string[]): Promise<Map<string, string[]> | Unknown> {
  const folders = Map.groupBy(paths, (path) => path.slice(0, path.lastIndexOf('/') + 1));
  const where = [...folders].flatMap(([folder, inside]) => (folder === '' || inside.length === 1 ? inside : [folder]));
  // A merge tells the files that are as none of its parents have them. Where a commit took a file away there is no version.
  const words = ['log', '--format=commit %H', '--full-history', '-c', '--name-only', '--diff-filter=d', '--no-renames', '--no-relative', '--', ...where];
  const log = await git(root, words);
  if (log.status !== 0) return { kind: 'unknown', why: `version control holds no commit (git says: ${lastLine(log)})` };
  const commits = new Map<string, string[]>(paths.map((path) => [path, []]));
  let commit = '';
  for (const line of log.stdout.split('\n')) {
    if (line.startsWith('commit ')) commit = line.slice('commit '.length);
    else if (line.startsWith(prefix)) commits.get(line.slice(prefix.length))?.push(commit);
  }
  return commits;
}

/** `<hash> blob <size>`, the bytes, a line feed; `… missing` is no version, nor is another kind of object of that name. */
function blobsOf(bytes: Buffer): readonly { readonly number: number; readonly bytes: Uint8Array }[] {
  const blobs: { number: number; bytes: Uint8Array }[] = [];
  let number = -1;
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(0x0a, at);
    const [, kind, size] = /^\S+ (blob|tree|commit|tag) (\d+)$/.exec(bytes.toString('latin1', at, end)) ?? [];
    at = end + 1;
    number += 1;
    if (size === undefined) continue;
    if (kind === 'blob') blobs.push({ number, bytes: new Uint8Array(bytes.subarray(at, at + Number(size))) });
    at += Number(size) + 1;
  }
  return blobs;
}

/** Of the paths those that git can add: on disk or tracked. One that is neither would fail all of them. */
async function knownTo(root: string, paths: readonly string[]): Promise<readonly string[]> {
  if (paths.length === 0) return [];
  const listed = await git(root, ['ls-files', '-z', '--cached', '--others', '--', ...paths]);
  if (listed.status !== 0) throw new Failure('disk', `git ls-files: ${lastLine(listed)}`);
  const names = listed.stdout.split('\0').filter((name) => name !== '');
  return paths.filter((path) => names.some((name) => name === path || name.startsWith(`${path}/`)));
}

/**
 * Attributes of the repository may have git commit other bytes than those that were written: an encoding, a filter such
 * as LFS. Then a signed text would be none any more for everybody else.
 */
async function stagedOtherwise(root: string, prefix: string, paths: readonly string[]): Promise<string | undefined> {
  const staged = await git(root, ['ls-files', '-z', '--stage', '--', ...paths]);
  const entries = staged.stdout.split('\0').flatMap((line) => {
    const [, hash, path] = /^\d+ ([0-9a-f]+) \d\t(.*)$/s.exec(line) ?? [];
    return hash === undefined || path === undefined ? [] : [{ hash, path }];
  });
  // From the top of the work tree, wherever it is asked.
  const read = await git(root, ['hash-object', '--no-filters', '--stdin-paths'], entries.map(({ path }) => `${prefix}${path}\n`).join(''));
  const hashes = read.stdout.split('\n');
  const other = entries.find(({ hash }, i) => hashes[i] !== hash);
  return other === undefined ? undefined : `git would commit other bytes of ${other.path} than were written: look at .gitattributes`;
}

function refused(why: string): { readonly kind: 'refused'; readonly why: string } {
  return { kind: 'refused', why };
}

async function withGit<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return { kind: 'unknown', why: 'git is not installed' };
    throw error;
  }
}

function lastLine({ stdout, stderr }: Ran): string {
  const lines = `${stdout}\n${stderr}`
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.at(-1)?.slice(0, 300) ?? 'no reason given';
}

async function git(root: string, words: readonly string[], input = ''): Promise<Ran> {
  const { bytes, ...ran } = await gitBytes(root, words, input);
  return { ...ran, stdout: bytes.toString('utf8') };
}

/**
 * What a clone's own settings could have git run where it is only asked to read: a program beside the index, one that
 * checks signatures. A commit runs the hooks, filters and signing of the clone, as git itself does.
 */
const READS_ONLY = ['-c', 'core.fsmonitor=false', '-c', 'log.showSignature=false'];
/** Paths are taken as they stand, never as patterns; nothing is asked on the terminal, fetched, or put in another's place. */
const MANNERS = { GIT_LITERAL_PATHSPECS: '1', GIT_TERMINAL_PROMPT: '0', GIT_ALLOW_PROTOCOL: 'none', GIT_NO_LAZY_FETCH: '1', GIT_NO_REPLACE_OBJECTS: '1', LC_ALL: 'C' };

function gitBytes(
  root: string,
  words: readonly string[],
  input: string,
): Promise<Omit<Ran, 'stdout'> & { readonly bytes: Buffer }> {
  const env: NodeJS.ProcessEnv = { ...process.env, ...MANNERS };
  // Set when keyward runs inside a hook of another repository: they would lead git there.
  for (const name of ['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX']) delete env[name];
  const options = { cwd: root, env, maxBuffer: 256 * 1024 * 1024, encoding: 'buffer' } as const;
  return new Promise((resolve, reject) => {
    const child = execFile('git', [...READS_ONLY, ...words], options, (error, stdout, stderr) => {
      const status = child.exitCode;
      if (status === null && error !== null) reject(error);
      else resolve({ status: status ?? 0, bytes: stdout, stderr: stderr.toString('utf8') });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
