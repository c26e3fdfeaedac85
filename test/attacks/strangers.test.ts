/** Whoever can push lays things beside signatures: junk, hundreds of them, signatures of others. What signers signed is carried all the same. */
import { describe, expect, it } from 'vitest';
import { instantOf, later } from '../../src/core/access/index.ts';
import type { EmployeeId } from '../../src/core/access/index.ts';
import { CAPS, NAMESPACES, readBundle, release, verifyChain, wayTo, writeBundle } from '../../src/core/texts/index.ts';
import type { Release, SignedText } from '../../src/core/texts/index.ts';
import { crypto, makePen, penOf, sha } from '../core/texts/signing.ts';

const NOW = instantOf(1_800_000_000);
const id = (letter: string): EmployeeId => `emp_${letter.repeat(26)}` as EmployeeId;
const pens = { a: penOf(1), b: penOf(2), c: penOf(3) };

/** Release n of a set of a, b and c, where two must sign; `from` of them sign. */
function made(number: number, signerSet = 1, from: readonly ('a' | 'b' | 'c')[] = ['a', 'b'], previous = 'f'.repeat(64)): SignedText {
  const value: Release = {
    ...{ organization: 'acme', number, previous: number === 1 ? undefined : previous, issued: NOW, expires: later(NOW, 1000) },
    ...{ inputs: sha('inputs'), receiver: sha('receiver'), signerSet, threshold: 2, counted: [], undone: [], manifests: [] },
    signers: Object.entries(pens).map(([letter, pen]) => ({ id: id(letter), key: pen.key })),
  };
  const text = release.write(value);
  return { text, signatures: from.map((letter) => pens[letter].sign(text, NAMESPACES.release)) };
}

const BESIDE: Readonly<Record<string, (signed: SignedText) => readonly string[]>> = {
  'a text that is no signature': () => ['rm -rf /\n'],
  'the beginning of a signature': ({ signatures }) => [(signatures[0] ?? '').slice(0, 100)],
  'bytes that are no text': () => ['\u0000\u00ff\u001b[2J'],
  'a hundred signatures of a stranger': ({ text }) => Array.from({ length: 100 }, () => makePen().sign(text, NAMESPACES.release)),
  'a hundred copies of one signature': ({ signatures }) => Array.from({ length: 100 }, () => signatures[0] ?? ''),
  'signatures under a signer’s key that are of another text': () => Array.from({ length: 9 }, () => pens.a.sign('something else', NAMESPACES.release)),
};

describe('what is laid beside signatures', () => {
  it.each(Object.entries(BESIDE))('%s stops nothing and counts for nobody', (_, beside) => {
    const first = made(1);
    const second = made(2);
    const start = { number: 1, hash: sha(first.text) };
    const among = (signed: SignedText): SignedText => ({ text: signed.text, signatures: [...beside(signed), ...signed.signatures] });
    const chain = verifyChain([among(first), among(second)], start, crypto);
    expect(chain.newest.value.number).toBe(2);
    expect([...chain.newest.signedBy].sort()).toEqual([id('a'), id('b')]);
    const bundle = readBundle(writeBundle({ nonce: sha('nonce'), about: [], revocations: [], releases: wayTo(chain, 0) }));
    expect(bundle.releases.at(-1)?.text).toBe(second.text);
    expect(bundle.releases.at(-1)?.signatures.length).toBeLessThanOrEqual(2);
    // With one signer it stays one signer, whatever lies beside.
    expect(verifyChain([first, among(made(2, 1, ['a']))], start, crypto).newest.value.number).toBe(1);
  });

  it('carries the newest changes of the signer set where there were more than a receiver takes at once', () => {
    const all = [made(1)];
    const SETS = CAPS.releases + 5;
    // A set of the same people under a new number: the chain asks for the next number only where something changed.
    for (let n = 2; n <= SETS; n += 1) all.push(made(n, n));
    const chain = verifyChain(all, { number: 1, hash: sha(all[0]?.text ?? '') }, crypto);
    expect(chain.newest.value.number).toBe(SETS);
    const releases = wayTo(chain, 0);
    expect(releases).toHaveLength(CAPS.releases);
    expect(releases.at(-1)?.text).toBe(all.at(-1)?.text);
    expect(readBundle(writeBundle({ nonce: sha('nonce'), about: [], revocations: [], releases })).releases).toHaveLength(CAPS.releases);
  });
});
