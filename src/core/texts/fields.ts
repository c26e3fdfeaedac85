/** How each thing in a text is spelled: section 1 of docs/formats.md, one entry for each row of its tables. */
import { isAccountName, isFoundAccountName, isId, isName, isSubjectId } from '../access/index.ts';
import { formatInstant, readInstant } from '../access/index.ts';
import type { IdOf, IdPrefix, Instant, SubjectId } from '../access/index.ts';
import { readPublicKey } from '../ssh/public-key.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import type { Field, Reading } from './grammar.ts';
import { isReceiverReason } from './reasons.ts';
import type { ReceiverReason } from './reasons.ts';

const same = (value: string): string => value;

/** sha256 as 64 lowercase hexadecimal digits. */
export type Hash = string;

function pattern(form: string, fits: (text: string) => boolean): Field<string> {
  return { form, read: (text) => (fits(text) ? { value: text } : undefined), write: same };
}

export const hash: Field<Hash> = pattern('a hash', (text) => /^[0-9a-f]{64}$/.test(text));
export const name: Field<string> = pattern('a name', isName);
export const account: Field<string> = pattern('an account', isAccountName);
export const foundAccount: Field<string> = pattern('an account', isFoundAccountName);
/** One word of visible ASCII. */
export const word: Field<string> = pattern('one word', (text) => /^[!-~]+$/.test(text));
/** Visible ASCII with single blanks inside; what may stand last on a line. */
export const words: Field<string> = pattern('words with one space between them', (text) =>
  /^[!-~]+( [!-~]+)*$/.test(text),
);

export const reason: Field<ReceiverReason> = {
  form: 'a reason of section 8',
  read: (text) => (isReceiverReason(text) ? { value: text } : undefined),
  write: same,
};

export const time: Field<Instant> = {
  form: 'a time',
  read: (text) => boxed(readInstant(text)),
  write: formatInstant,
};

export const number: Field<number> = {
  form: 'a number from 1 to 999999999',
  read: (text) => (/^[1-9][0-9]{0,8}$/.test(text) ? { value: Number(text) } : undefined),
  write: String,
};

/** How many were found or looked at: as `number`, and 0. */
export const count: Field<number> = {
  form: 'a number from 0 to 999999999',
  read: (text) => (text === '0' ? { value: 0 } : number.read(text)),
  write: String,
};

/** A key without a comment, in the one spelling that core/ssh lets in. */
export const key: Field<PublicKey> = {
  form: 'a public key without a comment',
  read: (text) => {
    const reading = readPublicKey(text);
    return reading.ok && reading.key.line === text ? { value: reading.key } : undefined;
  },
  write: (value) => value.line,
};

export const subject: Field<SubjectId> = {
  form: 'an id of an employee or a machine',
  read: (text) => (isSubjectId(text) ? { value: text } : undefined),
  write: same,
};

/** An id with one of these prefixes. */
export function id<P extends IdPrefix>(...prefixes: readonly P[]): Field<IdOf[P]> {
  return {
    form: `an id (${prefixes.join(', ')})`,
    read: (text) => (isId(text, ...prefixes) ? { value: text } : undefined),
    write: same,
  };
}

/** `-` for undefined, else the field. */
export function orDash<T>(field: Field<T>): Field<T | undefined> {
  return {
    form: `${field.form} or -`,
    read: (text) => (text === '-' ? { value: undefined } : field.read(text)),
    write: (value) => (value === undefined ? '-' : field.write(value)),
  };
}

/** One of these words. */
export function oneOf<const W extends string>(...choices: readonly W[]): Field<W> {
  return {
    form: `one of ${choices.join(', ')}`,
    read: (text) => boxed(choices.find((choice) => choice === text)),
    write: same,
  };
}

/** Several fields with one space between them; the last takes what is left of the line. */
export function row<V extends object>(fields: { readonly [K in keyof V]-?: Field<V[K]> }): Field<V> {
  const parts = Object.entries(fields) as [keyof V & string, Field<never>][];
  return {
    form: parts.map(([part, field]) => `${part} (${field.form})`).join(', '),
    read: (text) => readRow(parts, text),
    write: (value) => writeRow(parts, value),
  };
}

function writeRow<V>(parts: readonly [keyof V & string, Field<never>][], value: V): string {
  let written = '';
  for (const [part, field] of parts) written += `${written === '' ? '' : ' '}${field.write(value[part] as never)}`;
  return written;
}

function readRow<V>(parts: readonly [keyof V & string, Field<never>][], text: string): Reading<V> | undefined {
  const value: Partial<Record<keyof V, unknown>> = {};
  let left: string | undefined = text;
  for (const [i, [part, field]] of parts.entries()) {
    if (left === undefined) return undefined;
    const space: number = i === parts.length - 1 ? -1 : left.indexOf(' ');
    const found = field.read(space < 0 ? left : left.slice(0, space));
    if (found === undefined) return undefined;
    value[part] = found.value;
    left = space < 0 ? undefined : left.slice(space + 1);
  }
  return { value: value as V };
}

function boxed<T>(value: T | undefined): Reading<T> | undefined {
  return value === undefined ? undefined : { value };
}
