/**
 * Changes one thing in the text of a YAML file and leaves every other byte: by the source ranges of the nodes, since
 * writing the whole document anew would lose comments, order and line ends. The result is read again and compared with
 * what was meant.
 */
import { isCollection, isMap, isNode, isSeq } from 'yaml';
import type { Node, Pair, YAMLMap, YAMLSeq } from 'yaml';
import { Failure } from '../failure.ts';
import { flow, flowPair } from './flow.ts';
import { Report } from './report.ts';
import { encodeUtf8 } from './utf8.ts';
import { readYaml } from './yaml-text.ts';
import type { Path, YamlText } from './yaml-text.ts';
import { BROKEN } from './yaml-values.ts';

/** Everything an edit can be. `set` makes the mapping it stands in when that is a field at the top; so does `append`. */
export type Change =
  | { readonly kind: 'set'; readonly path: Path; readonly value: unknown }
  | { readonly kind: 'append'; readonly path: Path; readonly value: unknown }
  | { readonly kind: 'delete'; readonly path: Path };

interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Reads a file for editing. Throws `policy` with the findings when it cannot be read. */
export function readForEdit(file: string, bytes: Uint8Array): YamlText {
  const report = new Report();
  const text = readYaml(file, bytes, report);
  if (text !== undefined && report.errors === 0) return text;
  throw new Failure('policy', `${file} cannot be changed, since it cannot be read.`, {
    findings: report.findings(),
    place: { file },
    next: 'Run keyward check.',
  });
}

/** The file with the change in it. Throws `internal` when reading it again gives anything else than was meant. */
export function editText(before: YamlText, change: Change): Uint8Array {
  const { start, end, text } = spliceFor(before, change);
  const bytes = encodeUtf8(before.text.slice(0, start) + text + before.text.slice(end));
  const after = readForEdit(before.file, bytes);
  if (sameValue(after.value, meant(before.value, change))) return bytes;
  throw new Failure('internal', `${before.file} would not have been changed as meant, so it was left as it is.`, {
    place: { file: before.file },
  });
}

function spliceFor(text: YamlText, change: Change): Splice {
  const parent = text.node(change.path.slice(0, -1));
  if (change.kind === 'delete') return deleteFrom(text, parent, change.path.at(-1) ?? '');
  if (change.kind === 'append') return appendTo(text, change.path, change.value);
  const key = String(change.path.at(-1) ?? '');
  if (isMap(parent)) {
    const pair = text.pair(parent, key);
    if (pair !== undefined) return replace(text, pair, change.value);
    return firstOfSection(text, parent, change) ?? addPair(text, parent, key, change.value);
  }
  return intoNothing(
    text,
    change.path.slice(0, -1),
    `${flowPair(key, change.value)}`,
    `{ ${flowPair(key, change.value)} }`,
  );
}

function appendTo(text: YamlText, path: Path, value: unknown): Splice {
  const seq = text.node(path);
  if (!isSeq(seq)) {
    const parent = text.node(path.slice(0, -1));
    const isMissing = path.length > 1 && isMap(parent) && text.pair(parent, path.at(-1) ?? '') === undefined;
    if (isMissing) return addPair(text, parent, String(path.at(-1)), [value]);
    return intoNothing(text, path, `- ${flow(value)}`, `[${flow(value)}]`);
  }
  const last = seq.items.at(-1);
  if (seq.flow === true) return intoFlow(text, seq, last, flow(value), false);
  return afterLine(text, lastOffset(seq), `${' '.repeat(dashColumn(text, seq))}- ${flow(value)}`);
}

function addPair(text: YamlText, map: YAMLMap, key: string, value: unknown): Splice {
  const last = map.items.at(-1);
  if (map.flow === true) return intoFlow(text, map, last, flowPair(key, value), true);
  const first = map.items[0]?.key as Node | undefined;
  const indent = columnOf(text.text, first?.range?.[0] ?? 0);
  return afterLine(text, lastOffset(map), `${' '.repeat(indent)}${flowPair(key, value)}`);
}

/** The first entry of a section that is `{}` becomes a line of its own, so that forty servers are forty lines. */
function firstOfSection({ text, root }: YamlText, map: YAMLMap, { path, value }: Change & { readonly kind: 'set' }): Splice | undefined {
  const [start = 0, end = 0] = map.range ?? [];
  const isEmptySection = path.length === 2 && isMap(root) && root.flow !== true && map.flow === true && map.items.length === 0;
  if (!isEmptySection || text.slice(start, end).replaceAll(/\s/g, '') !== '{}') return undefined;
  const rest = /^[^\r\n]*/.exec(text.slice(end))?.[0] ?? '';
  if (rest.trim() !== '') return undefined; // a comment belongs to what it stands beside
  const before = start - (/ *$/.exec(text.slice(0, start))?.[0].length ?? 0);
  return { start: before, end, text: `${lineEnd(text)}  ${flowPair(String(path[1]), value)}` };
}

/** Into a section that is missing or empty: as a block of its own under its name, or, inside a flow mapping, in flow. */
function intoNothing(text: YamlText, path: Path, block: string, inFlow: string): Splice {
  const [section = ''] = path;
  const { root } = text;
  if (path.length !== 1) throw new Failure('internal', `nothing stands at ${path.join(' ')} to be changed`);
  const eol = lineEnd(text.text);
  if (!isMap(root))
    return {
      start: text.text.length,
      end: text.text.length,
      text: `${gap(text.text)}${String(section)}:${eol}  ${block}${eol}`,
    };
  const pair = text.pair(root, section);
  if (root.flow === true)
    return pair === undefined
      ? intoFlow(text, root, root.items.at(-1), `${String(section)}: ${inFlow}`, true)
      : replaceRange(pair, ` ${inFlow}`);
  if (pair === undefined) return afterLine(text, lastOffset(root), `${String(section)}:${eol}  ${block}`);
  const written = isNode(pair.value) ? text.text.slice(...(pair.value.range ?? [0, 0]).slice(0, 2)) : '';
  return written === '' ? afterLine(text, lastOffset(pair), `  ${block}`) : replaceRange(pair, inFlow);
}

