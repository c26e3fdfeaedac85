/**
 * Joins world.ts to the rooms that reach out: disk/, targets/, private-keys/, verify.ts.
 *
 * Belongs here: which implementation stands behind which contract, and the one place that knows which kind of target has
 * which adapter. Does not: any work of its own. What is heavy (ssh2, sshpk) is imported when it is first needed, so that
 * `check` and `plan` start without it.
 */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import { instantOf } from './core/access/instant.ts';
import type { Instant } from './core/access/instant.ts';
import { Failure } from './core/failure.ts';
import {
  addToPrivateFile,
  findRepository,
  isThere,
  mustBeFree,
  openJournals,
  openRepository,
  openSettings,
  ownFolders,
  readGiven,
  readPrivateFile,
  withTemporaryFile,
  writePrivateFile,
} from './disk/index.ts';
import type {
  ConnectionKey,
  Enroller,
  Settings,
  SettingsStore,
  Target,
  TargetPlace,
  Terminal,
  World,
} from './world.ts';
import type { HandOver, IamOptions } from './targets/aws-iam/index.ts';
import { readPrograms } from './receiver/index.ts';
import { sha256, signatureCrypto } from './verify.ts';

export interface Joining {
  /** `--repo`; else KEYWARD_REPO, else the nearest folder upwards with an access-policy.yaml. */
  readonly repo?: string;
  /** `init`: where none is found, this folder becomes one. */
  readonly begins?: boolean;
  readonly terminal: Terminal;
  /** `--passwords`: a new file for first passwords, where nobody sits at a terminal to be shown them. */
  readonly passwords?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The world of one run. Throws `no-repository` when no repository is named and none is found. */
export async function joinWorld({ repo, begins = false, terminal, env, passwords }: Joining): Promise<World> {
  const named = repo ?? nonEmpty(env['KEYWARD_REPO']);
  const folders = ownFolders(env);
  const settings = openSettings(folders);
  return {
    clock: { now: () => instantOf(Date.now() / 1000) },
    random: (length) => new Uint8Array(randomBytes(length)),
    crypto: CRYPTO,
    repository: await openRepository(named ?? (await nearest(begins))),
    settings,
    given: givenSettings(env),
    journals: openJournals(folders),
    signing: joinSigning(terminal, env),
    keyMaker: joinKeyMaker(),
    enroller: joinEnroller(terminal),
    terminal,
    receiver: async () => {
      const { receive, look, hash } = await readPrograms();
      return { text: receive + look, hash };
    },
    prepare: async (place, wanted, makes, signal) => {
      if (place.kind !== 'aws-iam') return { kind: 'unknown', why: `this keyward prepares nothing of the kind ${place.kind}` };
      const { prepare } = await import('./targets/aws-iam/index.ts');
      return prepare(place, wanted, makes, signal, codesFrom(terminal));
    },
    target: joinTargets(settings, env, passwordsTo(terminal, passwords), codesFrom(terminal)),
  };
}

const CRYPTO = { ...signatureCrypto, sha256 };

/** A runner has no settings of its own: it is told by its environment. */
function givenSettings(env: Joining['env']): Settings {
  const firstRelease = nonEmpty(env['KEYWARD_FIRST_RELEASE']);
  const courierKeyFile = nonEmpty(env['KEYWARD_COURIER_KEY']);
  if (firstRelease !== undefined && !/^[0-9a-f]{64}$/.test(firstRelease)) {
    throw new Failure('usage', 'KEYWARD_FIRST_RELEASE is no fingerprint: 64 lowercase hexadecimal digits', {
      next: '`keyward status` prints it',
    });
  }
  return {
    ...(firstRelease === undefined ? {} : { firstRelease }),
    ...(courierKeyFile === undefined ? {} : { courierKeyFile: resolve(courierKeyFile) }),
  };
}

async function nearest(begins: boolean): Promise<string> {
  try {
    return await findRepository(process.cwd());
  } catch (error) {
    if (begins && error instanceof Failure && error.code === 'no-repository') return process.cwd();
    throw error;
  }
}

function joinSigning(terminal: Terminal, env: Joining['env']): World['signing'] {
  return {
    async sign(key, file, namespace, text) {
      const { openSigning } = await import('./private-keys/signing.ts');
      const options = { crypto: CRYPTO, agent: nonEmpty(env['SSH_AUTH_SOCK']), mayAsk: terminal.asks };
      return openSigning(options).sign(key, file, namespace, text);
    },
  };
}

function joinKeyMaker(): World['keyMaker'] {
  const open = async (): Promise<World['keyMaker']> => {
    const { openKeyMaker } = await import('./private-keys/key-maker.ts');
    return openKeyMaker({ write: writePrivateFile, mustBeFree });
  };
  return {
    make: async (...wanted) => (await open()).make(...wanted),
    check: async (...wanted) => (await open()).check(...wanted),
  };
}

function joinEnroller(terminal: Terminal): Enroller {
  const open = async (): Promise<Enroller> => {
    const { openEnroller } = await import('./targets/servers/index.ts');
    return openEnroller({ crypto: CRYPTO, mayAsk: terminal.asks, withTemporaryFile, programs: readPrograms });
  };
  return {
    enroll: async (...request) => (await open()).enroll(...request),
    look: async (...request) => (await open()).look(...request),
    print: async (...request) => (await open()).print(...request),
    remove: async (...request) => (await open()).remove(...request),
    knownHostKeys: async (...request) => (await open()).knownHostKeys(...request),
  };
}

/**
 * Where a first password goes: into a file that a flag names, else onto the terminal of whoever sits there, once. In a
 * pipeline nowhere, so none is made there.
 */
function passwordsTo(terminal: Terminal, file: string | undefined): HandOver | undefined {
  if (file !== undefined) {
    let begun: Promise<void> | undefined;
    return async (target, account, password) => {
      // One after another: two logins given at once must not both begin the file.
      const line = new TextEncoder().encode(`${target} ${account} ${password}\n`);
      begun = begun === undefined ? writePrivateFile(file, line) : begun.then(() => addToPrivateFile(file, line));
      await begun;
    };
  }
  if (!terminal.asks) return undefined;
  return async (target, account, password) => {
    terminal.tell(`First password of ${account} at ${target}, shown this once and to be changed at the first login: ${password}`);
  };
}

/** A role that wants MFA, in a profile of one's own, is taken with a code that is asked for; a pipeline has no device. */
function codesFrom(terminal: Terminal): IamOptions {
  if (!terminal.asks) return {};
  return { code: async (serial) => (await terminal.ask(`Code of the MFA device ${serial}:`))?.trim() ?? '' };
}

/** The one place that knows which kind of target has which adapter. */
function joinTargets(settings: SettingsStore, env: Joining['env'], handOver: HandOver | undefined, iam: IamOptions): World['target'] {
  const keys = new Map<string, Promise<ConnectionKey>>();
  const accounts = new WeakMap<TargetPlace, Target>();
  return async (place, courierKeyFile) => {
    if (place.kind === 'aws-iam') {
      const opened = accounts.get(place);
      if (opened !== undefined) return opened;
      const { awsTarget } = await import('./targets/aws-iam/index.ts');
      const random: World['random'] = (length) => new Uint8Array(randomBytes(length));
      const now = (): Instant => instantOf(Date.now() / 1000);
      const account = awsTarget(place, { crypto: CRYPTO, random, now, iam, ...(handOver === undefined ? {} : { handOver }) });
      accounts.set(place, account);
      return account;
    }
    if (place.kind !== 'server') return silent(place, `this keyward knows no targets of the kind ${place.kind}`);
    // A way of one's own brings its own key.
    const file =
      place.via !== undefined
        ? undefined
        : (courierKeyFile ?? (await settings.read(place.organization)).courierKeyFile);
    const { serversTarget } = await import('./targets/servers/index.ts');
    // Opened once for all servers, and awaited right here: a key that cannot be opened is this call's failure.
    if (file !== undefined && !keys.has(file)) keys.set(file, openCourier(file, nonEmpty(env['SSH_AUTH_SOCK'])));
    return serversTarget(place, file === undefined ? undefined : await keys.get(file), { crypto: CRYPTO });
  };
}

async function openCourier(file: string, agent: string | undefined): Promise<ConnectionKey> {
  const { openConnectionKey } = await import('./private-keys/index.ts');
  return openConnectionKey({ file, read: readPrivateFile, agent });
}

/** A target that nobody can look at: what is asked of it stays unknown. */
function silent({ id, name }: TargetPlace, why: string): Target {
  return {
    id,
    name,
    exchange: async () => ({ kind: 'unknown', why }),
    offer: async (offers) => offers.map(() => ({ kind: 'unknown', why })),
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

/** A key of one's own by the path of its private or its public file: the public line, and the private file where there is one. */
export async function readOwnKey(path: string): Promise<{ readonly publicLine: string; readonly file?: string }> {
  const named = path.endsWith('.pub') ? path.slice(0, -'.pub'.length) : path;
  const next = '`ssh-keygen -t ed25519 -f FILE` makes a pair; give that FILE';
  const publicLine = (await readGiven(`${named}.pub`, 'public', next)).trim();
  const file = resolve(named);
  return (await isThere(file)) ? { publicLine, file } : { publicLine };
}

export { isThere, readGiven } from './disk/index.ts';
