/** Keys made for one test run, which sign as ssh-keygen would. The verifying is the program's own. */
import { createPrivateKey, generateKeyPairSync, sign as signWithNode } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { bytesOf, hashOf } from '../../../src/core/texts/index.ts';
import type { TextCrypto } from '../../../src/core/texts/index.ts';
import { parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import type { PublicKey } from '../../../src/core/ssh/public-key.ts';
import { buildSignature, signedData } from '../../../src/core/ssh/sshsig.ts';
import { encodeBase64, joinBytes, writeString } from '../../../src/core/ssh/wire.ts';
import { sha256, sha512, signatureCrypto } from '../../../src/verify.ts';

export const crypto: TextCrypto = { ...signatureCrypto, sha256 };

export const sha = (text: string): string => hashOf(text, crypto);

export interface Pen {
  readonly key: PublicKey;
  sign(text: string, namespace: string): string;
}

/** A new Ed25519 key. */
export function makePen(): Pen {
  const { privateKey } = generateKeyPairSync('ed25519');
  return pen(privateKey);
}

/** The same key for the same seed, for what must not change from run to run. */
export function penOf(seed: number): Pen {
  const prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
  const der = Buffer.concat([prefix, Buffer.from(sha256(bytesOf(`a key for tests ${seed}`)))]);
  return pen(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

function pen(privateKey: KeyObject): Pen {
  const point = Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const blob = joinBytes(writeString('ssh-ed25519'), writeString(new Uint8Array(point)));
  const key = parsePublicKey(`ssh-ed25519 ${encodeBase64(blob)}`);
  const sign = (text: string, namespace: string): string => {
    const raw = signWithNode(null, signedData(namespace, bytesOf(text), sha512), privateKey);
    return buildSignature(key, namespace, joinBytes(writeString('ssh-ed25519'), writeString(new Uint8Array(raw))));
  };
  return { key, sign };
}
