/** Lines in columns, for people. A program asks for `--json`. */
import { columnsOf, type Style, wrap } from './style.ts';

const GAP = '  ';
/** With less room than this beside the others the last cell goes below them. */
const NARROW = 24;

/**
 * Cells left-aligned, two spaces between, none at the end of a line. The last column wraps at the width of the style,
 * under itself, or below the others where they leave no room. A head is shown dim. Cells are tamed by whoever makes them.
 */
export function table(
  rows: readonly (readonly string[])[],
  style: Style,
  options: { head?: readonly string[]; indent?: string } = {},
): string {
  const { head, indent = '' } = options;
  const all = head === undefined ? rows : [head, ...rows];
  const widths: number[] = [];
  for (const row of all)
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell))));
  const lines = all.map((row) => line(row, widths, style, indent));
  if (head !== undefined && lines[0] !== undefined) lines[0] = style.paint('dim', lines[0]);
  return lines.join('\n');
}

function line(row: readonly string[], widths: readonly number[], style: Style, indent: string): string {
  const last = row.length - 1;
  const before = row.slice(0, last).map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - columnsOf(cell)));
  const start = indent + before.map((cell) => cell + GAP).join('');
  const room = style.width - columnsOf(start);
  const cell = row[last] ?? '';
  if (room < NARROW && columnsOf(cell) > room && last > 0) {
    const below = `${indent}      `;
    return [start.trimEnd(), ...wrap(cell, style.width - below.length).split('\n').map((more) => below + more)].join('\n');
  }
  const [first = '', ...further] = wrap(cell, Math.max(NARROW, room)).split('\n');
  const under = ' '.repeat(columnsOf(start));
  return [start + first, ...further.map((more) => under + more)].map((text) => text.trimEnd()).join('\n');
}
