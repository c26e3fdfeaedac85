/**
 * Chains of releases are drawn: one word for each release, and the newest that is believed with every refusal.
 *
 *     1@1:ab      release 1, signer set 1, signed by Alice and Bob
 *     4@2:abc     release 4 begins signer set 2 (SETS below says who is in it)
 *     4@2'ab      the same number with other bytes
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantOf, later } from '../../../src/core/access/index.ts';
import type { EmployeeId } from '../../../src/core/access/index.ts';
import { Failure } from '../../../src/core/failure.ts';
import {
  everInForce,
  listedRevocations,
  NAMESPACES,
  reasonOf,
  release,
  signerSetHash,
  verifyChain,
  verifyRelease,
  wayTo,
} from '../../../src/core/texts/index.ts';
import type { Chain, Release, SignedText } from '../../../src/core/texts/index.ts';
import { crypto, penOf, sha } from './signing.ts';
import { given } from '../given.ts';

const NOW = instantOf(1_800_000_000);
const pen = (letter: string) => penOf(letter.charCodeAt(0));
const id = (letter: string): EmployeeId => `emp_${letter.repeat(26)}` as EmployeeId;

/** Who is in which signer set, and how many must sign. */
const SETS: Readonly<Record<string, { people: string; threshold: number }>> = {
  1: { people: 'abc', threshold: 2 },
  2: { people: 'bcd', threshold: 2 },
  3: { people: 'cde', threshold: 3 },
};

