/** Names that are easily taken for each other, and what somebody probably meant. */
import { expect, it } from 'vitest';
import { asciiTwin, hiddenCharacters, outline, visible } from '../../../src/core/policy/characters.ts';
import { nearest } from '../../../src/core/policy/nearest.ts';

it('gives names that look alike one outline, and others another', () => {
  const alike = [
    ['alice', 'a1ice'],
    ['alice', 'aiice'],
    ['bob', 'b0b'],
    ['modern', 'modem'],
    ['vvw', 'wvv'],
    ['web-5', 'web-s'],
    ['a_b', 'a-b'],
  ] as const;
  for (const [a, b] of alike) expect(outline(a), `${a} ${b}`).toBe(outline(b));
  const numbers = Array.from({ length: 200 }, (_, i) => `web-${i}`);
  expect(new Set(numbers.map(outline)).size).toBe(200);
});

it('knows which ASCII name a name looks like', () => {
  expect(asciiTwin('\u0430lice')).toBe('alice');
  expect(asciiTwin('ａlice')).toBe('alice');
  expect(asciiTwin('al\u0301ice')).toBe('alice');
  expect(asciiTwin('al\u200bice')).toBe('alice');
  expect(asciiTwin('愛')).toBeUndefined();
});

it('sees every hidden character, and shows it', () => {
  const hidden = [0x00, 0x1b, 0x7f, 0x85, 0xa0, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x2003, 0x200b, 0x200f, 0x2028, 0x202e, 0x2060, 0x2066, 0x2800, 0x3000, 0x3164, 0xe000, 0xfe0f, 0xfeff, 0xffa0, 0xe0041, 0xe0101]; // prettier-ignore
  for (const code of hidden) {
    const text = `ok\nab${String.fromCodePoint(code)}c`;
    const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    expect(hiddenCharacters(text, 9)).toEqual([{ line: 2, column: 3, name }]);
    expect(visible(text)).toContain(`<${name}>`);
  }
  expect(hiddenCharacters('a\tb\r\nGrün – ok: 愛 "x"\n', 9)).toEqual([]);
  console.log(`hidden: ${hidden.length} characters seen`);
});

it('names what is near, and nothing that is not', () => {
  const names = ['teams', 'account', 'until', 'left', 'takes-over'];
  const meant = [
    ['team', 'teams'],
    ['acount', 'account'],
    ['untill', 'until'],
    ['lfet', 'left'],
    ['takes_over', 'takes-over'],
    ['TEAMS', 'teams'],
    ['email', undefined],
    ['x'.repeat(1000), undefined],
  ] as const;
  for (const [written, near] of meant) expect(nearest(written, names), written.slice(0, 20)).toBe(near);
  expect(nearest('web-3', ['web-2', 'web-1'])).toBe(nearest('web-3', ['web-1', 'web-2']));
});
