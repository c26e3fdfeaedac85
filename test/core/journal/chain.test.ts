/** Chains are drawn: words are events in the order in which they were written, and then somebody does something to them. */
import { createHash } from 'node:crypto';
import { default as fc } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventLine, readEvent, verifyJournal, verifyRun } from '../../../src/core/journal/index.ts';

const hashLine = (line: string): string => createHash('sha256').update(line).digest('hex');

/** The lines of a run: `begin -> sent -> answered`. */
function draw(picture: string): string[] {
  const lines: string[] = [];
  for (const what of picture.split(' -> ')) {
    const before = lines.at(-1);
    lines.push(eventLine(before === undefined ? undefined : hashLine(before), { what, seq: lines.length }));
  }
  return lines;
}

function lineOf(lines: readonly string[], what: string): number {
  const at = lines.findIndex((line) => readEvent(line)?.what === what);
  if (at < 0) throw new Error(`nothing called ${what} was drawn`);
  return at;
}

/** What somebody does to a line; the chain behind it is left as it was. */
const DEEDS = {
  edit: (lines: string[], at: number) => lines.splice(at, 1, (lines[at] ?? '').replace('"seq":', '"seq":4')),
  delete: (lines: string[], at: number) => lines.splice(at, 1),
  insert: (lines: string[], at: number) =>
    lines.splice(at + 1, 0, eventLine(hashLine(lines[at] ?? ''), { what: 'planted' })),
  swap: (lines: string[], at: number) => lines.splice(at, 2, lines[at + 1] ?? '', lines[at] ?? ''),
  twice: (lines: string[], at: number) => lines.splice(at, 0, lines[at] ?? ''),
  garble: (lines: string[], at: number) => lines.splice(at, 1, (lines[at] ?? '').slice(0, -1)),
  space: (lines: string[], at: number) => lines.splice(at, 1, (lines[at] ?? '').replace('":', '": ')),
  behead: (lines: string[], at: number) => lines.splice(0, at),
} as const;

const DRAWN = 'begin -> sent -> answered -> sent2 -> answered2 -> end';

describe('a run of the journal', () => {
  it.each([
    ['edit', 'begin', 'broken 2'],
    ['edit', 'sent', 'broken 3'],
    ['edit', 'answered2', 'broken 6'],
    ['delete', 'begin', 'head-cut 1'],
    ['delete', 'answered', 'broken 3'],
    ['insert', 'begin', 'broken 3'],
    ['insert', 'answered2', 'broken 7'],
    ['swap', 'begin', 'head-cut 1, begins-again 2, broken 3'],
    ['swap', 'sent', 'broken 2, broken 3, broken 4'],
    ['twice', 'begin', 'begins-again 2'],
    ['twice', 'end', 'broken 7'],
    ['garble', 'sent', 'unreadable 2, broken 3'],
    ['garble', 'end', 'unreadable 6'],
    ['space', 'sent', 'unreadable 2, broken 3'],
    ['behead', 'sent2', 'head-cut 1'],
  ] as const)('somebody does: %s %s; found: %s', (deed, what, found) => {
    const lines = draw(DRAWN);
    DEEDS[deed](lines, lineOf(lines, what));
    const { faults } = verifyRun(lines, new Set(), hashLine);
    expect(faults.map((fault) => `${fault.kind} ${fault.line}`).join(', ')).toBe(found);
  });

  it('reads whole, and says that nobody vouches for it', () => {
    const verdict = verifyRun(draw(DRAWN), new Set(), hashLine);
    expect(verdict).toMatchObject({ faults: [], vouchedTo: 0, unproven: 6 });
    expect(verdict.events.map((event) => event.what)).toEqual(DRAWN.split(' -> '));
  });

  it('is vouched for up to the line whose hash a target signed', () => {
    const lines = draw(DRAWN);
    const nonce = hashLine(lines[lineOf(lines, 'sent2')] ?? '');
    expect(verifyRun(lines, new Set([nonce]), hashLine)).toMatchObject({ faults: [], vouchedTo: 4, unproven: 2 });
    DEEDS.edit(lines, lineOf(lines, 'sent'));
    expect(verifyRun(lines, new Set([nonce]), hashLine)).toMatchObject({ vouchedTo: 0, unproven: 6 });
  });

  it('is found cut, or written again, where a receipt holds a line of it; else that is unproven', () => {
    const lines = draw(DRAWN);
    const witness = { nonce: hashLine(lines[lineOf(lines, 'sent2')] ?? ''), by: 'web-1' };
    const judge = (left: readonly string[]) => verifyJournal([{ name: 'run', lines: left }], [witness], hashLine);
    expect(judge(lines)).toMatchObject({ sound: true, missing: [], lines: 6 });
    expect(judge(lines.slice(0, 4))).toMatchObject({ sound: true, missing: [] });
    expect(judge(lines.slice(0, 3))).toMatchObject({ sound: false, missing: [witness] });
    expect(judge([])).toMatchObject({ sound: false, missing: [witness], lines: 0 });
    expect(judge(draw('begin -> nothing -> of -> this -> happened -> end'))).toMatchObject({
      sound: false,
      missing: [witness],
    });
  });

  it('finds any edit, deletion, insertion and swap of any line before the last', () => {
    let looked = 0;
    const chain = fc.array(fc.stringMatching(/^[a-z]{1,8}$/), { minLength: 3, maxLength: 12 });
    const deed = fc.constantFrom('edit', 'delete', 'insert', 'swap', 'twice', 'garble', 'space' as const);
    fc.assert(
      fc.property(chain, deed, fc.nat(), (words, name, where) => {
        const lines = draw(words.join(' -> '));
        // What is done to the last line only a witness can tell; the test above shows it.
        DEEDS[name](lines, where % (lines.length - 2));
        looked += 1;
        expect(verifyRun(lines, new Set(), hashLine).faults).not.toEqual([]);
      }),
      { numRuns: 500 },
    );
    console.log(`chains looked at: ${looked}`);
  });

  it('keeps whatever an event holds, and takes one spelling of it', () => {
    let looked = 0;
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
        const { previous: _, ...rest } = fields;
        const line = eventLine(undefined, { ...rest, what: 'any' });
        looked += 1;
        expect(line).not.toContain('\n');
        expect(JSON.stringify(readEvent(line))).toBe(line);
      }),
    );
    console.log(`events looked at: ${looked}`);
    expect(() => eventLine(undefined, { what: 'x', previous: 'f'.repeat(64) })).toThrow(/what was before/);
    for (const line of [
      '',
      '{}',
      '[]',
      'null',
      '1',
      '{"previous":"-"}',
      '{"previous":"0","what":"x"}',
      '{"previous":"-","what":"a","what":"b"}',
    ]) {
      expect(readEvent(line), line).toBeUndefined();
    }
  });
});

describe('a line of the journal that was written long ago', () => {
  it('still reads, with its hash', () => {
    const old = '{"previous":"-","what":"begin","command":"offboard","time":"2026-11-24T20:00:00Z"}';
    expect(readEvent(old)).toEqual({ previous: '-', what: 'begin', command: 'offboard', time: '2026-11-24T20:00:00Z' });
    expect(hashLine(old)).toBe('fe9d8bf706256d455352676e0355a425992cc161b8453f3e6e30cf2a62590aee');
  });
});
