/** What oclif finds wrong with the words of a command line, as a Failure with what to write instead. */
import { Failure } from '../core/failure.ts';
import { nearest } from '../core/policy/nearest.ts';

/** Anything that is not oclif's own complaint is given back as it is. */
export function usageFailure(
  error: unknown,
  command: { readonly id: string; readonly flags?: object; readonly baseFlags?: object },
): unknown {
  if (!(error instanceof Error) || !('oclif' in error || 'parse' in error)) return error;
  const name = `keyward ${command.id.replaceAll(':', ' ')}`;
  const [message = 'wrong arguments'] = error.message.split('\nSee more help');
  const known = Object.keys({ ...command.baseFlags, ...command.flags, help: true });
  const wrong =
    'flags' in error && Array.isArray(error.flags) ? error.flags.filter((flag) => typeof flag === 'string') : [];
  const meant = wrong.flatMap((flag) => nearest(flag.replace(/^-+/, '').replace(/=.*$/, ''), known) ?? []);
  const next =
    meant.length > 0
      ? `write ${meant.map((flag) => `--${flag}`).join(', ')}, or see ${name} --help`
      : `see ${name} --help`;
  return new Failure('usage', missingArguments(error) ?? plainWords(message), { next });
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
  [/=(true|false) cannot also be provided when using/, ' does not go together with'],
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
