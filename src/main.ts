/**
 * Joins world.ts to the rooms that reach out: disk/, targets/, private-keys/, verify.ts.
 *
 * Belongs here: which implementation stands behind which contract, and the one place that knows which kind of target has
 * which adapter. Does not: any work of its own. What is heavy (ssh2, sshpk) is imported when it is first needed, so that
 * `check` and `plan` start without it.
 */
import { randomBytes } from 'node:crypto';
import { instantOf } from './core/access/instant.ts';
import { Failure } from './core/failure.ts';
import { findRepository, openJournals, openRepository, openSettings, ownFolders, readPrivateFile } from './disk/index.ts';
import type { ConnectionKey, SettingsStore, Target, TargetPlace, Terminal, World } from './world.ts';
import { sha256, signatureCrypto } from './verify.ts';

export interface Joining {
  /** `--repo`; else KEYWARD_REPO, else the nearest folder upwards with an access-policy.yaml. */
  readonly repo?: string;
  readonly terminal: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The world of one run. Throws `no-repository` when no repository is named and none is found. */
export async function joinWorld({ repo, terminal, env }: Joining): Promise<World> {
  const named = repo ?? nonEmpty(env['KEYWARD_REPO']);
  const folders = ownFolders(env);
  const settings = openSettings(folders);
  return {
    clock: { now: () => instantOf(Date.now() / 1000) },
    random: (length) => new Uint8Array(randomBytes(length)),
    crypto: { ...signatureCrypto, sha256 },
    repository: await openRepository(named ?? (await findRepository(process.cwd()))),
    settings,
    journals: openJournals(folders),
    signing: { sign: () => notYet('signing') },
    keyMaker: { make: () => notYet('making keys') },
    enroller: {
      enroll: () => notYet('enrolling'),
      look: () => notYet('enrolling'),
      print: () => notYet('enrolling'),
      remove: () => notYet('removing'),
      knownHostKeys: () => notYet('reading known_hosts'),
    },
    terminal,
    receiver: () => notYet('the receiver'),
    target: joinTargets(settings, env),
  };
}

/** The one place that knows which kind of target has which adapter. */
function joinTargets(settings: SettingsStore, env: Joining['env']): World['target'] {
  const keys = new Map<string, Promise<ConnectionKey>>();
  return async (place, courierKeyFile) => {
    if (place.kind === 'aws-iam') return silent(place, 'not yet: AWS arrives later');
    if (place.kind !== 'server') return silent(place, `not yet: this keyward knows no targets of the kind ${place.kind}`);
    // A way of one's own brings its own key.
    const file = place.via !== undefined ? undefined : (courierKeyFile ?? (await settings.read(place.organization)).courierKeyFile);
    if (file !== undefined && !keys.has(file)) keys.set(file, openCourier(file, nonEmpty(env['SSH_AUTH_SOCK'])));
    const { serversTarget } = await import('./targets/servers/index.ts');
    return serversTarget(place, file === undefined ? undefined : await keys.get(file), { crypto: { ...signatureCrypto, sha256 } });
  };
}

async function openCourier(file: string, agent: string | undefined): Promise<ConnectionKey> {
  const { openConnectionKey } = await import('./private-keys/connection-key.ts');
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

async function notYet(what: string): Promise<never> {
  throw new Failure('not-yet', `${what} is not joined yet`);
}
