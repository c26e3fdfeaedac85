/**
 * The walls: which room may import which, and which package belongs to which room (ARCHITECTURE.md tells why).
 * A permission nobody uses fails the test, so that the table shrinks when the code does; what is written for later
 * stands under PENDING, by name, and fails as soon as it is used.
 */
import { posix } from 'node:path';

/** `core` stands for every room in it. Every room may import itself, and every room but core/failure `core/failure`. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'core/failure': [],
  'core/ssh': [],
  'core/access': ['core/ssh'],
  'core/policy': ['core/access', 'core/ssh'],
  'core/texts': ['core/access', 'core/ssh'],
  'core/plan': ['core/access', 'core/texts'],
  'core/journal': [],
  world: ['core'],
  verify: ['core'],
  'targets/servers': ['core', 'world'],
  'targets/aws-iam': ['core', 'world'],
  disk: ['core', 'world'],
  'private-keys': ['core', 'world'],
  receiver: [],
  verbs: ['core', 'world'],
  // The shape of each verb's value, nothing else: what it shows (docs/decisions/terminal-sees-values.md).
  terminal: ['core', 'verbs'],
  commands: ['verbs', 'core', 'terminal', 'main'],
  main: ['core', 'world', 'verify', 'targets/servers', 'targets/aws-iam', 'disk', 'private-keys', 'receiver'],
};

/** Permissions for types only. */
export const TYPES_ONLY: ReadonlySet<string> = new Set(['terminal → verbs']);

/** Everything from outside that is imported in src, and by whom; `node:*` is every other module of Node. */
export const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'node:fs': ['disk'],
  'node:fs/promises': ['disk', 'receiver'],
  'node:*': ['disk', 'verify', 'main', 'terminal', 'targets/servers', 'targets/aws-iam', 'private-keys', 'receiver'],
  '@oclif/core': ['commands'],
  inquirer: ['terminal'],
  ssh2: ['targets/servers'],
  sshpk: ['private-keys'],
  yaml: ['core/policy'],
  valibot: ['terminal', 'core/policy'],
  '@aws-sdk/*': ['targets/aws-iam'],
};

/** Permissions for rooms and imports that do not exist yet. Delete a line when its time has come. */
export const PENDING: readonly string[] = [];

const ONE_FILE_ROOMS: Readonly<Record<string, string>> = {
  'src/core/failure.ts': 'core/failure',
  'src/world.ts': 'world',
  'src/verify.ts': 'verify',
  'src/main.ts': 'main',
};

/** The room of a file in src; undefined where there is no such room. */
export function roomOf(path: string): string | undefined {
  const single = ONE_FILE_ROOMS[path];
  if (single !== undefined) return single;
  const [, first = '', second = ''] = path.split('/');
  const room = first === 'core' || first === 'targets' ? `${first}/${second}` : first;
  return path.startsWith('src/') && room in MAY_IMPORT ? room : undefined;
}

/** The file a relative import means. */
export function resolved(from: string, what: string): string {
  return posix.normalize(posix.join(posix.dirname(from), what));
}

/** The entry of PACKAGES an import falls under. */
export function packageOf(what: string): string | undefined {
  if (what in PACKAGES) return what;
  const name = what.startsWith('@') ? what.split('/').slice(0, 2).join('/') : what.split('/')[0];
  if (name !== undefined && name in PACKAGES) return name;
  return Object.keys(PACKAGES).find((entry) => entry.endsWith('*') && what.startsWith(entry.slice(0, -1)));
}
