/** What oclif finds wrong with the words of a command line, as a Failure with what to write instead. */
import { Failure } from '../core/failure.ts';
import { nearest } from '../core/policy/nearest.ts';

interface Spoken {
  readonly id: string;
  readonly flags?: object;
  readonly baseFlags?: object;
}

/** Whether it is oclif's own complaint about the words of a line. */
export function isUsage(error: unknown): error is Error {
  return error instanceof Error && ('oclif' in error || 'parse' in error);
}

/** All that is wrong, as one Failure. Anything that is not oclif's own complaint is given back as it is. */
export function usageFailure(errors: readonly unknown[], command: Spoken): unknown {
  const foreign = errors.find((error) => !isUsage(error));
  if (foreign !== undefined) return foreign;
  const name = `keyward ${command.id.replaceAll(':', ' ')}`;
  const known = Object.keys({ ...command.baseFlags, ...command.flags, help: true });
  const meant = errors
    .flatMap((error) => wordsIn(error, 'flags'))
    .flatMap((flag) => nearest(flag.replace(/^-+/, '').replace(/=.*$/, ''), known) ?? []);
  const next =
    meant.length > 0
      ? `write ${meant.map((flag) => `--${flag}`).join(', ')}, or see ${name} --help`
      : `see ${name} --help`;
  const said = errors.filter(isUsage).map((error) => missingArguments(error) ?? plainWords(error.message.split('\nSee more help')[0] ?? ''));
  return new Failure('usage', [...new Set(said)].join('; ') || 'wrong arguments', { next });
}

/** What oclif says of one flag's value; it says so of the first only. */
export function valueProblem(flag: string, error: unknown): Error {
  const why = error instanceof Error ? error.message : String(error);
  return Object.assign(new Error(why.startsWith('Expected --') ? why : `Parsing --${flag} ${why}`), { parse: {} });
}

/** The words of the line that a complaint is about; none where it tells none. */
export function wordsIn(error: unknown, which: 'flags' | 'args'): readonly string[] {
  if (!(error instanceof Error)) return [];
  const words: unknown = Object.entries(error).find(([name]) => name === which)?.[1];
  return Array.isArray(words) ? words.filter((word) => typeof word === 'string') : [];
}

/** oclif's sentences and indented lists in keyward's words, on one line. */
function plainWords(message: string): string {
  const line = message.replace(/\s*\n\s*/g, ' ').trim();
  return PLAINER.reduce((text, [theirs, ours]) => text.replace(theirs, ours), line);
}

const PLAINER: readonly (readonly [RegExp, string])[] = [
  [/^Nonexistent flags?:/, 'there is no flag'],
  [/^Unexpected arguments?:/, 'not expected here:'],
  [/^Expected (\S+) to be one of:/, '$1 is none of:'],
  [/^The following errors? occurred: /, ''],
  [/^Parsing --(\S+) Expected an integer but received: (.*)$/, '--$1 takes a whole number, not "$2"'],
  [/^Parsing --(\S+) Expected an integer greater than or equal to (\d+) but received: (.*)$/, '--$1 is at least $2, not $3'],
  [/^Parsing --(\S+) Expected an integer less than or equal to (\d+) but received: (.*)$/, '--$1 is at most $2, not $3'],
  [/^Parsing --(\S+) No directory found at (.*)$/, '--$1: there is no folder $2'],
  [/^Parsing --(\S+) (\S.*) exists but is not a directory$/, '--$1: $2 is no folder'],
  [/^Flag (--\S+) expects a value$/, '$1 needs a value behind it'],
  [/^Flag (--\S+) expects one of these values: (.*)$/, '$1 needs a value behind it: $2'],
  [/^Flag (--\S+) can only be specified once$/, '$1 may be given once'],
  [/=\S* cannot also be provided when using/g, ' does not go together with'],
  [/All of the following must be provided when using (--\S+): (--\S+)/, '$1 needs $2 beside it'],
];

/** `missing: HANDLE (a short name)`; oclif's own text goes on about flags. */
function missingArguments(error: Error): string | undefined {
  if (!error.message.startsWith('Missing') || !('args' in error) || !Array.isArray(error.args)) return undefined;
  const words = error.args.map((arg: { name: string; description?: string }) => {
    return arg.name.toUpperCase() + (arg.description === undefined ? '' : ` (${arg.description})`);
  });
  return `missing: ${words.join(', ')}`;
}

/** An unknown command. `ids` are oclif's, with `:`. */
export function unknownCommand(id: string, ids: readonly string[]): Failure {
  const written = id.replaceAll(':', ' ');
  const names = ids.map((known) => known.replaceAll(':', ' '));
  const begun = names.find((name) => written.startsWith(`${name} `));
  if (begun !== undefined) {
    const rest = written.slice(begun.length + 1);
    return new Failure('usage', `keyward ${begun} takes no "${rest}"`, { next: `see keyward ${begun} --help` });
  }
  // The words behind a command's name are not its name.
  const words = written.split(' ');
  const [tried, meant] = [written, words.slice(0, 2).join(' '), words[0] ?? '']
    .map((name) => [name, nearest(name, names)] as const)
    .find(([, near]) => near !== undefined) ?? [written, undefined];
  const next =
    meant === undefined ? 'keyward --help lists the commands' : `write keyward ${meant}, or see keyward --help`;
  return new Failure('usage', `there is no command "${tried}"`, { next });
}
