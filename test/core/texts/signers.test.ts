/** Signatures count people: whoever signs twice, with two keys, for another text or under another's name counts once or not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EmployeeId } from '../../../src/core/access/index.ts';
import {
  countSigners,
  mustHaveThreshold,
  NAMESPACES,
  reasonOf,
  revocation,
  verifyRevocation,
} from '../../../src/core/texts/index.ts';
import type { Revocation, SignerSet } from '../../../src/core/texts/index.ts';
import { makePen } from './signing.ts';
import type { Pen } from './signing.ts';
import { crypto } from './signing.ts';
import { given } from '../given.ts';

const TEXT = 'keyward-release v1\nthe bytes that were signed\n';
const ID = (letter: string): EmployeeId => `emp_${letter.repeat(26)}` as EmployeeId;

/** Alice has three keys, Bob two, Carol one; Mallory is in no set. */
const PENS = { a: [makePen(), makePen(), makePen()], b: [makePen(), makePen()], c: [makePen()] };
const MALLORY = makePen();
const SET: SignerSet = {
  signerSet: 1,
  threshold: 2,
  signers: Object.entries(PENS).flatMap(([letter, pens]) => pens.map((pen) => ({ id: ID(letter), key: pen.key }))),
};

const by = (pen: Pen, text = TEXT, namespace: string = NAMESPACES.release): string => pen.sign(text, namespace);
const count = (signatures: readonly string[], set = SET): ReadonlySet<EmployeeId> =>
  countSigners({ text: TEXT, signatures }, set, NAMESPACES.release, crypto);

function why(act: () => unknown): string | undefined {
  try {
    act();
  } catch (error) {
    return reasonOf(error);
  }
  return 'taken';
}

describe('counting signers', () => {
  it('counts people, never keys, in whatever order and however often their signatures come', () => {
    let looked = 0;
    const one = fc.constantFrom(
      ...Object.entries(PENS).flatMap(([letter, pens]) => pens.map((pen) => ({ letter, armored: by(pen) }))),
    );
    const noise = fc.constantFrom(
      by(MALLORY),
      by(given(PENS.c[0]), TEXT, NAMESPACES.revocation),
      by(given(PENS.c[0]), `${TEXT}x`),
      'no signature',
      '',
    );
    const mixed = fc.array(
      fc.oneof(
        one,
        noise.map((armored) => ({ letter: '', armored })),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(
        mixed.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
        ),
        ([all, shuffled]) => {
          const people = new Set(all.filter(({ letter }) => letter !== '').map(({ letter }) => ID(letter)));
          expect(count(all.map(({ armored }) => armored))).toEqual(people);
          expect(count(shuffled.map(({ armored }) => armored))).toEqual(people);
          looked += 1;
        },
      ),
      { numRuns: 60 },
    );
    console.log(`lists of signatures looked at: ${looked}`);
  });

  it('counts three keys of one person as one', () => {
    expect(count(PENS.a.map((pen) => by(pen))).size).toBe(1);
    expect(count([...PENS.a, given(PENS.b[0])].map((pen) => by(pen))).size).toBe(2);
  });

  it('refuses a set in which one key stands under two ids, instead of counting it twice', () => {
    const set = { ...SET, signers: [...SET.signers, { id: ID('d'), key: given(PENS.a[0]).key }] };
    expect(why(() => count([by(given(PENS.a[0]))], set))).toBe('key-under-two-ids');
    // The same key with another comment is the same key.
    const commented = {
      ...SET,
      signers: [...SET.signers, { id: ID('d'), key: { ...given(PENS.a[0]).key, comment: 'spare' } }],
    };
    expect(why(() => count([by(given(PENS.a[0]))], commented))).toBe('key-under-two-ids');
  });

  it('refuses a threshold that is none', () => {
    for (const threshold of [4, 5, 1000])
      expect(why(() => count([], { ...SET, threshold }))).toBe('threshold-out-of-range');
    for (const threshold of [0, -1, 1.5, Number.NaN])
      expect(why(() => count([], { ...SET, threshold }))).toBe('threshold-out-of-range');
    expect(why(() => count([], { ...SET, threshold: 3 }))).toBe('taken');
  });

  it('counts nothing that was changed: any bit of a signature, any byte of the text', () => {
    const armored = by(given(PENS.c[0]));
    let looked = 0;
    for (let i = 0; i < armored.length; i += 1) {
      const changed = armored.slice(0, i) + String.fromCharCode(armored.charCodeAt(i) ^ 1) + armored.slice(i + 1);
      looked += 1;
      expect(count([changed]).size, `byte ${i}`).toBe(0);
    }
    for (let i = 0; i < TEXT.length; i += 1) {
      const text = TEXT.slice(0, i) + String.fromCharCode(TEXT.charCodeAt(i) ^ 1) + TEXT.slice(i + 1);
      looked += 1;
      expect(countSigners({ text, signatures: [armored] }, SET, NAMESPACES.release, crypto).size).toBe(0);
    }
    console.log(`changed bytes looked at: ${looked}`);
    expect(count([armored]).size).toBe(1);
  });

  it('says what is missing by name', () => {
    const must = (...signatures: readonly string[]) =>
      why(() => mustHaveThreshold({ text: TEXT, signatures }, SET, crypto, 'x'));
    expect(must()).toBe('signature-missing');
    expect(must(by(MALLORY))).toBe('signature-bad');
    expect(must('garbage')).toBe('signature-bad');
    expect(must(by(given(PENS.a[0])), by(given(PENS.a[1])))).toBe('below-threshold');
    expect(must(by(given(PENS.a[0])), by(MALLORY))).toBe('below-threshold');
    expect(must(by(given(PENS.a[0])), by(given(PENS.b[1])))).toBe('taken');
    const noise = (count: number) => Array.from({ length: count }, () => by(given(PENS.a[0])));
    expect(must(...noise(65))).toBe('too-many');
    expect(must(...noise(63), by(given(PENS.b[0])))).toBe('taken');
  });
});