function replace(text: YamlText, pair: Pair, value: unknown): Splice {
  if (isCollection(pair.value) && pair.value.flow !== true)
    throw new Failure('internal', 'a block of lines is not replaced as a whole');
  const start = isNode(pair.value) ? (pair.value.range?.[0] ?? 0) : 0;
  return replaceRange(
    pair,
    `${/[\s,[{]/.test(text.text[start - 1] ?? ' ') ? '' : ' '}${flow(value, String((pair.key as { value?: unknown }).value))}`,
  );
}

function replaceRange(pair: Pair, text: string): Splice {
  const [start, end] = isNode(pair.value) && pair.value.range ? pair.value.range : [lastOffset(pair), lastOffset(pair)];
  return { start, end, text };
}

/** Before the closing bracket, right after the last item, so that what follows it (comma, comment) stays. */
function intoFlow(text: YamlText, node: YAMLMap | YAMLSeq, last: unknown, item: string, blanks: boolean): Splice {
  if (last !== undefined) {
    const at = lastOffset(last);
    return { start: at, end: at, text: `, ${item}` };
  }
  const [start = 0, end = 0] = node.range ?? [];
  const inside = text.text.slice(start + 1, end - 1);
  const blank = blanks ? ' ' : '';
  if (inside.trim() === '') return { start: start + 1, end: end - 1, text: `${blank}${item}${blank}` };
  return { start: end - 1, end: end - 1, text: `${item}${blank}` };
}

/** As a line of its own after the one on which something ends. A file without a final line end keeps none. */
function afterLine({ text }: YamlText, offset: number, line: string): Splice {
  const eol = lineEnd(text);
  if (text[offset - 1] === '\n') return { start: offset, end: offset, text: `${line}${eol}` };
  const newline = text.indexOf('\n', offset);
  const at = newline < 0 ? text.length : text[newline - 1] === '\r' ? newline - 1 : newline;
  return { start: at, end: at, text: `${eol}${line}` };
}

function deleteFrom({ text, ...rest }: YamlText, parent: unknown, key: string | number): Splice {
  const map = isMap(parent) ? parent : undefined;
  const index = map?.items.findIndex((pair) => String((pair.key as { value?: unknown }).value) === String(key)) ?? -1;
  const pair = map?.items[index];
  if (map === undefined || pair === undefined)
    throw new Failure('internal', `nothing stands at ${String(key)} in ${rest.file} to be deleted`);
  const start = (pair.key as Node).range?.[0] ?? 0;
  const end = lastOffset(pair);
  if (map.flow !== true) {
    const lineStart = text.lastIndexOf('\n', start - 1) + 1;
    const newline = text[end - 1] === '\n' ? end - 1 : text.indexOf('\n', end);
    return { start: lineStart, end: newline < 0 ? text.length : newline + 1, text: '' };
  }
  const comma = /^\s*,[ \t]*/.exec(text.slice(end));
  if (comma !== null) return { start, end: end + comma[0].length, text: '' };
  const before = index > 0 ? lastOffset(map.items[index - 1]) : start;
  return { start: before, end, text: '' };
}

/** Where the last written letter of a node or pair ends. */
function lastOffset(item: unknown): number {
  if (isCollection(item) && item.flow !== true && item.items.length > 0) return lastOffset(item.items.at(-1));
  if (isNode(item)) return item.range?.[1] ?? 0;
  const { key, value } = item as Pair;
  const keyEnd = isNode(key) ? (key.range?.[1] ?? 0) : 0;
  return isNode(value) ? Math.max(keyEnd, lastOffset(value)) : keyEnd;
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

function dashColumn({ text }: YamlText, seq: YAMLSeq): number {
  const first = seq.items[0];
  const start = isNode(first) ? (first.range?.[0] ?? 0) : 0;
  const dash = text.lastIndexOf('-', start - 1);
  if (dash < 0 || text.slice(dash + 1, start).trim() !== '')
    throw new Failure('internal', 'this list is written in a way that is not edited');
  return columnOf(text, dash);
}

function lineEnd(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

function gap(text: string): string {
  return text === '' || text.endsWith('\n') ? '' : lineEnd(text);
}

/** The value that a change is meant to give. */
function meant(value: unknown, change: Change, path: Path = change.path): unknown {
  const [step, ...rest] = path;
  if (step === undefined)
    return change.kind === 'append'
      ? [...((value ?? []) as unknown[]), change.value]
      : (change as { value?: unknown }).value;
  if (Array.isArray(value))
    return value.map((item: unknown, index) => (index === step ? meant(item, change, rest) : item));
  const fields = { ...((value ?? {}) as Record<string, unknown>) };
  if (change.kind === 'delete' && rest.length === 0) delete fields[step];
  else fields[step] = meant(fields[step], change, rest);
  return fields;
}

/** Equal as values; nothing, an empty list and an empty mapping count as one, since deleting the last entry leaves one. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === BROKEN || b === BROKEN) return false;
  if (isEmpty(a) && isEmpty(b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [left, right] = [Object.entries(a), Object.entries(b)];
  return (
    left.length === right.length &&
    left.every(([key, value], i) => right[i]?.[0] === key && sameValue(value, right[i]?.[1]))
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}
