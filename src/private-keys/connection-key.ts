/**
 * The courier's key as it proves itself to a server. It must work with nobody there, so nothing is asked: an agent that
 * holds the key, or a private key file without a passphrase.
 */
import { createPrivateKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import sshpk from 'sshpk';
import { Failure } from '../core/failure.ts';
import { keyFields, mayCarry, readKeyBlob, readPublicKey } from '../core/ssh/index.ts';
import type { KeyKind, PublicKey } from '../core/ssh/index.ts';
import {
  asciiText,
  bigEndian,
  decodeBase64,
  encodeHex,
  joinBytes,
  Malformed,
  Reader,
  writeMpint,
  writeString,
} from '../core/ssh/wire.ts';
import type { ConnectionKey } from '../world.ts';
import { askAgent } from './agent.ts';

export interface ConnectionKeyOptions {
  readonly file: string;
  /** The bytes of a file that only its owner can read (disk's `readPrivateFile`). */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** SSH_AUTH_SOCK; absent: no agent is asked. */
  readonly agent?: string | undefined;
}

/** Throws `key` when the file holds no key that may carry; a key that cannot be used fails when it is to prove itself. */
export async function openConnectionKey({ file, read, agent }: ConnectionKeyOptions): Promise<ConnectionKey> {
  const text = new TextDecoder('latin1').decode(await read(file));
  const opened = open(file, text);
  const { key } = opened;
  if (!mayCarry(key.kind)) {
    throw new Failure('key', `${file} is a key of the type ${key.type}, which cannot carry: it waits for a touch`, {
      next: 'make a plain key for the courier: `ssh-keygen -t ed25519`',
    });
  }
  return {
    key,
    async prove(data, algorithm = key.kind === 'rsa' ? 'rsa-sha2-512' : key.type) {
      const answer = agent === undefined ? undefined : await askAgent(agent, key, data, algorithm);
      if (answer?.kind === 'signed') return answer.signature;
      if (opened.secret !== undefined) return proveWith(opened, data, algorithm);
      throw new Failure('key', `the key ${file} has a passphrase and no ssh-agent holds it`, {
        next: `run: ssh-add ${file}`,
      });
    },
  };
}

interface Unlocked {
  readonly key: PublicKey;
  readonly secret: KeyObject;
}
/** The key of a file; without its secret where that has a passphrase. */
type Opened = Unlocked | { readonly key: PublicKey; readonly secret?: undefined };

function open(file: string, text: string): Opened {
  const blob = publicBlob(text);
  try {
    const parsed = sshpk.parsePrivateKey(text, 'auto');
    const [type, base64] = parsed.toPublic().toString('ssh').split(' ');
    const key = strict(file, readPublicKey(`${type} ${base64}`));
    return { key, secret: secretOf(parsed, key) };
  } catch (error) {
    if (error instanceof Failure) throw error;
    // Which error it was is not passed on: a parser's message may quote what it could not read.
    if (blob !== undefined) return { key: strict(file, readKeyBlob(blob)) };
    throw new Failure('key', `${file} holds no private key that can be read without a passphrase`, {
      next: 'give a private key file in the OpenSSH format; `ssh-keygen -p -f FILE` writes it anew in it',
    });
  }
}

/**
 * For Node by way of JWK, whose numbers have one length: in the PKCS #8 that sshpk 1.18 writes, a zero byte in front of
 * an Ed25519 seed is missing, and Node cannot read one key in 512.
 */
function secretOf(parsed: sshpk.PrivateKey, key: PublicKey): KeyObject {
  const curve = CURVES[key.kind];
  if (curve === undefined) return createPrivateKey(parsed.toString('pkcs8'));
  const [name, bytes] = curve;
  const [x, y] = name === 'Ed25519' ? [keyFields(key)[0]] : halves(keyFields(key)[1]?.slice(1) ?? new Uint8Array(0));
  const part = (parsed.part as Readonly<Record<string, { readonly data: Uint8Array } | undefined>>)[
    name === 'Ed25519' ? 'k' : 'd'
  ];
  const digits = encodeHex(part?.data ?? new Uint8Array(0))
    .replace(/^(00)+/, '')
    .padStart(bytes * 2, '0');
  const d = Buffer.from(digits, 'hex').toString('base64url');
  const point = {
    crv: name,
    x: Buffer.from(x ?? []).toString('base64url'),
    ...(y === undefined ? {} : { y: Buffer.from(y).toString('base64url') }),
  };
  return createPrivateKey({ key: { kty: name === 'Ed25519' ? 'OKP' : 'EC', ...point, d }, format: 'jwk' });
}

function halves(bytes: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return [bytes.slice(0, bytes.length / 2), bytes.slice(bytes.length / 2)];
}

/** The names of JWK (RFC 7518, RFC 8037) and how many bytes a secret number has. */
const CURVES: Readonly<Partial<Record<KeyKind, readonly [string, number]>>> = {
  ed25519: ['Ed25519', 32],
  'ecdsa-p256': ['P-256', 32],
  'ecdsa-p384': ['P-384', 48],
  'ecdsa-p521': ['P-521', 66],
};

function strict(file: string, reading: ReturnType<typeof readPublicKey>): PublicKey {
  if (reading.ok) return reading.key;
  throw new Failure('key', `${file}: ${reading.message}`, { next: reading.suggestion });
}

/** The public half of a private key in the OpenSSH format (PROTOCOL.key), which stands there unencrypted. */
function publicBlob(text: string): Uint8Array | undefined {
  const body = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\r\n]+)-----END OPENSSH PRIVATE KEY-----/.exec(
    text,
  )?.[1];
  if (body === undefined) return undefined;
  try {
    const reader = new Reader(decodeBase64(body.replace(/[\r\n]/g, '')));
    if (asciiText(reader.take(15)) !== 'openssh-key-v1\0') return undefined;
    for (let skip = 0; skip < 3; skip++) reader.string();
    return reader.uint32() === 1 ? reader.string() : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/**
 * The wire form of a signature (RFC 4253 section 6.6). Made with node:crypto, since sshpk 1.18 guesses the curve from
 * the length of an ECDSA signature and is now and then wrong for P-521.
 */
function proveWith({ key, secret }: Unlocked, data: Uint8Array, algorithm: string): Uint8Array {
  const hash = algorithm === 'rsa-sha2-256' ? 'sha256' : HASHES[key.kind];
  const raw = new Uint8Array(sign(hash ?? null, data, { key: secret, dsaEncoding: 'ieee-p1363' }));
  if (!key.type.startsWith('ecdsa-')) return joinBytes(writeString(algorithm), writeString(raw));
  const numbers = halves(raw).map((part) => writeMpint(bigEndian(part)));
  return joinBytes(writeString(key.type), writeString(joinBytes(...numbers)));
}

/** RFC 5656 section 6.2.1 for the curves; Ed25519 hashes by itself. */
const HASHES: Readonly<Partial<Record<KeyKind, string>>> = {
  'ecdsa-p256': 'sha256',
  'ecdsa-p384': 'sha384',
  'ecdsa-p521': 'sha512',
  rsa: 'sha512',
};