describe('a revocation', () => {
  const VALUE = {
    organization: 'acme',
    signer: ID('a'),
    time: 1_800_000_000,
    id: ID('z'),
    keys: [MALLORY.key],
  } as unknown as Revocation;
  const verify = (text: string, ...signatures: readonly string[]) =>
    why(() => verifyRevocation({ text, signatures }, 'acme', SET, crypto));

  it('counts by one signature of the signer it names, with any key of theirs', () => {
    const text = revocation.write(VALUE);
    for (const pen of PENS.a) expect(verify(text, by(pen, text, NAMESPACES.revocation))).toBe('taken');
  });

  it('is refused by name otherwise', () => {
    const text = revocation.write(VALUE);
    expect(verify(text)).toBe('signature-missing');
    expect(verify(text, by(given(PENS.b[0]), text, NAMESPACES.revocation))).toBe('signature-bad');
    expect(verify(text, by(MALLORY, text, NAMESPACES.revocation))).toBe('signature-bad');
    expect(verify(text, by(given(PENS.a[0]), text, NAMESPACES.release))).toBe('signature-bad');
    expect(verify(text, 'garbage')).toBe('signature-bad');
    const stranger = revocation.write({ ...VALUE, signer: ID('m') });
    expect(verify(stranger, by(MALLORY, stranger, NAMESPACES.revocation))).toBe('signer-unknown');
    const other = revocation.write({ ...VALUE, organization: 'other' });
    expect(verify(other, by(given(PENS.a[0]), other, NAMESPACES.revocation))).toBe('wrong-organization');
    expect(verify(`${text}lease 1\n`, by(given(PENS.a[0]), text, NAMESPACES.revocation))).toBe('unknown-line');
  });
});
