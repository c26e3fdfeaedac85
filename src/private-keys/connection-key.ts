/**
 * The key a courier proves itself with, from its private key file: in this process when the file has no passphrase, by
 * the agent when it has one. Nothing outside this room sees the secret; what goes out are signatures.
 */
import { createPrivateKey, sign as signWithNode } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import sshpk from 'sshpk';
import { Failure } from '../core/failure.ts';
import { mayCarry, parsePublicKey, readKeyBlob, sameKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import { bigEndian, decodeBase64, joinBytes, Malformed, Reader, writeMpint, writeString } from '../core/ssh/wire.ts';
import type { ConnectionKey } from '../world.ts';
import { agentKeys, agentSign } from './agent-connection.ts';

export interface ConnectionKeySource {
  /** Where the file is, for messages and for `read`. */
  readonly file: string;
  /** The bytes of a file that only its owner can read (disk/private-file.ts); throws a Failure itself. */
  readonly read: (file: string) => Promise<Uint8Array>;
  /** SSH_AUTH_SOCK; undefined when there is no agent. */
  readonly agent: string | undefined;
}

/**
 * Throws `key` when the file is no private key that may carry, or when it has a passphrase and no agent holds the key:
 * a courier works unattended and is asked nothing.
 */
export async function openConnectionKey({ file, read, agent }: ConnectionKeySource): Promise<ConnectionKey> {
  const bytes = await read(file);
  const protectedKey = publicPartOfProtected(bytes);
  if (protectedKey !== undefined) return fromAgent(carrying(protectedKey, file), file, agent);
  return fromFile(bytes, file);
}

/** OpenSSH's own format names the cipher and holds the public key in clear (PROTOCOL.key). */
function publicPartOfProtected(bytes: Uint8Array): PublicKey | undefined {
  const text = Buffer.from(bytes).toString('latin1');
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END OPENSSH PRIVATE KEY-----/.exec(text)?.[1];
  if (body === undefined) return undefined;
  try {
    const reader = new Reader(decodeBase64(body.replaceAll(/\s/g, '')));
    reader.take('openssh-key-v1\0'.length);
    if (reader.text() === 'none') return undefined;
    reader.string();
    reader.string();
    reader.uint32();
    const reading = readKeyBlob(reader.string());
    return reading.ok ? reading.key : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

function carrying(key: PublicKey, file: string): PublicKey {
  if (mayCarry(key.kind)) return key;
  throw new Failure('key', `${file}: a key of the type ${key.type} cannot carry, since it waits for a touch`, {
    next: "make a courier's key: ssh-keygen -t ed25519 -f courier",
  });
}

async function fromAgent(key: PublicKey, file: string, agent: string | undefined): Promise<ConnectionKey> {
  const held = agent === undefined ? [] : await agentKeys(agent);
  if (agent === undefined || !held.some((blob) => isKey(blob, key))) {
    const where = agent === undefined ? 'there is no agent (SSH_AUTH_SOCK is not set)' : 'the agent does not hold it';
    throw new Failure('key', `the courier's key ${file} has a passphrase, and ${where}`, {
      next: `run: ssh-add ${file}`,
    });
  }
  return { key, prove: (data, algorithm) => agentSign(agent, key.blob, data, algorithm) };
}

function isKey(blob: Uint8Array, key: PublicKey): boolean {
  const reading = readKeyBlob(blob);
  return reading.ok && sameKey(reading.key, key);
}

function fromFile(bytes: Uint8Array, file: string): ConnectionKey {
  let secret: KeyObject;
  let line: string;
  try {
    const parsed = sshpk.parsePrivateKey(Buffer.from(bytes), 'auto', { filename: 'key' });
    secret = createPrivateKey(parsed.toString('pkcs8'));
    line = parsed.toPublic().toString('ssh').split(' ').slice(0, 2).join(' ');
  } catch {
    // Their own words might repeat a part of the file.
    throw new Failure('key', `${file} is not a private key that can be read here`, {
      next: "an OpenSSH private key is needed, without a passphrase or held by the agent; never the `.pub` file",
    });
  }
  const key = carrying(parsePublicKey(line), file);
  return { key, prove: async (data, algorithm) => wireSignature(secret, key, data, algorithm ?? usual(key)) };
}

function usual(key: PublicKey): string {
  return key.type === 'ssh-rsa' ? 'rsa-sha2-512' : key.type;
}

const HASHES: Readonly<Record<string, string | null>> = {
  'ssh-ed25519': null,
  'ecdsa-sha2-nistp256': 'sha256',
  'ecdsa-sha2-nistp384': 'sha384',
  'ecdsa-sha2-nistp521': 'sha512',
  'rsa-sha2-256': 'sha256',
  'rsa-sha2-512': 'sha512',
};

/** RFC 4253 section 6.6: the algorithm and the signature; RFC 5656 section 3.1.2 for ECDSA's two numbers. */
function wireSignature(secret: KeyObject, key: PublicKey, data: Uint8Array, algorithm: string): Uint8Array {
  const hash = HASHES[algorithm];
  const fits = key.type === 'ssh-rsa' ? algorithm.startsWith('rsa-') : algorithm === key.type;
  if (hash === undefined || !fits) throw new Failure('internal', `a key of the type ${key.type} does not sign with ${algorithm}`);
  if (!algorithm.startsWith('ecdsa-')) return joinBytes(writeString(algorithm), writeString(signWithNode(hash, data, secret)));
  const both = signWithNode(hash, data, { key: secret, dsaEncoding: 'ieee-p1363' });
  const [r, s] = [both.subarray(0, both.length / 2), both.subarray(both.length / 2)].map((half) => writeMpint(bigEndian(half)));
  return joinBytes(writeString(algorithm), writeString(joinBytes(r ?? both, s ?? both)));
}
