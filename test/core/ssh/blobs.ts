/** Public keys built byte by byte, so that a test can spoil one field and leave the rest right. */
import { generateKeyPairSync } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { encodeBase64, joinBytes, writeMpint, writeString } from '../../../src/core/ssh/wire.ts';

/** The line of a key made of these wire strings; a number becomes an mpint, bytes and texts become strings. */
export function line(type: string, ...fields: readonly (Uint8Array | string | bigint)[]): string {
  const written = fields.map((field) => (typeof field === 'bigint' ? writeMpint(field) : writeString(field)));
  return `${type} ${encodeBase64(joinBytes(writeString(type), ...written))}`;
}

function bytes(part: string | undefined): Uint8Array {
  return new Uint8Array(Buffer.from(part ?? '', 'base64url'));
}

export function number(part: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(part ?? '', 'base64url').toString('hex')}`);
}

/** The OpenSSH line of a key that Node made. */
export function lineOf(key: KeyObject): string {
  const jwk: JsonWebKey = key.export({ format: 'jwk' });
  if (jwk.kty === 'OKP') return line('ssh-ed25519', bytes(jwk.x));
  if (jwk.kty === 'RSA') return line('ssh-rsa', number(jwk.e), number(jwk.n));
  const curve = `nistp${jwk.crv?.slice(2)}`;
  return line(`ecdsa-sha2-${curve}`, curve, joinBytes(Uint8Array.of(4), bytes(jwk.x), bytes(jwk.y)));
}

export interface Made {
  readonly line: string;
  readonly privateKey: KeyObject;
}

export function makeEd25519(): Made {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return { line: lineOf(publicKey), privateKey };
}

export function makeEcdsa(namedCurve: 'P-256' | 'P-384' | 'P-521'): Made {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  return { line: lineOf(publicKey), privateKey };
}

export function makeRsa(modulusLength: number, publicExponent = 65537): Made {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength, publicExponent });
  return { line: lineOf(publicKey), privateKey };
}
