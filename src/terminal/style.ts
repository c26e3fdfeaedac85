/**
 * How text looks: colour, marks, widths, and the taming of text that came from elsewhere.
 *
 * Colour only repeats what words already say. It is used on a terminal only, never with NO_COLOR set, and always with
 * FORCE_COLOR (https://no-color.org, https://force-color.org; NO_COLOR wins).
 */
import { stripVTControlCharacters } from 'node:util';

export type Mark = 'done' | 'failed' | 'warning';

const MARKS: Readonly<Record<Mark, string>> = { done: '✓', failed: '✗', warning: '!' };

const CODES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;
type Colour = keyof typeof CODES;

export const DEFAULT_WIDTH = 80;

export interface Style {
  /** Columns; 80 where the stream is no terminal. */
  readonly width: number;
  readonly colour: boolean;
  /** `--commit` has committed what was written: then nobody is asked to. */
  readonly committed?: boolean;
  paint(colour: Colour, text: string): string;
  /** `✓`, `✗` or `!`, coloured where colour is on. A word beside it always says the same. */
  mark(mark: Mark): string;
}

/** As much of a stream as deciding needs. */
export interface StyledStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export function wantsColour(stream: StyledStream, env: Environment): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  if (isSet(env['FORCE_COLOR'])) return env['FORCE_COLOR'] !== '0' && env['FORCE_COLOR'] !== 'false';
  return stream.isTTY === true && env['TERM'] !== 'dumb';
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

export function styleFor(stream: StyledStream, env: Environment): Style {
  const colour = wantsColour(stream, env);
  const width = stream.isTTY === true && stream.columns ? Math.max(40, stream.columns) : DEFAULT_WIDTH;
  const paint = (name: Colour, text: string): string => (colour ? `\u001b[${CODES[name]}m${text}\u001b[0m` : text);
  const colours: Readonly<Record<Mark, Colour>> = { done: 'green', failed: 'red', warning: 'yellow' };
  return { width, colour, paint, mark: (mark) => paint(colours[mark], MARKS[mark]) };
}

/** A style without colour, 80 columns: for tests and for what is written into files. */
export const PLAIN: Style = styleFor({}, {});

/**
 * C0, C1 and DEL; and what changes the order of what is read or is not seen at all (zero width, bidirectional
 * controls, tags): a server's answer or a policy's line must not be able to redraw the terminal.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/**
 * How a line begins, or what it holds, that the runner of a pipeline takes for a command: `::add-mask::` and the older
 * `##[add-mask]` of GitHub, `##vso[` of Azure, `##teamcity[`. A text may begin a line wherever it is wrapped.
 * https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
 */
const COMMAND = /(?<!\S):(?=:[a-z-]+(?:::|\s|$))|#(?=#(?:vso|teamcity)?\[)/gi;

/**
 * Text from elsewhere, made safe to show: what is not seen, would move the cursor or command a pipeline is written as
 * `\u{…}`.
 */
export function tame(text: string): string {
  return text.replace(UNSAFE, written).replace(COMMAND, written);
}

function written(character: string): string {
  return `\\u{${character.codePointAt(0)?.toString(16) ?? '?'}}`;
}

/** A server tells of at most 1,000 ways in; whoever is root there can have it say anything, and all of it is in `--json`. */
const MOST_OF_ONE = 1200;

/** What is told of one target, so that none of them drowns all the others. `more` says it of those that are left out. */
export function notTooMany<T>(all: readonly T[], more: (howMany: number) => T): readonly T[] {
  return all.length <= MOST_OF_ONE ? all : [...all.slice(0, MOST_OF_ONE), more(all.length - MOST_OF_ONE)];
}

const LONGEST_REASON = 1000;

/** A reason in the words of a target, tamed and cut: the next line belongs to another one. */
export function reasonText(why: string): string {
  return tame(why.length <= LONGEST_REASON ? why : `${why.slice(0, LONGEST_REASON)}… and ${why.length - LONGEST_REASON} characters more`);
}

/** Columns a text takes, colour codes not counted. Wide characters are counted as one. */
export function columnsOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}

/**
 * Wraps at spaces to `width` columns, further lines indented by `hang`. A word longer than the line stays whole, so
 * that a path or a fingerprint can be copied. Line breaks in the text are kept.
 */
export function wrap(text: string, width: number, hang = ''): string {
  return text
    .split('\n')
    .map((line) => wrapLine(line, width, hang))
    .join('\n');
}

function wrapLine(line: string, width: number, hang: string): string {
  if (columnsOf(line) <= width) return line;
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = indent;
  let empty = true;
  for (const word of line.slice(indent.length).split(' ')) {
    if (!empty && columnsOf(current) + 1 + columnsOf(word) > width) {
      lines.push(current.trimEnd());
      current = indent + hang;
      empty = true;
    }
    current += empty ? word : ` ${word}`;
    empty = false;
  }
  lines.push(current.trimEnd());
  return lines.join('\n');
}

/** `1 server`, `2 servers`; `people` and the like by a third argument. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}
