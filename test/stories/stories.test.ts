/** Tells every story. `STORIES=update` writes down what really happened instead; read the diff before it is committed. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { assertBuilt } from '../built.ts';
import { tell } from './harness.ts';
import { parseStory } from './story.ts';
import { jsonFaults, schemaNames } from './json-schemas.ts';

const HERE = import.meta.dirname;
const stories = globSync('*.txt', { cwd: HERE })
  .filter((name) => name !== 'surface.txt')
  .toSorted();
const update = process.env['STORIES'] === 'update';

beforeAll(assertBuilt);

describe('stories', () => {
  let commands = 0;
  const held = new Set<string>();

  it.each(stories)('%s', async (name) => {
    const path = join(HERE, name);
    const text = readFileSync(path, 'utf8');
    const telling = await tell(parseStory(text), text, jsonFaults);
    commands += telling.commands;
    for (const schema of telling.schemas) held.add(schema);
    if (update) writeFileSync(path, telling.retold);
    expect(update ? '' : telling.faults.join('\n')).toBe('');
  });

  it('were enough to mean something, and every --json was held against its schema', () => {
    console.log(`told ${stories.length} stories with ${commands} commands; schemas held: ${[...held].join(', ')}`);
    expect(commands).toBeGreaterThan(10);
    const elsewhere = globSync('servers/*.txt', { cwd: HERE }).flatMap(
      (name) => readFileSync(join(HERE, name), 'utf8').match(/^json \S+$/gm) ?? [],
    );
    expect(schemaNames().filter((name) => !held.has(name) && !elsewhere.includes(`json ${name}`))).toEqual([]);
  });
});

describe('the storyteller', () => {
  const faultsOf = async (text: string): Promise<string> =>
    (await tell(parseStory(text), text, jsonFaults)).faults.join('\n');

  it.each([
    ['another status', '$ exit 4\n= 3\n', 'ended with 4, not 3'],
    ['a status nobody spoke of', '$ exit 4\n', 'ended with 4, not 0'],
    ['other words', '$ echo one\n  two\n', 'stdout differs'],
    ['a line too many', '$ echo one; echo two\n  one\n', 'stdout differs'],
    ['words on stderr nobody spoke of', '$ echo one >&2\n', 'stderr differs'],
    ['a line missing around a gap', '$ printf "%s\\n" one two three\n  one\n  …\n  four\n', 'stdout differs'],
    ['a file that was changed', 'file a\n  | x\n$ echo y > a\nsame\n', 'a is not the same'],
    ['a file that is not there', 'has a\n', 'a is not there'],
    ['JSON that is none', '$ echo x\n  x\njson failure\n', 'no JSON'],
    ['JSON of another shape', '$ echo "{}"\n  {}\njson failure\n', 'error'],
    ['a question that never comes', '$ tty echo one\n? two\n', 'never came to'],
    ['a line that is not shown', '$ tty echo one\n  two\n', 'never showed: two'],
  ])('notices %s', async (_, text, fault) => {
    expect(await faultsOf(text)).toContain(fault);
  });

  it('refuses a line it does not know', () => {
    expect(() => parseStory('$ true\nexpect nothing\n')).toThrow('line 2');
  });

  it('finds nothing wrong where nothing is', async () => {
    const text =
      'file a\n  | x\n$ cat a; echo no >&2; exit 3\n  x\n! no\n= 3\nsame\n$ printf "%s\\n" one two three\n  one\n  …\nhas a\nhas no b\n$ tty echo ready; cat\n? ready\n< hello\n? hello\n? hello\n  hello\n< ^C\n= 130\n';
    expect(await faultsOf(text)).toBe('');
  });
});
