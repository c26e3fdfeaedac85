/** Wycheproof against the world's verify: what is valid verifies, what is invalid does not. */
import { describe, expect, it } from 'vitest';
import { readPublicKey } from '../../../src/core/ssh/public-key.ts';
import type { PublicKey } from '../../../src/core/ssh/public-key.ts';
import { joinBytes, writeString } from '../../../src/core/ssh/wire.ts';
import { verify } from '../../../src/verify.ts';
import { line } from './blobs.ts';
import { hex, vector, VECTORS } from './vectors.ts';

interface Case {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}
interface Group {
  readonly publicKey: Readonly<Record<string, string>>;
  readonly tests: readonly Case[];
}

function groups(file: string): readonly Group[] {
  return (JSON.parse(vector('wycheproof', file)) as { readonly testGroups: readonly Group[] }).testGroups;
}

function key(text: string): PublicKey {
  const reading = readPublicKey(text);
  if (!reading.ok) throw new Error(reading.message);
  return reading.key;
}

function mpintBytes(digits = ''): bigint {
  return BigInt(`0x${digits}`);
}

/**
 * The two numbers of a DER signature as SSH writes them; a DER integer and an mpint have the same bytes. Undefined:
 * an encoding that SSH's form cannot carry, so that it never reaches a verifier.
 */
function sshNumbers(der: Uint8Array): Uint8Array | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const parts: Uint8Array[] = [];
  let at = 2;
  while (at < der.length) {
    const length = der[at + 1] ?? 0;
    if (der[at] !== 2 || length > 127 || at + 2 + length > der.length) return undefined;
    parts.push(writeString(der.slice(at + 2, at + 2 + length)));
    at += 2 + length;
  }
  return parts.length === 2 ? joinBytes(...parts) : undefined;
}

/** Runs every case; `acceptable` is taken or not, and never an error. Tells how many of which there were. */
function run(
  file: string,
  of: (group: Group) => { readonly line: string; readonly algorithm: string },
  blob: (sig: Uint8Array) => Uint8Array | undefined,
  verifier = verify,
): Record<string, number> {
  const seen: Record<string, number> = {};
  for (const group of groups(file)) {
    const { line: text, algorithm } = of(group);
    const publicKey = key(text);
    for (const { tcId, comment, msg, sig, result } of group.tests) {
      const carried = blob(hex(sig));
      const verified = carried !== undefined && verifier(publicKey, hex(msg), { algorithm, blob: carried });
      const allowed = result === 'acceptable' ? [true, false] : [result === 'valid'];
      expect(allowed, `${file} ${tcId} ${comment}`).toContain(verified);
      const name = `${result}${carried === undefined ? ', not to be written in SSH' : ''}: ${verified ? 'taken' : 'refused'}`;
      seen[name] = (seen[name] ?? 0) + 1;
    }
  }
  console.log(file, JSON.stringify(seen));
  return seen;
}

function ed25519(group: Group): { readonly line: string; readonly algorithm: string } {
  return { line: line('ssh-ed25519', hex(group.publicKey['pk'] ?? '')), algorithm: 'ssh-ed25519' };
}

function count(seen: Record<string, number>): number {
  return Object.values(seen).reduce((sum, n) => sum + n, 0);
}

describe.skipIf(VECTORS === undefined)('Wycheproof', () => {
  it('Ed25519', () => {
    const seen = run('ed25519_test.json', ed25519, (sig) => sig);
    expect([count(seen), seen['valid: taken']]).toEqual([151, 88]);
  });

  it('ECDSA P-256 with SHA-256', () => {
    const seen = run(
      'ecdsa_secp256r1_sha256_test.json',
      (group) => ({
        line: line('ecdsa-sha2-nistp256', 'nistp256', hex(group.publicKey['uncompressed'] ?? '')),
        algorithm: 'ecdsa-sha2-nistp256',
      }),
      sshNumbers,
    );
    expect([count(seen), seen['valid: taken']]).toEqual([484, 174]);
  });

  it('RSA 3072 with SHA-512', () => {
    const seen = run(
      'rsa_signature_3072_sha512_test.json',
      (group) => ({
        line: line('ssh-rsa', mpintBytes(group.publicKey['publicExponent']), mpintBytes(group.publicKey['modulus'])),
        algorithm: 'rsa-sha2-512',
      }),
      (sig) => sig,
    );
    expect([count(seen), seen['valid: taken']]).toEqual([260, 8]);
  });

  it('RSA 2048: the keys themselves are refused', () => {
    const lines = groups('rsa_signature_2048_sha512_test.json').map(({ publicKey }) =>
      line('ssh-rsa', mpintBytes(publicKey['publicExponent']), mpintBytes(publicKey['modulus'])),
    );
    expect(lines.length).toBe(2);
    for (const text of lines) expect(readPublicKey(text)).toMatchObject({ ok: false, reason: 'rsa-short' });
  });

  it.each([true, false])('a planted fault is found: a verifier that always says %s', (answer) => {
    expect(() =>
      run(
        'ed25519_test.json',
        ed25519,
        (sig) => sig,
        () => answer,
      ),
    ).toThrow(/ed25519_test\.json/);
  });
});
