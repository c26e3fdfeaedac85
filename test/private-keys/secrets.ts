/** Real keys and a real ssh-agent for the tests of this room. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePublicKey } from '../../src/core/ssh/public-key.ts';
import type { PublicKey } from '../../src/core/ssh/public-key.ts';
import { sha256, signatureCrypto } from '../../src/verify.ts';
import type { Crypto } from '../../src/world.ts';

export const crypto: Crypto = { ...signatureCrypto, sha256 };

/** The passphrase of every key here that has one, and the words a locked agent is locked with. */
export const PASSPHRASE = 'correct horse';

export interface KeyFile {
  readonly file: string;
  readonly key: PublicKey;
}

/** A folder that is gone afterwards, with keys by the real ssh-keygen in it. */
export function makeFolder(): {
  readonly path: string;
  key(name: string, type: readonly string[], passphrase?: string): KeyFile;
  remove(): void;
} {
  const path = mkdtempSync(join(tmpdir(), 'keyward-private-'));
  return {
    path,
    key(name, type, passphrase = '') {
      const file = join(path, name);
      execFileSync('ssh-keygen', ['-q', '-N', passphrase, '-C', name, '-f', file, ...type]);
      return { file, key: parsePublicKey(readFileSync(`${file}.pub`, 'utf8').trimEnd()) };
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export interface Agent {
  readonly socket: string;
  add(file: string): void;
  lock(): void;
  stop(): Promise<void>;
}

/** A real ssh-agent in the foreground, so that ending it ends it. */
export async function startAgent(folder: string): Promise<Agent> {
  const socket = join(folder, 'agent');
  const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
  // It says where it listens once it does.
  await new Promise((resolve) => child.stdout.once('data', resolve));
  // Without a terminal ssh-add takes the words from the program named here.
  const asker = join(folder, 'asker');
  writeFileSync(asker, `#!/bin/sh\necho ${PASSPHRASE}\n`, { mode: 0o700 });
  const env = { ...process.env, SSH_AUTH_SOCK: socket, SSH_ASKPASS: asker, SSH_ASKPASS_REQUIRE: 'force' };
  const add = (...args: readonly string[]): void => void execFileSync('ssh-add', args, { env, stdio: 'ignore' });
  return {
    socket,
    add: (file) => add('-q', file),
    lock: () => add('-x'),
    stop: () =>
      new Promise((resolve) => {
        child.once('close', () => resolve());
        child.kill();
      }),
  };
}
