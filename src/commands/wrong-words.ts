/**
 * All that is wrong with the words of a command line, and not only the first of it: what was complained about is taken
 * away, and the rest is read again.
 */
import type { Interfaces } from '@oclif/core';
import { valueProblem, wordsIn } from './usage.ts';

/** What a command takes, as oclif's parser wants it. */
export interface Takes {
  readonly flags: Interfaces.FlagInput;
  readonly args: Interfaces.ArgInput;
  readonly strict: boolean;
}

/**
 * @param first what oclif threw at the whole line
 * @param parse reads words as oclif does, and throws as it does
 */
export async function wrongWords(
  first: unknown,
  argv: readonly string[],
  takes: Takes,
  parse: (takes: Takes, argv: string[]) => Promise<unknown>,
): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  let values: readonly unknown[] = [];
  let words: readonly string[] | undefined = argv;
  // Each round takes at least one word away.
  while (words !== undefined) {
    const round: unknown[] = [];
    const error = await thrownBy(parse({ ...takes, flags: patient(takes.flags, round) }, [...words]));
    if (round.length > 0) values = round;
    if (error === undefined) break;
    // After an unknown flag nobody knows which of the words behind it is its value.
    if (!('args' in error) || found.every((one) => wordsIn(one, 'flags').length === 0)) found.push(error);
    words = without(words, error);
  }
  const all = [...values, ...found];
  return all.length === 0 ? [first] : all;
}

async function thrownBy(work: Promise<unknown>): Promise<Error | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The same flags, but what is wrong with a value is written down, and read on as if it were not there. */
function patient(flags: Interfaces.FlagInput, values: unknown[]): Interfaces.FlagInput {
  const entries = Object.entries(flags).map(([name, flag]) => {
    if (flag.type !== 'option') return [name, flag] as const;
    const { options, ...rest } = flag;
    const parse: typeof flag.parse = async (input, context, own) => {
      try {
        if (options?.includes(input) === false) throw new Error(`Expected --${name}=${input} to be one of: ${options.join(', ')}`);
        return await flag.parse(input, context, own);
      } catch (error) {
        values.push(valueProblem(name, error));
        return undefined;
      }
    };
    return [name, { ...rest, parse }] as const;
  });
  return Object.fromEntries(entries) as Interfaces.FlagInput;
}

/** The words without those that are complained about; undefined where they are not found. */
function without(words: readonly string[], error: Error): readonly string[] | undefined {
  const wrong = [...wordsIn(error, 'flags'), ...wordsIn(error, 'args')];
  const left = words.filter((word) => !wrong.includes(word));
  if (left.length < words.length) return left;
  const [, flag, how] = /^Flag (--\S+) (expects|can only)/.exec(error.message) ?? [];
  const lacksValue = (at: number): boolean => (words[at + 1] ?? '-').startsWith('-');
  const at = words.findLastIndex((word, i) => word === flag && (how !== 'expects' || lacksValue(i)));
  return at < 0 ? undefined : words.toSpliced(at, how === 'expects' ? 1 : 2);
}
