/** What the documents say about files, commands, flags and exit statuses is so. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EXIT } from '../../src/core/failure.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const pages = (folder: string): string[] =>
  readdirSync(join(ROOT, folder)).flatMap((name) => (name.endsWith('.md') ? [join(folder, name)] : []));
const DOCUMENTS = [...pages('.'), ...pages('docs'), ...pages('docs/decisions')];

/** `src/…`, `test/…` and so on, and links to other pages. */
function pathsIn(path: string, text: string): string[] {
  const named = text.match(/\b(?:src|test|docs|demo|tools|schemas|bin)\/[\w./-]*\w/g) ?? [];
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)/g)].map(([, to = '']) =>
    join(dirname(path), to),
  );
  return [...new Set([...named, ...linked])];
}

function missingIn(path: string, text: string): string[] {
  return pathsIn(path, text).flatMap((name) => (existsSync(join(ROOT, name)) ? [] : [`${path}: ${name}`]));
}

/** Every `keyward …` in text that is code, as its words up to the first that is neither a command nor a flag. */
function commandsIn(text: string): string[][] {
  const code = [...text.matchAll(/```\n([^]*?)```|`([^`\n]+)`/g)].map(([, block, inline]) => block ?? inline ?? '');
  const lines = code.flatMap((part) => part.replaceAll('\\\n', ' ').split('\n'));
  return lines.flatMap((line) => {
    const [, rest] = /(?:^|\$ |npx )keyward ([a-z].*)$/.exec(line) ?? [];
    return rest === undefined ? [] : [rest.replace(/#.*/, '').trim().split(/\s+/)];
  });
}

/** Command → its flags, from the reviewed surface. */
function surface(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  let flags = new Set<string>();
  for (const line of read('test/stories/surface.txt').split('\n')) {
    const [, name] = /^(?:keyward )((?:[a-z]+ ?)+)/.exec(line) ?? [];
    if (line === 'every command') found.set('', (flags = new Set(['--help'])));
    else if (name !== undefined) found.set(name.trim(), (flags = new Set()));
    for (const flag of line.startsWith('  -') ? (line.match(/--?[a-z][a-z-]*/g) ?? []) : []) flags.add(flag);
  }
  return found;
}

function unknownIn(words: readonly string[]): string[] {
  const known = surface();
  const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find((one) => known.has(one));
  if (name === undefined) return [`keyward ${words.join(' ')}`];
  const flags = words.flatMap((word) => (word.startsWith('-') ? [word.replace(/=.*/, '')] : []));
  return flags.flatMap((flag) =>
    known.get(name)?.has(flag) === true || known.get('')?.has(flag) === true ? [] : [`keyward ${name} ${flag}`],
  );
}

describe('the documents', () => {
  it('name files that are there', () => {
    const all = DOCUMENTS.map((path) => [path, read(path)] as const);
    const looked = all.flatMap(([path, text]) => pathsIn(path, text)).length;
    console.log(`looked at ${looked} paths in ${all.length} documents`);
    expect(looked).toBeGreaterThan(80);
    expect(all.flatMap(([path, text]) => missingIn(path, text))).toEqual([]);
    expect(missingIn('README.md', 'see `test/nowhere.test.ts` and [this](docs/none.md)')).toHaveLength(2);
  });

  it('name commands and flags that there are', () => {
    const commands = DOCUMENTS.flatMap((path) => commandsIn(read(path)));
    console.log(`looked at ${commands.length} command lines`);
    expect(commands.length).toBeGreaterThanOrEqual(10);
    expect(commands.flatMap(unknownIn)).toEqual([]);
    expect(unknownIn(['offboard', 'bob', '--force'])).toEqual(['keyward offboard --force']);
    expect(unknownIn(['destroy'])).toEqual(['keyward destroy']);
  });

  it('tell the exit statuses as they are', () => {
    const rows = [...read('README.md').matchAll(/^\| (\d+) \|/gm)].map(([, status]) => Number(status));
    expect(rows).toEqual(Object.values(EXIT));
  });

  it('have one line for each word, and no word twice', () => {
    const rows = read('docs/words.md')
      .split('\n')
      .flatMap((line) => (/^\| (?!word|---)/.test(line) ? [line.split(' | ')[0]] : []));
    expect(rows.length).toBeGreaterThan(60);
    expect(rows.filter((row, index) => rows.indexOf(row) !== index)).toEqual([]);
  });

  it('have a decision for each package that is installed or built in', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const names = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !name.startsWith('@types/'));
    const text = pages('docs/decisions').map(read).join('\n');
    const plugin = (name: string): string => (name.startsWith('@oclif/') ? 'oclif' : name);
    expect(names.filter((name) => !text.includes(plugin(name)))).toEqual([]);
  });
});
