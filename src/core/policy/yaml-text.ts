/**
 * One YAML file as text with places. Takes less than YAML allows: one document, no directives, aliases, anchors, tags or
 * merge keys, nothing that another YAML reader would take for something else, and bounded depth and size.
 *
 * Parses with the `yaml` package's own stages, so that depth and size are checked on tokens, before anything recursive
 * sees them: 5 MB of `[` would otherwise take 4 GB.
 */
import { Composer, isMap, isPair, isScalar, isSeq, Lexer, LineCounter, Parser } from 'yaml';
import type { CST, Document, Node, Pair, YAMLMap } from 'yaml';
import type { Place } from '../failure.ts';
import { hiddenCharacters } from './characters.ts';
import type { Report } from './report.ts';
import { decodeUtf8 } from './utf8.ts';
import { valueOf } from './yaml-values.ts';

/** Keys of mappings and positions in lists, from the top of a file. */
export type Path = readonly (string | number)[];

export const LARGEST_FILE = 5 * 1024 * 1024;
const MOST_TOKENS = 1_500_000;
const DEEPEST = 64;
const MOST_PER_FILE = 50;
const OPTIONS = { version: '1.2', schema: 'core', uniqueKeys: false, merge: false, logLevel: 'silent' } as const;

class TooDeep extends Error {}
class TooMany extends Error {}
class Directive extends Error {}

export class YamlText {
  readonly file: string;
  readonly text: string;
  /** The top of the document; absent when it could not be read as YAML at all. */
  readonly root: Node | null;
  /** Mappings as objects without a prototype; `BROKEN` where something was refused. */
  readonly value: unknown;
  readonly #counter: LineCounter;
  readonly #pairs = new WeakMap<YAMLMap, Map<unknown, Pair>>();

  constructor(file: string, text: string, root: Node | null, counter: LineCounter, report: Report) {
    this.file = file;
    this.text = text;
    this.root = root;
    this.#counter = counter;
    this.value = valueOf(root, { report, placeAt: (offset) => this.placeAt(offset) });
  }

  placeAt(offset: number): Place {
    return placeIn(this.file, this.#counter, offset);
  }

  /** The node at a path, if there is one. */
  node(path: Path): Node | undefined {
    let node: unknown = this.root;
    for (const step of path) node = this.#child(node, step);
    return node === undefined || node === null ? undefined : (node as Node);
  }

  /**
   * Where the value (or, with `key`, the name) at a path stands. What is missing has no place: then its nearest parent's
   * name is it.
   */
  place(path: Path, part: 'key' | 'value' = 'value'): Place {
    const parent = this.node(path.slice(0, -1));
    const step = path.at(-1);
    if (parent === undefined || step === undefined)
      return path.length === 0 ? this.placeAt(this.root?.range?.[0] ?? 0) : this.place(path.slice(0, -1), 'key');
    const pair = isMap(parent) ? this.pair(parent, step) : undefined;
    const value = pair === undefined ? this.#child(parent, step) : pair.value;
    const key = pair?.key;
    const empty = isScalar(value) && value.value === null && value.source !== '~' && value.source !== 'null';
    const node = part === 'key' || value === null || value === undefined || empty ? (key ?? value) : value;
    const offset = (node as Node | null | undefined)?.range?.[0];
    return offset === undefined ? this.place(path.slice(0, -1), 'key') : this.placeAt(offset);
  }

  pair(map: YAMLMap, key: string | number): Pair | undefined {
    let pairs = this.#pairs.get(map);
    if (pairs === undefined) {
      pairs = new Map();
      for (const pair of map.items) {
        const name = isScalar(pair.key) ? String(pair.key.value) : pair.key;
        if (!pairs.has(name)) pairs.set(name, pair);
      }
      this.#pairs.set(map, pairs);
    }
    return pairs.get(String(key));
  }

  #child(node: unknown, step: string | number): unknown {
    if (isMap(node)) return this.pair(node, step)?.value;
    const item: unknown = isSeq(node) && typeof step === 'number' ? node.items[step] : undefined;
    return isPair(item) ? undefined : item;
  }
}

/** Reads a file; what is wrong with it as text or as YAML is reported. Undefined: nothing of it can be used. */
export function readYaml(file: string, bytes: Uint8Array, report: Report): YamlText | undefined {
  const text = readText(file, bytes, report);
  if (text === undefined) return undefined;
  const counter = new LineCounter();
  const at = (offset: number): Place => placeIn(file, counter, offset);
  try {
    const document = compose(text, counter, at, report);
    if (document === undefined) return undefined;
    for (const error of document.errors.slice(0, MOST_PER_FILE)) {
      report.error('yaml-syntax', at(error.pos[0]), `This is not YAML: ${error.message}.`);
    }
    return document.errors.length > 0
      ? undefined
      : new YamlText(file, text, document.contents as Node | null, counter, report);
  } catch (error) {
    if (error instanceof TooMany)
      report.error(
        'too-large',
        { file },
        'This file is too large to be a policy.',
        'Split it into files in access-policy.d/.',
      );
    else if (error instanceof TooDeep || error instanceof RangeError)
      report.error(
        'too-deep',
        { file, line: counter.lineStarts.length, column: 1 },
        `Something here is nested more than ${DEEPEST} deep.`,
      );
    else if (!(error instanceof Directive)) throw error;
    return undefined;
  }
}

