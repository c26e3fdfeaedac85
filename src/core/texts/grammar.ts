/**
 * One engine for all texts: a text is a table of lines, a line is a word and a field, and from the table come reading,
 * writing and the rule that there is one spelling only (section 1 of docs/formats.md).
 *
 * Sizes are looked at before anything is split, bytes before words, and the value that was read is written again and
 * compared, so that what was signed and what is understood cannot differ.
 */
import { Failure } from '../failure.ts';
import { reasonOf, refusal } from './reasons.ts';
import type { Reason } from './reasons.ts';
import type { SharedRows } from './shared-rows.ts';

/** Sizes in bytes and counts, section 1. A line is measured without its LF. */
export const CAPS = {
  line: 16_384,
  release: 1_048_576,
  manifest: 1_048_576,
  /** A provider's tells of every credential of every login. */
  receipt: 4_194_304,
  /** Never leaves the repository, and has a line for each file of a policy. */
  inputs: 8_388_608,
  revocation: 65_536,
  request: 65_536,
  signature: 16_384,
  bundle: 8_388_608,
  releases: 64,
  revocations: 1024,
  signaturesForEachText: 64,
} as const;

/** How one thing is spelled. `read` gives undefined for any spelling but the one `write` gives. */
export interface Field<T> {
  /** What it is, for messages: `a hash`. */
  readonly form: string;
  readonly read: (text: string) => Reading<T> | undefined;
  readonly write: (value: T) => string;
}

/** What was read, in a box: a value may itself be undefined, where `-` stands. */
export interface Reading<T> {
  readonly value: T;
}

/** The lines of one word. `T` is what they mean together. */
export interface Line<T> {
  readonly word: string;
  readonly least: 0 | 1;
  readonly most: 1 | typeof Infinity;
  readonly form: string;
  /** The value of one line, or undefined. */
  readonly readRow: (text: string) => Reading<unknown> | undefined;
  readonly gather: (rows: readonly unknown[]) => T;
  /** What stands behind the word, line by line, in the order of the text. */
  readonly write: (value: T, rows?: SharedRows) => readonly string[];
}

/** A line for each part of a value, in the order in which they stand in the text. */
export type Table<V> = { readonly [K in keyof V]-?: Line<V[K]> };

/** What a table alone cannot say, and on which line: the `nth` of its word, counting from 0. */
export interface Breach {
  readonly reason: Reason;
  readonly message: string;
  readonly word?: string;
  readonly nth?: number;
}

/** One kind of text. */
export interface Text<V> {
  /** `release` in `keyward-release v1`. */
  readonly kind: string;
  /** The value of a text's bytes. Throws `Failure` with a reason, the name given and the line. */
  parse(text: Uint8Array | string, name?: string, rows?: SharedRows): V;
  /** How a value is spelled, not read back: to compare with what was written before, never to sign. */
  spell(value: V): string;
  /** The one spelling of a value. Throws `too-large` by its reason, and `internal` for a value that has no spelling. */
  write(value: V): string;
}

/** A line that stands once. */
export function one<T>(word: string, field: Field<T>): Line<T> {
  return { ...line(word, field, 1, 1), gather: ([row]) => row as T, write: (value) => [field.write(value)] };
}

/** A line that may stand once. */
export function maybe<T>(word: string, field: Field<T>): Line<T | undefined> {
  return {
    ...line(word, field, 0, 1),
    gather: ([row]) => row as T | undefined,
    write: (value) => (value === undefined ? [] : [field.write(value)]),
  };
}

/** Lines that may stand any number of times, sorted by bytes or as `order` says. */
export function many<T>(
  word: string,
  field: Field<T>,
  order?: (a: T, b: T) => number,
  least: 0 | 1 = 0,
): Line<readonly T[]> {
  return {
    ...line(word, field, least, Infinity),
    gather: (rows) => rows as readonly T[],
    write: (values, rows) => {
      const texts = values.map((value) => (rows === undefined ? field.write(value) : rows.spell(value, field.write)));
      const inOrder = (a: number, b: number): number =>
        (order?.(values[a] as T, values[b] as T) ?? 0) || byBytes(texts[a] ?? '', texts[b] ?? '');
      // As the lines of most manifests come.
      if (texts.every((_, i) => i === 0 || inOrder(i - 1, i) <= 0)) return texts;
      if (order === undefined) return texts.sort(byBytes);
      const written = values.map((value, i) => ({ value, text: texts[i] ?? '' }));
      return written.sort((a, b) => order(a.value, b.value) || byBytes(a.text, b.text)).map(({ text }) => text);
    },
  };
}

/** As `many`, and at least once. */
export function some<T>(word: string, field: Field<T>, order?: (a: T, b: T) => number): Line<readonly T[]> {
  return many(word, field, order, 1);
}

function line<T>(word: string, field: Field<T>, least: 0 | 1, most: 1 | typeof Infinity) {
  return { word, least, most, form: field.form, readRow: field.read };
}

