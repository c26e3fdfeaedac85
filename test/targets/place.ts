/** How the tests of this folder name a real server to the code: a place with the host keys it really has. */
import { createHash, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newId } from '../../src/core/access/ids.ts';
import { parsePublicKey } from '../../src/core/ssh/public-key.ts';
import type { PublicKey } from '../../src/core/ssh/public-key.ts';
import { sha256, signatureCrypto } from '../../src/verify.ts';
import { openConnectionKey } from '../../src/private-keys/connection-key.ts';
import { Pacing } from '../../src/targets/servers/pacing.ts';
import type { ConnectionKey, TargetPlace } from '../../src/world.ts';

export const CRYPTO = { ...signatureCrypto, sha256 };
export const ORGANIZATION = 'acme';

/** Nobody interrupts. */
export const GO = new AbortController().signal;

export function keyOf(line: string): PublicKey {
  return parsePublicKey(line);
}

export function placeOf(
  server: {
    readonly name: string;
    readonly address: string;
    readonly port: number;
    readonly hostKeys: readonly string[];
  },
  more: Partial<TargetPlace> = {},
): TargetPlace {
  const { name, address, port } = server;
  const hostKeys = server.hostKeys.map(keyOf);
  return {
    id: newId('srv', randomBytes(16)),
    name,
    kind: 'server',
    organization: ORGANIZATION,
    address,
    port,
    hostKeys,
    ...more,
  };
}

export function nonce(): string {
  return createHash('sha256').update(randomBytes(32)).digest('hex');
}

/** A folder for keys; call `remove` when the file's tests are over. */
export function keyFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'keyward-keys-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function connectionKey(file: string, agent?: string): Promise<ConnectionKey> {
  return openConnectionKey({ file, agent, read: async (path) => new Uint8Array(readFileSync(path)) });
}

/** A pace that counts what it is asked for and never waits: for tests of everything but the pace. */
export class Hasty extends Pacing {
  turns = 0;

  override async turn(): Promise<() => void> {
    this.turns += 1;
    return () => undefined;
  }
}

/** The public line of a security key nobody has: an Ed25519 point with an application behind it (PROTOCOL.u2f). */
export function securityKeyLine(folder: string, name: string): string {
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
  const point = keyOf(readFileSync(join(folder, `${name}.pub`), 'utf8').trimEnd()).blob.slice(-32);
  const string = (bytes: Uint8Array): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const type = 'sk-ssh-ed25519@openssh.com';
  return `${type} ${Buffer.concat([string(Buffer.from(type)), string(point), string(Buffer.from('ssh:'))]).toString('base64')}`;
}