function draw(word: string, previous: string | undefined, parts: Partial<Release> = {}): SignedText {
  const [, number = '', set = '', mark = '', signers = ''] = /^(\d+)@(\d)([:'])([a-z]*)$/.exec(word) ?? [];
  const { people, threshold } = SETS[set] ?? { people: '', threshold: 0 };
  const value: Release = {
    organization: 'acme',
    number: Number(number),
    previous: number === '1' ? undefined : (previous ?? 'f'.repeat(64)),
    issued: NOW,
    expires: later(NOW, 90 * 86_400),
    inputs: sha(mark),
    receiver: sha('receiver'),
    signerSet: Number(set),
    threshold,
    signers: people.split('').map((letter) => ({ id: id(letter), key: pen(letter).key })),
    counted: [],
    undone: [],
    manifests: [],
    ...parts,
  };
  const text = release.write(value);
  return { text, signatures: signers.split('').map((letter) => pen(letter).sign(text, NAMESPACES.release)) };
}

function drawAll(picture: string): SignedText[] {
  const drawn: SignedText[] = [];
  for (const word of picture.split(' -> '))
    drawn.push(draw(word, drawn.length > 0 ? sha(given(drawn.at(-1)).text) : undefined));
  return drawn;
}

const start = (drawn: readonly SignedText[], number = 1) => ({ number, hash: sha(given(drawn[0]).text) });

function told({ newest, refused }: Chain): string {
  return [`newest ${newest.value.number}`, ...refused.map((one) => `${one.value?.number ?? '?'} ${one.reason}`)].join(
    ', ',
  );
}

describe('a chain of releases', () => {
  it.each([
    ['1@1:ab', 'newest 1'],
    ['1@1:ab -> 2@1:bc -> 3@1:ac', 'newest 3'],
    ['1@1:ab -> 2@1:a', 'newest 1, 2 below-threshold'],
    ['1@1:ab -> 2@1:', 'newest 1, 2 signature-missing'],
    ['1@1:ab -> 2@1:z', 'newest 1, 2 signature-bad'],
    ['1@1:ab -> 2@1:az', 'newest 1, 2 below-threshold'],
    ['1@1:ab -> 2@1:aa', 'newest 1, 2 below-threshold'],
    ['1@1:ab -> 2@1: -> 3@1:ab', 'newest 3, 2 signature-missing'],
    ['1@1:ab -> 7@1:ab', 'newest 7'],
    ["1@1:ab -> 2@1:ab -> 2@1'ab", 'newest 2, 2 equivocation'],
    ["1@1:ab -> 2@1:ab -> 2@1'ab -> 3@1:bc", 'newest 3, 2 equivocation'],
    ["1@1:ab -> 2@1:ab -> 2@1'a", 'newest 2, 2 below-threshold'],
    ['1@1:ab -> 2@2:bc', 'newest 2'],
    ['1@1:ab -> 2@2:bc -> 3@2:cd', 'newest 3'],
    ['1@1:ab -> 2@2:bd', 'newest 1, 2 below-old-threshold'],
    ['1@1:ab -> 2@2:cd', 'newest 1, 2 below-old-threshold'],
    ['1@1:ab -> 2@2:d', 'newest 1, 2 below-old-threshold'],
    ['1@1:ab -> 2@2:ab', 'newest 1, 2 below-threshold'],
    ['1@1:ab -> 2@2:abd', 'newest 2'],
    ['1@1:ab -> 2@2:z', 'newest 1, 2 signature-bad'],
    ['1@1:ab -> 2@2:', 'newest 1, 2 signature-missing'],
    ['1@1:ab -> 2@3:abcde', 'newest 1, 2 signer-set-skipped'],
    ['1@1:ab -> 2@2:bc -> 3@1:ab', 'newest 2, 3 signer-set-rollback'],
    ['1@1:ab -> 2@2:bc -> 3@2:ab', 'newest 2, 3 below-threshold'],
    ['1@1:ab -> 2@2:bc -> 3@3:bcde', 'newest 3'],
    ['1@1:ab -> 2@2:bc -> 3@3:bcd', 'newest 2, 3 below-threshold'],
    ['1@1:ab -> 2@2:bc -> 3@3:ce', 'newest 2, 3 below-old-threshold'],
    ['1@1:ab -> 2@2:bc -> 3@2:ae', 'newest 2, 3 signature-bad'],
  ])('%s: %s', (picture, expected) => {
    const drawn = drawAll(picture);
    const chain = verifyChain(drawn, start(drawn), crypto);
    expect(told(chain)).toBe(expected);
    // Whatever order a folder is read in, the answer is the same, but for two of one number.
    const turned = picture.includes("'") ? drawn : drawn.toReversed();
    expect(told(verifyChain(turned, start(drawn), crypto))).toBe(expected);
  });

  it('believes what stands on a release that was pinned, and passes over what was before', () => {
    const drawn = drawAll('1@1:z -> 2@1:z -> 3@2:bc -> 4@2:cd -> 5@2:z');
    expect(told(verifyChain(drawn, start(drawn.slice(2), 3), crypto))).toBe('newest 4, 5 signature-bad');
  });

  it('begins anew with a release that those before did not sign, and knows what was before it by the hashes', () => {
    const drawn = drawAll('1@1:ab -> 2@1:ab -> 3@2:bc -> 4@3:cde -> 5@3:cde');
    const numbers = (chain: Chain) => everInForce(chain).map((one) => `${one.value.number}:${one.signedBy.size}`);
    // Set 3 is let in by nobody of set 2 but c: the chain from release 1 ends before it.
    const anew = drawAll('1@1:ab -> 2@1:ab -> 3@3:cde -> 4@3:cde');
    expect(told(verifyChain(anew, start(anew), crypto))).toMatch(/^newest 2, 3 /);
    const chain = verifyChain(anew, { hash: sha(given(anew[2]).text) }, crypto);
    expect(told(chain)).toBe('newest 4');
    expect(numbers(chain)).toEqual(['1:2', '2:2', '3:3', '4:3']);
    expect(chain.verified.map((one) => one.value.number)).toEqual([3, 4]);
    expect(wayTo(chain, 0).map((one) => release.parse(one.text).number)).toEqual([3, 4]);
    expect(verifyChain(drawn, start(drawn), crypto).before).toEqual([]);
    // One that was put in the place of another is not what the next names.
    const other = [...drawAll("1@1:ab -> 2@1'ab").slice(1), given(anew[0]), ...anew.slice(2)];
    expect(numbers(verifyChain(other, { hash: sha(given(anew[2]).text) }, crypto))).toEqual(['3:3', '4:3']);
    // Its own set must have signed it, whoever says that trust begins there.
    const few = drawAll('1@1:ab -> 2@3:cd');
    expect(() => verifyChain(few, { hash: sha(given(few[1]).text) }, crypto)).toThrow(/below-threshold/);
  });

  it('says that it cannot judge where the beginning is not there, instead of believing nothing', () => {
    const drawn = drawAll('1@1:ab -> 2@1:ab');
    expect(() => verifyChain(drawn.slice(1), start(drawn), crypto)).toThrow(/where trust begins, is not among 1/);
    expect(() => verifyChain([], start(drawn), crypto)).toThrow(Failure);
    expect(() => verifyChain(drawAll('1@1:a'), start(drawAll('1@1:a')), crypto)).toThrow(/below-threshold/);
  });

  it('refuses another release 1 than the one that trust begins with', () => {
    const drawn = [...drawAll('1@1:ab -> 2@1:ab'), ...drawAll("1@1'abc")];
    expect(told(verifyChain(drawn, start(drawn), crypto))).toBe('newest 2, 1 equivocation');
  });

  it('refuses another organization, another set under one number, and what is no release', () => {
    const [first] = drawAll('1@1:ab');
    const other = draw('2@1:ab', undefined, { organization: 'other' });
    const threshold = draw('2@1:ab', undefined, { threshold: 1 });
    const fewer = draw('2@1:ab', undefined, {
      signers: ['a', 'b'].map((letter) => ({ id: id(letter), key: pen(letter).key })),
    });
    const junk = [
      { text: 'junk\n', signatures: [] },
      { text: '', signatures: [] },
      { text: `${given(first).text}lease 1\n`, signatures: given(first).signatures },
    ];
    const chain = verifyChain([given(first), other, threshold, fewer, ...junk], start([given(first)]), crypto);
    expect(told(chain)).toBe(
      'newest 1, 2 wrong-organization, 2 signer-set-changed-without-number, 2 signer-set-changed-without-number, ? unknown-text, ? spelling, ? unknown-line',
    );
  });

  it('names a release that does not stand on the one before it here', () => {
    const drawn = drawAll('1@1:ab -> 2@1:ab -> 3@1:ab');
    expect(verifyChain(drawn, start(drawn), crypto).gaps).toEqual([]);
    const chain = verifyChain([given(drawn[0]), given(drawn[2])], start(drawn), crypto);
    expect(chain.gaps.map((one) => one.value.number)).toEqual([3]);
  });

  it('tells what a receiver needs that knows an older set', () => {
    const drawn = drawAll('1@1:ab -> 2@1:ab -> 3@2:bc -> 4@2:bc -> 5@3:bcde -> 6@3:cde');
    const chain = verifyChain(drawn, start(drawn), crypto);
    const numbers = (knows: number) => wayTo(chain, knows).map((one) => release.parse(one.text).number);
    expect([1, 2, 3].map(numbers)).toEqual([[3, 5, 6], [5, 6], [6]]);
    expect(wayTo(verifyChain(drawn.slice(0, 1), start(drawn), crypto), 1).length).toBe(1);
  });

  it('holds for every walk: no release is believed that its two sets did not sign', () => {
    let looked = 0;
    const step = fc.record({
      jump: fc.integer({ min: 1, max: 3 }),
      set: fc.constantFrom('1', '2', '3'),
      by: fc.subarray(['a', 'b', 'c', 'd', 'e', 'z']),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        let number = 1;
        const words = steps.map(({ jump, set, by }) => `${(number += jump)}@${set}:${by.join('')}`);
        const drawn = drawAll(['1@1:ab', ...words].join(' -> '));
        // The slow way: letters and sets only, no signatures.
        let [known, newest] = [1, 1];
        for (const word of words) {
          const [n, set, by] = word.split(/[@:]/) as [string, string, string];
          const enough = (which: number) =>
            given(SETS[which])
              .people.split('')
              .filter((one) => by.includes(one)).length >= given(SETS[which]).threshold;
          if (![known, known + 1].includes(Number(set)) || !enough(known) || !enough(Number(set))) continue;
          [known, newest] = [Number(set), Number(n)];
        }
        expect(verifyChain(drawn, start(drawn), crypto).newest.value.number).toBe(newest);
        looked += 1;
      }),
      { numRuns: 60 },
    );
    console.log(`chains looked at: ${looked}`);
  });
});

describe('one release after another', () => {
  const drawn = drawAll('1@1:ab -> 2@1:ab -> 3@1:ab');
  const known = verifyChain(drawn.slice(0, 2), start(drawn), crypto).newest;
  const why = (signed: SignedText, now?: number): string | undefined => {
    try {
      verifyRelease(known, signed, crypto, now === undefined ? {} : { now: instantOf(now) });
    } catch (error) {
      return reasonOf(error);
    }
    return 'taken';
  };

  it('is taken again with the same bytes, also when it has expired; an older one never', () => {
    expect(why(given(drawn[1]))).toBe('taken');
    expect(why(given(drawn[1]), NOW + 91 * 86_400)).toBe('taken');
    expect(why(given(drawn[0]))).toBe('rollback');
  });

  it('is newly taken up to the second it expires, and no longer', () => {
    expect(why(given(drawn[2]), NOW + 90 * 86_400)).toBe('taken');
    expect(why(given(drawn[2]), NOW + 90 * 86_400 + 1)).toBe('expired');
    expect(why(given(drawn[2]))).toBe('taken');
  });

  it('knows its signer set and its revocations by hash', () => {
    const listed = draw('2@1:ab', undefined, { counted: [sha('x')], undone: [sha('y')] });
    expect([...listedRevocations(release.parse(listed.text))].sort()).toEqual([sha('x'), sha('y')].sort());
    const lines = listed.text.split('\n').filter((line) => /^(signer-set|threshold|signer) /.test(line));
    expect(signerSetHash(release.parse(listed.text), crypto)).toBe(sha(`${lines.join('\n')}\n`));
  });
});