/** Order of ASCII strings by their bytes. */
export function byBytes(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/** A kind of text by its table; `laws` names the first thing wrong that the table cannot see. */
export function text<V extends object>(
  kind: string,
  table: Table<V>,
  cap: number,
  laws: (value: V) => Breach | undefined = () => undefined,
): Text<V> {
  const parts = Object.entries(table) as [keyof V & string, Line<never>][];
  const composed = (value: V, rows?: SharedRows): readonly string[] => {
    const lines = [`keyward-${kind} v1`];
    for (const [part, { word, write }] of parts)
      for (const rest of write(value[part] as never, rows)) lines.push(`${word} ${rest}`);
    return lines;
  };
  const spell = (value: V): string => `${composed(value).join('\n')}\n`;
  const parse = (input: Uint8Array | string, name = kind, rows?: SharedRows): V => {
    const lines = linesOf(input, cap, name);
    if (lines[0] !== `keyward-${kind} v1`)
      throw refusal('unknown-text', `this is no ${kind} of version 1`, { text: name, line: 1 });
    const value = readLines<V>(parts, lines, name, rows);
    const broken = laws(value);
    if (broken !== undefined) throw refusedBy(broken, lines, name);
    sameSpelling(composed(value, rows), lines, name);
    return value;
  };
  const write = (value: V): string => {
    const written = spell(value);
    try {
      parse(written, kind);
    } catch (cause) {
      if (reasonOf(cause) === 'too-large') throw cause;
      throw unwritten(kind, cause);
    }
    return written;
  };
  return { kind, parse, spell, write };
}

function unwritten(kind: string, cause: unknown): Failure {
  const why = cause instanceof Failure ? cause.message : 'it cannot be read back';
  return new Failure('internal', `this ${kind} cannot be written: ${why}`, { cause });
}

function refusedBy({ reason, message, word = '', nth = 0 }: Breach, lines: readonly string[], name: string): Failure {
  const line = lines.findIndex((candidate) => candidate.startsWith(`${word} `)) + 1;
  return refusal(reason, message, { text: name, ...(line > 0 ? { line: line + nth } : {}) });
}

/** The lines of a text, its bytes looked at: caps first, then ASCII, then line ends. */
export function linesOf(input: Uint8Array | string, cap: number, name: string): readonly string[] {
  if (input.length > cap) throw refusal('too-large', `${input.length} bytes where ${cap} are the most`, { text: name });
  const plain = typeof input === 'string' ? plainLines(input) : undefined;
  if (plain !== undefined) return plain;
  const at =
    typeof input === 'string' ? (i: number): number => input.charCodeAt(i) : (i: number): number => input[i] ?? 0;
  let number = 1;
  let start = 0;
  for (let i = 0; i < input.length; i += 1) {
    const code = at(i);
    if (code === 10) {
      if (i === start) throw refusal('spelling', 'an empty line', { text: name, line: number });
      number += 1;
      start = i + 1;
    } else if (code < 32 || code > 126) {
      throw refusal('not-ascii', 'a byte that is neither printable ASCII nor LF', { text: name, line: number });
    } else if (i - start >= CAPS.line) {
      throw refusal('too-large', `a line of more than ${CAPS.line} bytes`, { text: name, line: number });
    }
  }
  if (start !== input.length || start === 0)
    throw refusal('spelling', 'the last line does not end', { text: name, line: number });
  const whole = typeof input === 'string' ? input : ascii(input);
  return whole.slice(0, -1).split('\n');
}

/** The lines of a string in which nothing is wrong; undefined: it must be looked at character by character. */
function plainLines(input: string): readonly string[] | undefined {
  if (!input.endsWith('\n') || /[^\n -~]/.test(input)) return undefined;
  const lines = input.slice(0, -1).split('\n');
  return lines.every((line) => line.length > 0 && line.length <= CAPS.line) ? lines : undefined;
}

/** The string of bytes that are known to be ASCII. */
function ascii(bytes: Uint8Array): string {
  let whole = '';
  for (let i = 0; i < bytes.length; i += 8192) whole += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return whole;
}

/** The bytes of a string of single bytes. A wider character has none: two texts must never have equal bytes. */
export function bytesOf(written: string): Uint8Array {
  const bytes = new Uint8Array(written.length);
  let all = 0;
  for (let i = 0; i < written.length; i += 1) {
    const code = written.charCodeAt(i);
    bytes[i] = code;
    all |= code;
  }
  if (all > 255) throw new Failure('internal', 'a text was read as characters instead of bytes');
  return bytes;
}

function readLines<V>(
  parts: readonly [keyof V & string, Line<never>][],
  lines: readonly string[],
  name: string,
  shared: SharedRows | undefined,
): V {
  const value: Partial<Record<keyof V, unknown>> = {};
  let next = 1;
  for (const [part, line] of parts) {
    const rows: unknown[] = [];
    const begin = `${line.word} `;
    while (lines[next]?.startsWith(begin) === true && rows.length < line.most) {
      const rest = (lines[next] ?? '').slice(line.word.length + 1);
      const found = shared === undefined ? line.readRow(rest) : shared.read(line.word, rest, line.readRow);
      if (found === undefined)
        throw refusal('spelling', `a "${line.word}" line holds ${line.form}`, { text: name, line: next + 1 });
      if (lines[next] === lines[next - 1])
        throw refusal('spelling', 'this line stands twice', { text: name, line: next + 1 });
      rows.push(found.value);
      next += 1;
    }
    if (rows.length < line.least && lines[next] !== undefined) mustKnow(parts, lines[next] ?? '', name, next + 1);
    if (rows.length < line.least)
      throw refusal('spelling', `here a "${line.word}" line must stand`, { text: name, line: next + 1 });
    value[part] = line.gather(rows);
  }
  const left = lines[next];
  if (left === undefined) return value as V;
  mustKnow(parts, left, name, next + 1);
  throw refusal('spelling', 'this line must not stand here: out of order, or one too many', {
    text: name,
    line: next + 1,
  });
}

function mustKnow(parts: readonly [string, Line<never>][], line: string, name: string, number: number): void {
  const [word = ''] = line.split(' ', 1);
  if (parts.some(([, known]) => known.word === word)) return;
  throw refusal('unknown-line', 'a line whose first word is unknown here', { text: name, line: number });
}

function sameSpelling(written: readonly string[], read: readonly string[], name: string): void {
  const line = read.findIndex((content, i) => content !== written[i]);
  if (line < 0) return;
  throw refusal('spelling', 'this line is not sorted, or spelled another way', { text: name, line: line + 1 });
}
