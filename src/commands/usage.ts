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
  return new Failure('usage', plainWords(message), { next });
}

/** oclif's `Nonexistent flag: --x` and its indented lists in keyward's words, on one line. */
function plainWords(message: string): string {
  const line = message.replace(/\s*\n\s*/g, ' ').trim();
  return line
    .replace(/^Nonexistent flags?:/, 'there is no flag')
    .replace(/^Missing (\d+) required args?:/, 'missing:')
    .replace(/^Unexpected arguments?:/, 'not expected here:');
}

/** An unknown command. `ids` are oclif's, with `:`. */
export function unknownCommand(id: string, ids: readonly string[]): Failure {
  const written = id.replaceAll(':', ' ');
  const names = ids.map((known) => known.replaceAll(':', ' '));
  const meant = nearest(written, names);
  const next =
    meant === undefined ? 'keyward --help lists the commands' : `write keyward ${meant}, or see keyward --help`;
  return new Failure('usage', `there is no command "${written}"`, { next });
}
