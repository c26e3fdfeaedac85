/**
 * A command of a sudo rule, and its spelling in sudoers(5).
 *
 * What a person writes is meant literally: `*` is a star, and a command without arguments allows none. Measured with
 * sudo 1.9.13: `, : = #` end an argument, `* ? [ ] !` are patterns, and a backslash in front makes each itself; a backslash
 * of its own needs four in one version and two in another, so none is taken.
 */
import { Failure } from '../failure.ts';

const PATH = /^(\/[A-Za-z0-9_@+-][A-Za-z0-9._@+-]*)+$/;
const LONGEST = 2000;

/** Why this cannot be a sudo rule's command, as a sentence; undefined: it can. */
export function sudoCommandFault(command: string): string | undefined {
  if (command === 'ALL') return undefined;
  if (command.length > LONGEST) return `A command of more than ${LONGEST} characters is too long for one line.`;
  if (!/^[!-~]+( [!-~]+)*$/.test(command)) return 'A command is printable ASCII with one space between its words.';
  const [path = '', ...args] = command.split(' ');
  if (!PATH.test(path))
    return 'A command begins with its absolute path: letters, digits and . _ @ + - between slashes, no name that begins with a dot.';
  if (path.endsWith('/sudoedit')) return 'sudoedit is no command with a path; give the command that is to be run.';
  if (/[\\"]/.test(command))
    return 'A command holds no backslash and no double quote: sudo reads them differently from version to version.';
  if (args[0]?.startsWith('^') === true) return 'Arguments that begin with ^ are a pattern to newer versions of sudo.';
  return undefined;
}

/** The same in sudoers' own spelling. Throws `internal` for what has a fault: the policy refuses it with its place. */
export function sudoersCommand(command: string): string {
  const fault = sudoCommandFault(command);
  if (fault !== undefined) throw new Failure('internal', fault);
  if (command === 'ALL') return command;
  const space = command.indexOf(' ');
  if (space < 0) return `${command} ""`;
  return command.slice(0, space) + command.slice(space).replace(/[,:=#*?[\]!]/g, '\\$&');
}

/** The command as a person writes it, from sudoers' spelling: what a plan shows of a manifest. */
export function plainCommand(spelled: string): string {
  return spelled.replace(/ ""$/, '').replace(/\\(.)/g, '$1');
}

/** Whether this is a command in the one spelling that `sudoersCommand` gives. */
export function isSudoersCommand(spelled: string): boolean {
  const command = plainCommand(spelled);
  return sudoCommandFault(command) === undefined && sudoersCommand(command) === spelled;
}
