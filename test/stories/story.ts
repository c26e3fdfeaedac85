/**
 * The language of the stories: what a person types, what they see, what lies there afterwards.
 *
 *   # A line for the reader.
 *   fixture acme                     copies test/stories/fixtures/acme into the folder
 *   env NAME=value                   for the commands that follow; `env NAME` takes it away
 *   file PATH                        the lines below it, indented by `  | `, are written to PATH
 *     | text
 *   $ keyward check                  runs in sh; the lines below it are what it must come to:
 *     text                           stdout, indented by two spaces, every line
 *   ! text                           stderr, every line; `  …` and `! …` stand for any lines
 *   = 3                              the exit status; 0 when nothing is said
 *   $ tty keyward offboard bob       the same on a pseudo-terminal; then
 *   ? Continue                       waits until this is shown
 *   < yes                            and types it; `< ^C` is Ctrl-C, `<` alone is Enter
 *     text                           a line that must be shown, in this order; others may stand between
 *   json check                       what the last command wrote is JSON as schemas/check.schema.json says
 *   same                             no file was made, changed or removed since the last command before
 *   has PATH / has no PATH           a file is there, or is not
 *
 * Times, hashes, keys, fingerprints, random ids and the folder are masked on both sides before they are compared.
 */

export interface Typing {
  readonly wait?: string;
  /** What is typed, with Enter; `\u0003` for Ctrl-C. */
  readonly type?: string;
}

export interface Run {
  readonly kind: 'run';
  readonly line: number;
  readonly command: string;
  readonly tty: boolean;
  readonly typing: readonly Typing[];
  readonly stdout: readonly string[];
  readonly stderr: readonly string[];
  readonly status: number;
  /** The lines of the story that hold the expectation: from, to (exclusive), counted from 0. */
  readonly expectation: readonly [number, number];
}

export type Step =
  | Run
  | { readonly kind: 'file'; readonly line: number; readonly path: string; readonly text: string }
  | { readonly kind: 'fixture' | 'env' | 'json' | 'has' | 'has no'; readonly line: number; readonly word: string }
  | { readonly kind: 'same'; readonly line: number };

export interface Story {
  readonly title: string;
  readonly steps: readonly Step[];
}

/** Reads a story; an unknown line is an error, so that no expectation is passed over. */
export function parseStory(text: string): Story {
  const lines = text.split('\n');
  const steps: Step[] = [];
  let at = 0;
  const block = (fits: (line: string) => boolean): string[] => {
    const from = at;
    while (at < lines.length && fits(lines[at] ?? '')) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at] ?? '';
    const number = at + 1;
    at += 1;
    if (line === '' || line.startsWith('#')) continue;
    if (line.startsWith('$ ')) {
      const from = at;
      const expected = block((next) => /^(?: {2}|! ?|= |\? |<)/.test(next));
      steps.push(run(line.slice(2), number, expected, [from, at]));
    } else if (line.startsWith('file ')) {
      const text = block((next) => next.startsWith('  |')).map((next) => next.replace(/^ {2}\| ?/, ''));
      steps.push({ kind: 'file', line: number, path: line.slice(5), text: `${text.join('\n')}\n` });
    } else steps.push(word(line, number));
  }
  return { title: (lines[0] ?? '').replace(/^# */, ''), steps };
}

function word(line: string, number: number): Step {
  if (line === 'same') return { kind: 'same', line: number };
  const found = /^(fixture|env|json|has no|has) (\S.*)$/.exec(line);
  if (found === null) throw new Error(`line ${number} of the story is nothing known: ${line}`);
  return { kind: found[1] as 'fixture', line: number, word: found[2] ?? '' };
}

function run(text: string, line: number, expected: readonly string[], expectation: readonly [number, number]): Run {
  const tty = text.startsWith('tty ');
  const typing: Typing[] = [];
  for (const next of expected) {
    if (next.startsWith('? ')) typing.push({ wait: next.slice(2) });
    if (next.startsWith('<')) typing.push({ type: next.slice(2) === '^C' ? '\u0003' : `${next.slice(2)}\r` });
  }
  const status = expected.find((next) => next.startsWith('= '))?.slice(2) ?? '0';
  if (!/^\d+$/.test(status)) throw new Error(`line ${line}: "${status}" is no exit status`);
  return {
    kind: 'run',
    line,
    command: tty ? text.slice(4) : text,
    tty,
    typing,
    stdout: expected.filter((next) => next.startsWith('  ')).map((next) => next.slice(2)),
    stderr: expected.filter((next) => next.startsWith('!')).map((next) => next.slice(2)),
    status: Number(status),
    expectation,
  };
}

/** The lines of an expectation, as a story has them. */
export function spell(stdout: readonly string[], stderr: readonly string[], status: number): string[] {
  const out = stdout.map((line) => `  ${line}`);
  const err = stderr.map((line) => `! ${line}`.trimEnd());
  return [...out, ...err, ...(status === 0 ? [] : [`= ${status}`])];
}

const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '<time>'],
  [/SHA256:[A-Za-z0-9+/]{43}/g, 'SHA256:<fingerprint>'],
  [/\bAAAA[A-Za-z0-9+/]{60,}={0,2}/g, '<key>'],
  [/\b[0-9a-f]{64}\b/g, '<sha256>'],
  [/\b[0-9a-f]{12}…/g, '<sha256>…'],
  [/\b127\.77\.\d+\.\d+\b/g, '<address>'],
  [/\b\d+\.\d+ s\b/g, '<n> s'],
  [/\b1[6-9]\d{8}\b/g, '<seconds>'],
  [/"seconds": [\d.]+/g, '"seconds": <n>'],
  [/\b(emp|mch|srv|aws)_[0-9a-hjkmnp-tv-z]{26}\b/g, '$1_<id>'],
  [/([a-z0-9_-]+)-[0-9a-f]{8}\b(?=[^0-9a-f-])/g, '$1-<hash>'],
  // A release ends 90 days after it was made: whole ones only in that very second.
  [/\(in (?:89|90) days\)/g, '(in 89 days)'],
];

/** What differs from run to run is masked; expectations go through the same, so they may hold the masked form or not. */
export function mask(text: string, folder = ''): string {
  const here = folder === '' ? text : text.replaceAll(folder, '<folder>');
  return MASKS.reduce((masked, [pattern, name]) => masked.replace(pattern, name), here);
}
