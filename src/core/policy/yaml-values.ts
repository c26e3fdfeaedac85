/**
 * The values of a YAML tree, with everything refused that hides what is meant: aliases, anchors, tags, merge keys, keys
 * that mean something to JavaScript, keys that stand twice, and plain words that one YAML reader takes for text and
 * another for a number, a truth or a date.
 */
import { isAlias, isMap, isNode, isScalar, isSeq } from 'yaml';
import type { Node, Pair, Scalar, YAMLMap } from 'yaml';
import type { Place } from '../failure.ts';
import type { Report } from './report.ts';

/** Stands where a value was refused, so that nothing else is said about it. */
export const BROKEN: unique symbol = Symbol('broken');

interface Context {
  readonly report: Report;
  readonly placeAt: (offset: number) => Place;
}

const FORBIDDEN_KEYS = new Set(['__proto__', 'constructor', 'prototype']);
/** Fields whose value is a date; anywhere else a plain date is text in YAML 1.2 and a date in YAML 1.1. */
const DATE_FIELDS = new Set(['until', 'left', 'removed']);
const DATE = /^\d{4}-\d\d?-\d\d?(?:[Tt ].*)?$/;
/** What YAML 1.1 readers (and people) take for a truth, an octal, a time of day or a number: yaml.org/type. */
const OTHER_IN_1_1 =
  /^(?:y|n|yes|no|on|off|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[-+]?0?b?[0-9][0-9_]*_[0-9_.]*|[-+]?0b[01_]+|=)$/i;
const PLAIN_NUMBER = /^(?:0|-?[1-9][0-9]*)$/;

export function valueOf(node: unknown, context: Context, field?: string): unknown {
  if (node === null || node === undefined || !isNode(node)) return null;
  if (isAlias(node))
    return refuse(
      node,
      context,
      'yaml-alias',
      'A policy has no YAML aliases: what is meant must stand where it is read.',
      'Write it out here.',
    );
  if (node.anchor !== undefined)
    refuse(
      node,
      context,
      'yaml-anchor',
      'A policy has no YAML anchors.',
      `Take out &${node.anchor}; if the value begins with &, put it in quotes.`,
    );
  if (node.tag !== undefined)
    return refuse(
      node,
      context,
      'yaml-tag',
      'A policy has no YAML tags.',
      `Take out ${node.tag.replace('tag:yaml.org,2002:', '!!')}; if the value begins with !, put it in quotes.`,
    );
  if (isMap(node)) return mappingOf(node, context);
  if (isSeq(node)) return node.items.map((item) => valueOf(item, context));
  return isScalar(node) ? scalarOf(node, context, field) : BROKEN;
}

function mappingOf(map: YAMLMap, context: Context): Record<string, unknown> {
  const value = Object.create(null) as Record<string, unknown>;
  for (const pair of map.items) {
    const key = keyOf(pair, context);
    if (key === undefined) continue;
    if (key in value) {
      refuse(
        pair.key as Node,
        context,
        'duplicate-key',
        `${key} stands here twice; the first is on line ${firstLineOf(key, map, context)}.`,
        'Keep one of them.',
      );
      continue;
    }
    value[key] = valueOf(pair.value, context, key);
  }
  return value;
}

function firstLineOf(key: string, map: YAMLMap, context: Context): number {
  const first = map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
  return context.placeAt((first?.key as Node | undefined)?.range?.[0] ?? 0).line ?? 0;
}

function keyOf(pair: Pair, context: Context): string | undefined {
  const { key } = pair;
  if (!isScalar(key)) {
    const node = isNode(key) ? key : undefined;
    if (isAlias(node)) valueOf(node, context);
    else refuse(node, context, 'yaml-key', 'A list or a mapping stands where a name must.');
    return undefined;
  }
  if (key.value === '<<') {
    refuse(
      key,
      context,
      'yaml-merge-key',
      'A policy has no YAML merge keys: what is meant must stand where it is read.',
      'Write the fields out here.',
    );
    return undefined;
  }
  const value = valueOf(key, context);
  if (value === BROKEN) return undefined;
  if (typeof value !== 'string') {
    refuse(
      key,
      context,
      'misread-value',
      `${key.source ?? ''} is read as ${kindOf(value)}, not as a name.`,
      quotes(key),
    );
    return undefined;
  }
  if (!FORBIDDEN_KEYS.has(value)) return value;
  refuse(key, context, 'forbidden-key', `${value} is never a name.`, 'Choose another.');
  return undefined;
}

function scalarOf(scalar: Scalar, context: Context, field: string | undefined): unknown {
  const { value, source = '', type } = scalar;
  if (type !== 'PLAIN') return value;
  if (typeof value === 'number') {
    // A fraction is left to whoever wants a whole number or a text here.
    if (String(value) === source && !(Number.isInteger(value) && !PLAIN_NUMBER.test(source))) return value;
    return refuse(
      scalar,
      context,
      'misread-value',
      `${source} is read as the number ${value}.`,
      `Write ${quoted(source)} if it is a text, ${value} if it is the number.`,
    );
  }
  if (typeof value === 'boolean' && source !== String(value)) {
    return refuse(
      scalar,
      context,
      'misread-value',
      `${source} is read as ${String(value)}.`,
      `Write ${quoted(source)} if it is a text, ${String(value)} if not.`,
    );
  }
  if (typeof value !== 'string' || (field !== undefined && DATE_FIELDS.has(field))) return value;
  if (!OTHER_IN_1_1.test(source) && !DATE.test(source)) return value;
  return refuse(
    scalar,
    context,
    'misread-value',
    `Some YAML readers take ${source} for something other than a text.`,
    quotes(scalar),
  );
}

function refuse(
  node: Node | undefined,
  context: Context,
  rule: string,
  message: string,
  suggestion?: string,
): typeof BROKEN {
  context.report.error(rule, context.placeAt(node?.range?.[0] ?? 0), message, suggestion);
  return BROKEN;
}

function quotes(scalar: Scalar): string {
  return `Put it in quotes: ${quoted(scalar.source ?? '')}.`;
}

function quoted(source: string): string {
  return JSON.stringify(source);
}

export function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return `the truth value ${String(value)}`;
  if (typeof value === 'number') return `the number ${value}`;
  return typeof value === 'string' ? 'a text' : 'a mapping';
}
