/** What a reader may count on: rooms that say what they are for, files and functions that fit on a page or say why. */
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { functionSizes, openingComment, ROOT, type Source, sources } from './source.ts';

const FILE_LINES = 300;
const FUNCTION_LINES = 40;
/** In the opening comment of a file, for itself or a function in it: "Long, because …". */
const WHY_LONG = /\blong, because\b/i;
const VAGUE = /(^|\/)(utils?|helpers?|common|types|misc|shared)(\/|\.|$)/;
/** Folders whose files are commands or come in by name: the folder above speaks for them. */
const SPOKEN_FOR = /^src\/(commands\/[a-z]+|targets|core)$/;
const MAIN: Readonly<Record<string, string>> = {
  'src/commands': 'base.ts',
  'src/terminal': 'terminal.ts',
};

function roomFolders(files: readonly Source[]): string[] {
  return [...new Set(files.map((file) => posix.dirname(file.path)))].filter(
    (folder) => folder !== 'src' && !SPOKEN_FOR.test(folder),
  );
}

/** A folder inside a room: its walls are the room's. */
function isInner(folder: string): boolean {
  return folder.split('/').length > (/^src\/(core|targets)\//.test(folder) ? 3 : 2);
}

/** What is missing from the first words of a room, or '' when nothing is. */
function unspoken(folder: string, names: readonly string[], textOf: (path: string) => string): string {
  const main = [MAIN[folder], 'index.ts', `${posix.basename(folder)}.ts`].find(
    (name) => name !== undefined && names.includes(name),
  );
  if (main === undefined) return `${folder} has no index.ts`;
  const comment = openingComment(textOf(`${folder}/${main}`));
  if (isInner(folder)) return comment === '' ? `${folder}/${main} does not say what it is for` : '';
  return /belong/i.test(comment) && /\bnot\b/i.test(comment)
    ? ''
    : `${folder}/${main} does not open with what belongs there and what does not`;
}

function tooLong(files: readonly Source[]): string[] {
  const unexplained = files.filter((file) => !WHY_LONG.test(openingComment(file.text)));
  const longFiles = unexplained
    .filter((file) => file.text.split('\n').length - 1 > FILE_LINES)
    .map((file) => file.path);
  const longFunctions = unexplained.flatMap(functionSizes).filter((size) => size.lines > FUNCTION_LINES);
  return [
    ...longFiles,
    ...longFunctions.map((size) => `${size.path}:${size.line} ${size.name} has ${size.lines} lines`),
  ];
}

describe('rooms and pages', () => {
  const src = sources('src');
  const written = [...src, ...sources('bin'), ...sources('tools')];

  it('every room opens with what belongs there and what does not', () => {
    const folders = roomFolders(src);
    console.log(`looked at ${folders.length} rooms and ${written.length} files`);
    expect(folders.length).toBeGreaterThan(8);
    const faults = folders.map((folder) =>
      unspoken(folder, readdirSync(`${ROOT}/${folder}`), (path) => readFileSync(`${ROOT}/${path}`, 'utf8')),
    );
    expect(faults.filter((fault) => fault !== '')).toEqual([]);
  });

  it('a room that says nothing is found', () => {
    expect(unspoken('src/planted', ['index.ts'], () => "/** Things. */\nexport * from './x.ts';")).not.toBe('');
    expect(unspoken('src/planted', ['x.ts'], () => '')).not.toBe('');
  });

  it('files and functions fit on a page, or say in their opening comment why they are long', () => {
    expect(tooLong(written)).toEqual([]);
  });

  it('a long file and a long function are found', () => {
    const body = 'export const x = 1;\n'.repeat(FILE_LINES + 1);
    const inside = `export function f(): void {\n${'  f();\n'.repeat(FUNCTION_LINES)}}\n`;
    expect(tooLong([{ path: 'a.ts', text: body }])).toEqual(['a.ts']);
    expect(tooLong([{ path: 'a.ts', text: inside }])).toEqual([`a.ts:1 f has ${FUNCTION_LINES + 2} lines`]);
    expect(tooLong([{ path: 'a.ts', text: `/** Long, because planted. */\n${body}` }])).toEqual([]);
  });

  it('nothing is named utils, helpers, common or types', () => {
    const named = [...written, ...sources('test')].map((file) => file.path);
    expect(named.length).toBeGreaterThan(80);
    expect(named.filter((path) => VAGUE.test(path))).toEqual([]);
    expect(VAGUE.test('src/core/utils.ts') && VAGUE.test('src/types/x.ts')).toBe(true);
  });
});

describe('the receiver', () => {
  const LINES = 600;
  const COLUMNS = 100;
  const files = sources('src/receiver', '*').filter((file) => file.text.startsWith('#!/bin/sh'));

  it('is one page of sh that can be read in one sitting', () => {
    expect(files.map((file) => posix.basename(file.path))).toContain('keyward-receive');
    for (const { path, text } of files) {
      const lines = text.split('\n');
      expect(lines.length - 1, path).toBeLessThan(LINES);
      const wide = lines.flatMap((line, index) => (line.length > COLUMNS ? [`${path}:${index + 1}`] : []));
      expect(wide).toEqual([]);
    }
  });
});
