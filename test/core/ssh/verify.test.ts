/**
 * What the world's verify refuses before it asks Node, shown with a Node that says yes to everything: newer ones refuse
 * low-order keys themselves, older ones do not, and neither may be relied on.
 */
import { describe, expect, it, vi } from 'vitest';
import { parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import type { KeyKind, PublicKey } from '../../../src/core/ssh/public-key.ts';
import { joinBytes, writeMpint, writeString } from '../../../src/core/ssh/wire.ts';
import { line, makeEcdsa, makeEd25519, makeRsa } from './blobs.ts';

const asked = vi.hoisted(() => ({ times: 0 }));
vi.mock('node:crypto', async (original) => ({
  ...(await original<object>()),
  verify: () => {
    asked.times++;
    return true;
  },
}));
const { verify } = await import('../../../src/verify.ts');

const text = Uint8Array.of(1, 2, 3);
const ed = parsePublicKey(makeEd25519().line);
const sk = parsePublicKey(line('sk-ssh-ed25519@openssh.com', ed.blob.slice(-32), 'ssh:'));
const numbers = joinBytes(writeMpint(1n), writeMpint(2n));

/** A key object that never went through the strict reader. */
function forged(type: string, kind: KeyKind, ...fields: readonly Uint8Array[]): PublicKey {
  return { type, kind, blob: joinBytes(...[type, ...fields].map(writeString)), line: '', comment: '', bits: 256 };
}

describe('with a Node that says yes to everything', () => {
  const yes: readonly (readonly [PublicKey, string, Uint8Array])[] = [
    [ed, 'ssh-ed25519', new Uint8Array(64)],
    [sk, 'sk-ssh-ed25519@openssh.com', new Uint8Array(64)],
    [parsePublicKey(makeEcdsa('P-256').line), 'ecdsa-sha2-nistp256', numbers],
    [parsePublicKey(makeRsa(3072).line), 'rsa-sha2-512', new Uint8Array(384)],
  ];
  const algorithms = [...yes.map(([, algorithm]) => algorithm), 'ssh-rsa', 'rsa-sha2-256', 'none', ''];

  it('each kind of key is taken with its own algorithm and no other', () => {
    const before = asked.times;
    for (const [key, own, blob] of yes) {
      for (const algorithm of algorithms)
        expect([key.kind, algorithm, verify(key, text, { algorithm, blob })]).toEqual([
          key.kind,
          algorithm,
          algorithm === own,
        ]);
    }
    expect(asked.times - before).toBe(yes.length);
    console.log(
      `verify: ${yes.length * algorithms.length} pairs of key and algorithm, ${yes.length} of them go to Node`,
    );
  });

  it.each([1, 0])(
    'an Ed25519 key of low order that got past the reader is refused, and Node is not asked: y = %i',
    (y) => {
      const before = asked.times;
      const point = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? y : 0));
      const constant = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 1 : 0));
      const plain = forged('ssh-ed25519', 'ed25519', point);
      const token = forged('sk-ssh-ed25519@openssh.com', 'sk-ed25519', point, Uint8Array.from(Buffer.from('ssh:')));
      expect(verify(plain, text, { algorithm: 'ssh-ed25519', blob: constant })).toBe(false);
      expect(
        verify(token, text, { algorithm: 'sk-ssh-ed25519@openssh.com', blob: constant, flags: 1, counter: 1 }),
      ).toBe(false);
      expect(asked.times).toBe(before);
    },
  );

  it.each([
    ['a blob that is none', { ...ed, blob: Uint8Array.of(1, 2, 3) }],
    [
      'a point of no curve',
      forged('ecdsa-sha2-nistp256', 'ecdsa-p256', Uint8Array.from(Buffer.from('nistp256')), new Uint8Array(65).fill(4)),
    ],
    ['a kind that may not sign', parsePublicKey(makeEcdsa('P-384').line)],
  ] as const)('%s', (_, key) => {
    for (const algorithm of algorithms) expect(verify(key, text, { algorithm, blob: numbers })).toBe(false);
  });
});