/** The text of a file of any kind: size, encoding, and no character that hides. */
function readText(file: string, bytes: Uint8Array, report: Report): string | undefined {
  if (bytes.length > LARGEST_FILE) {
    report.error(
      'too-large',
      { file },
      `This file has ${bytes.length} bytes; ${LARGEST_FILE} are the most.`,
      'Split it into files in access-policy.d/.',
    );
    return undefined;
  }
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok) {
    const line = bytes.subarray(0, decoded.offset).reduce((lines, byte) => (byte === 10 ? lines + 1 : lines), 1);
    report.error('not-utf8', { file, line, column: 1 }, 'A byte on this line is not UTF-8.', 'Save the file as UTF-8.');
    return undefined;
  }
  if (decoded.text.includes('PRIVATE KEY-----')) {
    report.error(
      'key-private-key',
      { file },
      'A private key stands in this file.',
      'Take it out of the repository and its history, and replace it: it has been shown.',
    );
    return undefined;
  }
  report.source(file, decoded.text);
  if (isInMerge(file, decoded.text, report)) return undefined;
  const hidden = hiddenCharacters(decoded.text, MOST_PER_FILE);
  for (const { line, column, name } of hidden) {
    report.error(
      'hidden-character',
      { file, line, column },
      `A character that cannot be seen, or is not what it looks like: ${name}.`,
      'Take it out.',
    );
  }
  return hidden.length > 0 ? undefined : decoded.text;
}

/** Whether git's marks are in it: each pair is said once, where YAML would complain of each mark. */
function isInMerge(file: string, text: string, report: Report): boolean {
  if (!text.includes('<<<<<<< ')) return false;
  let first: number | undefined;
  let found = 0;
  for (const [i, line] of text.split('\n').entries()) {
    if (line.startsWith('<<<<<<< ')) first = i + 1;
    if (first === undefined || !line.startsWith('>>>>>>> ')) continue;
    found += 1;
    if (found <= MOST_PER_FILE)
      report.error(
        'merge-conflict',
        { file, line: first, column: 1 },
        `A merge left two versions here, lines ${first} to ${i + 1}.`,
        'Keep what is meant, and take out the lines that begin with <<<<<<<, ======= and >>>>>>>.',
      );
    first = undefined;
  }
  return found > 0;
}

function placeIn(file: string, counter: LineCounter, offset: number): Place {
  const { line, col } = counter.linePos(offset);
  return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
}

function compose(
  text: string,
  counter: LineCounter,
  at: (offset: number) => Place,
  report: Report,
): Document | undefined {
  const composer = new Composer(OPTIONS);
  let first: Document | undefined;
  for (const document of composer.compose(tokens(text, counter, at, report), true, text.length)) {
    if (first !== undefined) {
      report.error(
        'several-documents',
        at(document.range[0]),
        'A second YAML document begins here.',
        'Keep one in each file; more files go into access-policy.d/.',
      );
      break;
    }
    first = document as Document;
  }
  return first;
}

/** The tokens of a text, counted while they come. */
function* tokens(
  text: string,
  counter: LineCounter,
  at: (offset: number) => Place,
  report: Report,
): Generator<CST.Token> {
  // Parser.parse() would count the first line; next() does not.
  counter.addNewLine(0);
  const parser = new Parser(counter.addNewLine);
  let count = 0;
  let depth = 0;
  let indicators = 0;
  for (const lexeme of new Lexer().lex(text)) {
    count += 1;
    if (count > MOST_TOKENS) throw new TooMany();
    if (lexeme === '[' || lexeme === '{') depth += 1;
    else if (lexeme === ']' || lexeme === '}') depth -= 1;
    // A block opens with an indicator; those of one line open one inside the other.
    else if (lexeme === '-' || lexeme === '?') indicators += 1;
    else if (lexeme === '\n' || lexeme === '\r\n') indicators = 0;
    if (depth > DEEPEST || indicators > DEEPEST) throw new TooDeep();
    for (const token of parser.next(lexeme)) yield refuseDirective(token, at, report);
  }
  for (const token of parser.end()) yield refuseDirective(token, at, report);
}

/** After a directive the rest may be another YAML, so nothing more is read. */
function refuseDirective(token: CST.Token, at: (offset: number) => Place, report: Report): CST.Token {
  if (token.type !== 'directive') return token;
  report.error('yaml-directive', at(token.offset), 'A policy has no YAML directives.', 'Take this line out.');
  throw new Directive();
}
