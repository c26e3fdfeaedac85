/** The calendar against the machine's own, which the core must not ask. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareEnds,
  DAY,
  earlierEnd,
  formatInstant,
  instantOf,
  later,
  laterEnd,
  parseInstant,
  readEnd,
  readInstant,
} from '../../../src/core/access/index.ts';

const FIRST = Date.UTC(2000, 0, 1) / 1000;
const LAST = Date.UTC(2999, 11, 31, 23, 59, 59) / 1000;
const spelled = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000', '');

describe('instants', () => {
  it('agree with the calendar on every day of a thousand years', () => {
    let days = 0;
    const wrong: string[] = [];
    for (let seconds = FIRST; seconds <= LAST; seconds += DAY) {
      const text = spelled(seconds);
      if (readInstant(text) !== seconds || formatInstant(instantOf(seconds)) !== text) wrong.push(text);
      days += 1;
    }
    expect(wrong).toEqual([]);
    console.log(`days looked at: ${days}`);
    expect(days).toBe(365_243);
  });

  it('agree at any second', () => {
    fc.assert(
      fc.property(fc.integer({ min: FIRST, max: LAST }), (seconds) => {
        expect(formatInstant(instantOf(seconds))).toBe(spelled(seconds));
        expect(readInstant(spelled(seconds))).toBe(seconds);
      }),
      { numRuns: 1000 },
    );
  });

  it('take one spelling, and no date that does not exist', () => {
    const wrong = [
      '2026-02-29T00:00:00Z',
      '2100-02-29T00:00:00Z',
      '2026-04-31T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-00-01T00:00:00Z',
      '2026-01-00T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:60:00Z',
      '2026-01-01T00:00:60Z',
      '1999-12-31T23:59:59Z',
      '3000-01-01T00:00:00Z',
      '2026-1-1T00:00:00Z',
      '2026-01-01 00:00:00Z',
      '2026-01-01T00:00:00',
      '2026-01-01T00:00:00z',
      '2026-01-01T00:00:00+00:00',
      '2026-01-01T00:00:00.000Z',
      ' 2026-01-01T00:00:00Z',
      '2026-01-01T00:00:00Z\n',
      '',
    ];
    expect(wrong.filter((text) => readInstant(text) !== undefined)).toEqual([]);
    expect(readInstant('2000-02-29T00:00:00Z')).toBeDefined();
    expect(() => parseInstant('tomorrow')).toThrow(/not a time/);
    expect(() => instantOf(LAST + 1)).toThrow(/2000 to 2999/);
    expect(() => later(instantOf(FIRST), -1)).toThrow(/2000 to 2999/);
    expect(() => instantOf(Number.NaN)).toThrow(/2000 to 2999/);
  });

  it('let a plain date end with its day', () => {
    expect(readEnd('2027-03-31')).toBe(readInstant('2027-03-31T23:59:59Z'));
    expect(readEnd('2027-01-31T18:00:00Z')).toBe(readInstant('2027-01-31T18:00:00Z'));
    expect(readEnd('2027-02-29')).toBeUndefined();
    expect(readInstant('2027-03-31')).toBeUndefined();
  });

  it('put what does not end last', () => {
    const [a, b] = [instantOf(FIRST), instantOf(LAST)];
    expect([undefined, b, a].toSorted(compareEnds)).toEqual([a, b, undefined]);
    expect(laterEnd(a, undefined)).toBeUndefined();
    expect(laterEnd(b, a)).toBe(b);
    expect(earlierEnd(a, undefined)).toBe(a);
    expect(earlierEnd(undefined, undefined)).toBeUndefined();
  });
});
