/** Columns stay within the screen, also where there is little of it. */
import { expect, it } from 'vitest';
import { columnsOf, PLAIN } from '../../src/terminal/style.ts';
import { table } from '../../src/terminal/table.ts';

const ROWS = [
  ['✗ web-9', 'no answer', 'erin can still log in there; nothing ends it by itself'],
  ['✓ web-1', 'in force', 'after 1.0 s'],
];

it.each([120, 80, 60, 50, 40, 36])('%i columns hold it', (width) => {
  const lines = table(ROWS, { ...PLAIN, width }).split('\n');
  expect(lines.filter((line) => columnsOf(line) > width)).toEqual([]);
  expect(lines.join(' ').replace(/\s+/g, ' ')).toBe(ROWS.flat().join(' '));
});

it('puts the last cell under itself where there is room, and below the others where there is none', () => {
  expect(table(ROWS, { ...PLAIN, width: 50 }).split('\n')[1]).toBe(`${' '.repeat(20)}nothing ends it by itself`);
  expect(table(ROWS, { ...PLAIN, width: 40 }).split('\n').slice(0, 2)).toEqual(['✗ web-9  no answer', '      erin can still log in there;']);
});
