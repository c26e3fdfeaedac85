/**
 * Ids: a prefix that says what it names, and 26 letters that carry 128 random bits. Outside the policy everything is
 * known by its id only, so an id never tells a name.
 */
import { Failure } from '../failure.ts';

declare const branded: unique symbol;
type Branded<Name extends string> = string & { readonly [branded]: Name };

/** `emp_…`: a person. */
export type EmployeeId = Branded<'emp'>;
/** `mch_…`: a machine, such as a deploy job. */
export type MachineId = Branded<'mch'>;
/** Whoever may be given access. */
export type SubjectId = EmployeeId | MachineId;
/** `srv_…`: a server. */
export type ServerId = Branded<'srv'>;
/** `aws_…`: a provider, an AWS account. */
export type ProviderId = Branded<'aws'>;
/** Whatever access is given on. */
export type TargetId = ServerId | ProviderId;

/** Which kind of id each prefix begins. */
export interface IdOf {
  emp: EmployeeId;
  mch: MachineId;
  srv: ServerId;
  aws: ProviderId;
}

export type IdPrefix = keyof IdOf;

/** 32 letters without i, l, o and u, which are read as others or spell words. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const FORM = /^(emp|mch|srv|aws)_[0-9abcdefghjkmnpqrstvwxyz]{26}$/;

/** Whether `text` has the form of an id, and, where prefixes are given, one of these. */
export function isId<P extends IdPrefix = IdPrefix>(text: string, ...prefixes: readonly P[]): text is IdOf[P] {
  return FORM.test(text) && (prefixes.length === 0 || prefixes.some((prefix) => text.startsWith(`${prefix}_`)));
}

/** Whether `text` is the id of an employee or a machine. */
export function isSubjectId(text: string): text is SubjectId {
  return isId(text, 'emp', 'mch');
}

/** The id that `text` is. Throws `text` when it is none, or none with one of these prefixes. */
export function parseId<P extends IdPrefix = IdPrefix>(text: string, ...prefixes: readonly P[]): IdOf[P] {
  if (isId(text, ...prefixes)) return text;
  const wanted = (prefixes.length > 0 ? prefixes : ['emp', 'mch', 'srv', 'aws'])
    .map((prefix) => `${prefix}_`)
    .join(', ');
  throw new Failure('text', `not an id: ${JSON.stringify(text.slice(0, 40))}`, {
    next: `an id is one of ${wanted} and 26 of ${ALPHABET}`,
  });
}

/**
 * A new id from random bytes: the first 16 are used. The caller brings the chance; with fewer than 16 bytes the id could
 * be guessed, so that is our own mistake.
 */
export function newId<P extends IdPrefix>(prefix: P, random: Uint8Array): IdOf[P] {
  if (random.length < 16) throw new Failure('internal', `an id needs 16 random bytes, not ${random.length}`);
  let letters = '';
  let pending = 0;
  let bits = 0;
  for (const byte of random.subarray(0, 16)) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      letters += ALPHABET.charAt((pending >> bits) & 31);
    }
    pending &= (1 << bits) - 1;
  }
  letters += ALPHABET.charAt((pending << (5 - bits)) & 31);
  return parseId(`${prefix}_${letters}`, prefix);
}
