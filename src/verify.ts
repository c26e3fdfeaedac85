/**
 * The world's arithmetic for the core: SHA-256, SHA-512 and the verifying of one raw signature, with node:crypto.
 *
 * What belongs here: from SSH's wire forms to Node's and back, nothing else. What does not: deciding which key or
 * which form of a signature is let in (core/ssh), anything secret (private-keys/). Imports core/ssh only.
 */
import { createHash, createPublicKey, verify as verifyWithNode } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { ed25519Fault } from './core/ssh/curve-points.ts';
import { keyFields, securityKeyData } from './core/ssh/index.ts';
import type { PublicKey, SignatureCrypto, WireSignature } from './core/ssh/index.ts';
import { Reader } from './core/ssh/wire.ts';

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}

export function sha512(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha512').update(bytes).digest());
}

/** Did this key make this signature over these bytes? False for every kind and form that cannot be verified. */
export function verify(key: PublicKey, data: Uint8Array, signature: WireSignature): boolean {
  try {
    return verifyByKind(key, data, signature);
  } catch {
    // Node throws for a key or a signature whose form it does not take; neither counts.
    return false;
  }
}

/** What `checkSignature` of core/ssh asks for. */
export const signatureCrypto: SignatureCrypto = { sha512, verify };

function verifyByKind(key: PublicKey, data: Uint8Array, signature: WireSignature): boolean {
  switch (key.kind) {
    case 'ed25519':
      return signature.algorithm === 'ssh-ed25519' && verifyEd25519(key, data, signature.blob);
    case 'sk-ed25519':
      return (
        signature.algorithm === 'sk-ssh-ed25519@openssh.com' &&
        verifyEd25519(key, securityKeyData(key, signature, data, sha256), signature.blob)
      );
    case 'ecdsa-p256':
      return signature.algorithm === 'ecdsa-sha2-nistp256' && verifyP256(key, data, signature.blob);
    case 'rsa':
      // PKCS #1 v1.5, which is Node's usual padding for RSA.
      return signature.algorithm === 'rsa-sha2-512' && verifyWithNode('sha512', data, rsaKey(key), signature.blob);
    default:
      return false;
  }
}

function verifyEd25519(key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  const point = keyFields(key)[0] ?? new Uint8Array(0);
  // Our own look once more, however the key came here: Node before 24.19 verifies under a low-order point.
  if (ed25519Fault(point) !== undefined) return false;
  return verifyWithNode(null, data, fromJwk({ kty: 'OKP', crv: 'Ed25519', x: base64url(point) }), signature);
}

function verifyP256(key: PublicKey, data: Uint8Array, signature: Uint8Array): boolean {
  const point = keyFields(key)[1] ?? new Uint8Array(0);
  const [x, y] = [point.slice(1, 33), point.slice(33)].map(base64url);
  const reader = new Reader(signature);
  const numbers = [reader.mpint(), reader.mpint()].map((n) => Buffer.from(n.toString(16).padStart(64, '0'), 'hex'));
  reader.end();
  const publicKey = fromJwk({ kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' });
  // r and s side by side, 32 bytes each, so that no DER has to be written.
  return verifyWithNode('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.concat(numbers));
}

function rsaKey(key: PublicKey): KeyObject {
  const [e, n] = keyFields(key).map((field) => base64url(field[0] === 0 ? field.slice(1) : field));
  return fromJwk({ kty: 'RSA', e: e ?? '', n: n ?? '' });
}

function fromJwk(jwk: Record<string, string>): KeyObject {
  return createPublicKey({ key: jwk, format: 'jwk' });
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
