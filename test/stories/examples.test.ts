/** Every example that `--help` gives is a command line this keyward takes: its flags, their values, its arguments. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Parser } from '@oclif/core';
import { describe, expect, it } from 'vitest';
import { globalFlags } from '../../src/commands/flags.ts';

const ROOT = new URL('../../src/commands/', import.meta.url).pathname;
type CommandClass = typeof Command;

/** By what is typed: `server enroll`. */
async function commands(): Promise<readonly (readonly [string, CommandClass])[]> {
  const found = await Promise.all(
    globSync('**/*.ts', { cwd: ROOT }).map(async (path) => {
      const { default: command } = (await import(join(ROOT, path))) as { default?: CommandClass };
      return command === undefined ? [] : [[path.replace(/\.ts$/, '').replaceAll('/', ' '), command] as const];
    }),
  );
  return found.flat().sort(([a], [b]) => (a < b ? -1 : 1));
}

/** As a shell takes a line apart, up to a comment, a pipe or a redirection. */
function wordsOf(line: string): readonly string[] {
  const words = [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) => word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
  const begin = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const end = words.findIndex((word) => /^[#|>]/.test(word));
  return words.slice(begin, end < 0 ? undefined : end);
}

const all = await commands();

describe.each(all)('keyward %s', (name, command) => {
  it('has examples, each of which is taken', async () => {
    const examples = (command.examples ?? []).map((one) => (typeof one === 'string' ? one : one.command));
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const words = wordsOf(example.replace('<%= config.bin %>', 'keyward'));
      const own = name.split(' ');
      expect(words.slice(0, own.length + 1), example).toEqual(['keyward', ...own]);
      const parsed = await Parser.parse([...words.slice(own.length + 1)], {
        flags: { ...globalFlags, ...command.flags },
        args: command.args,
        strict: command.strict,
      });
      expect(parsed.nonExistentFlags, example).toEqual([]);
    }
  });
});

it('looked at every command, and finds an example that is none', async () => {
  expect(all.length).toBeGreaterThan(15);
  const [, enroll] = all.find(([name]) => name === 'server enroll') ?? [];
  await expect(Parser.parse(['web-1', '--adress', 'x'], { flags: { ...globalFlags, ...enroll?.flags }, args: enroll?.args ?? {}, strict: true })).rejects.toThrow(/Nonexistent flag/);
});
