import { describe, expect, it } from 'vitest';
import { columnsOf, count, PLAIN, styleFor, tame, wantsColour, wrap } from '../../src/terminal/style.ts';

describe('colour', () => {
  const terminal = { isTTY: true, columns: 100 };
  it.each([
    ['on a terminal', terminal, {}, true],
    ['elsewhere', {}, {}, false],
    ['with NO_COLOR', terminal, { NO_COLOR: '1' }, false],
    ['with an empty NO_COLOR', terminal, { NO_COLOR: '' }, true],
    ['elsewhere with FORCE_COLOR', {}, { FORCE_COLOR: '1' }, true],
    ['with FORCE_COLOR=0', terminal, { FORCE_COLOR: '0' }, false],
    ['with both', terminal, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
    ['on a dumb terminal', terminal, { TERM: 'dumb' }, false],
  ])('%s', (_, stream, env, expected) => {
    expect(wantsColour(stream, env)).toBe(expected);
    expect(styleFor(stream, env).mark('failed').includes('\u001b')).toBe(expected);
    expect(styleFor(stream, env).mark('failed')).toContain('✗');
  });

  it('knows the width of a terminal, and 80 elsewhere', () => {
    expect(styleFor(terminal, {}).width).toBe(100);
    expect(styleFor({ columns: 100 }, {}).width).toBe(80);
    expect(styleFor({ isTTY: true, columns: 0 }, {}).width).toBe(80);
  });
});

describe('text from elsewhere', () => {
  it.each([
    ['a colour', '\u001b[31mred', '\\u{1b}[31mred'],
    ['a title', '\u001b]0;x\u0007', '\\u{1b}]0;x\\u{7}'],
    ['a line drawn over', 'out\rin', 'out\\u{d}in'],
    ['one byte CSI', '\u009b2K', '\\u{9b}2K'],
    ['an order turned round', 'a\u202eb', 'a\\u{202e}b'],
    ['nothing to see', 'a\u200bb\ufeff', 'a\\u{200b}b\\u{feff}'],
    ['tags', `a${String.fromCodePoint(0xe0041)}`, 'a\\u{e0041}'],
  ])('is tamed: %s', (_, text, expected) => {
    expect(tame(text)).toBe(expected);
  });

  it('stays as it is where it is harmless', () => {
    expect(tame('Grüße, web-1\tund 日本\n✓')).toBe('Grüße, web-1\tund 日本\n✓');
  });
});

describe('wrapping', () => {
  it('breaks at spaces, hangs further lines, keeps indents and long words', () => {
    expect(wrap('one two three four', 9)).toBe('one two\nthree\nfour');
    expect(wrap('  one two three', 10, '  ')).toBe('  one two\n    three');
    expect(wrap('a /very/long/path/that/must/be/copied b', 10)).toBe('a\n/very/long/path/that/must/be/copied\nb');
    expect(wrap('one\ntwo', 80)).toBe('one\ntwo');
  });

  it('does not count colours', () => {
    const red = styleFor({}, { FORCE_COLOR: '1' }).paint('red', 'one');
    expect(columnsOf(red)).toBe(3);
    expect(wrap(`${red} two`, 7)).toBe(`${red} two`);
  });

  it('counts things in words', () => {
    expect([count(0, 'server'), count(1, 'server'), count(2, 'person', 'people')]).toEqual([
      '0 servers',
      '1 server',
      '2 people',
    ]);
    expect(PLAIN.mark('done')).toBe('✓');
  });
});
