/** This device's own settings: see Settings in world.ts. Read strictly, since `via` is a command that will be run. */
import { lstat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { isName } from '../core/access/names.ts';
import { Failure } from '../core/failure.ts';
import { readPublicKey } from '../core/ssh/public-key.ts';
import type { Settings, SettingsStore } from '../world.ts';
import { makeFolder, writeAtomically } from './atomic.ts';
import { diskFailure, isMissing } from './file-errors.ts';
import type { OwnFolders } from './own-folders.ts';
import { readPlain } from './plain-read.ts';

const LARGEST = 256 * 1024;

/** What a value must be, in the words of a message; undefined when it is. */
type Check = (value: unknown) => string | undefined;

const HASH: Check = (value) =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? undefined : 'must be 64 lowercase hexadecimal digits';
const NUMBER: Check = (value) =>
  Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 999_999_999
    ? undefined
    : 'must be a whole number from 1 on';
const FILE: Check = (value) =>
  typeof value === 'string' && isAbsolute(value) ? undefined : 'must be an absolute path';
const HANDLE: Check = (value) =>
  typeof value === 'string' && isName(value) ? undefined : 'must match [a-z0-9][a-z0-9_-]{0,31}';
const KEY: Check = (value) => {
  if (typeof value !== 'string') return 'must be a public key line';
  const reading = readPublicKey(value);
  return reading.ok ? undefined : `must be a public key line: ${reading.message}`;
};
const COMMAND: Check = (value) =>
  Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string' && !word.includes('\0'))
    ? undefined
    : 'must be a list of words, the program first';

const FIELDS: Readonly<Record<keyof Settings, Check>> = {
  me: HANDLE,
  signingKey: fields({ publicLine: KEY, file: FILE }, ['publicLine']),
  courierKeyFile: FILE,
  firstRelease: HASH,
  verified: fields({ number: NUMBER, hash: HASH }, ['number', 'hash']),
  highestSigned: NUMBER,
  via: (value) => each(value, COMMAND),
};

function fields(checks: Readonly<Record<string, Check>>, needed: readonly string[] = []): Check {
  return (value) => {
    if (!isObject(value)) return 'must be an object';
    for (const [name, entry] of Object.entries(value)) {
      const wrong = Object.hasOwn(checks, name) ? checks[name]?.(entry) : 'is not a setting';
      if (wrong !== undefined) return joined(name, wrong);
    }
    const missing = needed.find((name) => !Object.hasOwn(value, name));
    return missing === undefined ? undefined : joined(missing, 'is missing');
  };
}

function each(value: unknown, check: Check): string | undefined {
  if (!isObject(value)) return 'must be an object';
  for (const [name, entry] of Object.entries(value)) {
    const wrong = check(name === '' ? undefined : entry);
    if (wrong !== undefined) return joined(name, wrong);
  }
  return undefined;
}

/** A path of names is marked so that an outer name can stand before it: `.signingKey.file must …`. */
function joined(name: string, wrong: string): string {
  return wrong.startsWith('.') ? `.${name}${wrong}` : `.${name} ${wrong}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The store over the config folder. `read` gives `{}` where nothing was written yet. Throws `usage`, `trust`, `disk`. */
export function openSettings(folders: OwnFolders): SettingsStore {
  const path = (organization: string): string => join(folders.config(organization), 'settings.json');
  return {
    path,
    read: async (organization) => {
      const file = path(organization);
      await refuseForeign(file);
      const bytes = await readPlain(file, file, LARGEST);
      return bytes === undefined ? {} : parse(bytes, file);
    },
    write: async (organization, settings) => {
      const file = path(organization);
      const wrong = fields(FIELDS)(settings);
      if (wrong !== undefined) throw new Failure('internal', `settings that cannot be read again: ${wrong.slice(1)}`);
      try {
        await makeFolder(dirname(file), 0o700);
        await writeAtomically(file, new TextEncoder().encode(`${JSON.stringify(settings, null, 2)}\n`), 0o600);
      } catch (error) {
        throw diskFailure(error, `write ${file}`);
      }
    },
  };
}

function parse(bytes: Uint8Array, file: string): Settings {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw unreadable(file, 'is not JSON', cause);
  }
  const wrong = fields(FIELDS)(value);
  if (wrong !== undefined) throw unreadable(file, wrong.startsWith('.') ? wrong.slice(1) : wrong);
  // Every field was looked at one by one just above.
  return value as Settings;
}

function unreadable(file: string, wrong: string, cause?: unknown): Failure {
  return new Failure('usage', `the settings ${file}: ${wrong}`, {
    place: { file },
    next: 'correct the file, or move it away and run `keyward init` to write it again',
    cause,
  });
}

/** Whoever can write this file chooses what is run and what is trusted. */
async function refuseForeign(file: string): Promise<void> {
  try {
    const found = await lstat(file);
    const own = process.getuid?.();
    const foreign = own !== undefined && found.uid !== own && found.uid !== 0;
    if (process.platform === 'win32' || (!foreign && (found.mode & 0o022) === 0)) return;
    throw new Failure('trust', `the settings ${file} can be written by others than their owner, or are not yours`, {
      place: { file },
      next: `look at what they say, then run: chmod 600 ${file}`,
    });
  } catch (error) {
    if (!isMissing(error)) throw diskFailure(error, `look at ${file}`);
  }
}
