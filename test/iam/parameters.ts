/**
 * Reading a request of the AWS query protocol: form fields such as `Tags.member.1.Key`.
 *
 * The protocol: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html; limits of names, paths and tags:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and the patterns of each parameter in the
 * IAM API Reference.
 */
import { IamError, invalid } from './iam-error.ts';

/** What a text must be. `max` in characters. */
export interface Limits {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
}

/** A user's or role's name: 64 characters; a group's or policy's: 128 (IAM quotas, "IAM name requirements"). */
export const NAME_64: Limits = { min: 1, max: 64, pattern: /^[\w+=,.@-]+$/ };
export const NAME_128: Limits = { min: 1, max: 128, pattern: /^[\w+=,.@-]+$/ };
/** "either a forward slash by itself or a string that must begin and end with forward slashes", 512 characters. */
export const PATH: Limits = { min: 1, max: 512, pattern: /^(?:\/|\/[\x21-\x7e]+\/)$/ };
const PATH_PREFIX: Limits = { min: 1, max: 512, pattern: /^\/[\x21-\x7e]*$/ };
export const ARN: Limits = { min: 20, max: 2048 };
/** Policy documents, up to 131,072 characters (IAM API Reference, `policyDocument`). */
export const DOCUMENT: Limits = { min: 1, max: 131_072 };

/** The fields of one request, or of one structure in it. */
export class Parameters {
  readonly #fields: ReadonlyMap<string, string>;
  readonly #prefix: string;

  constructor(fields: ReadonlyMap<string, string>, prefix = '') {
    this.#fields = fields;
    this.#prefix = prefix;
  }

  /** A field as sent, or undefined. */
  raw(name: string): string | undefined {
    return this.#fields.get(this.#prefix + name);
  }

  /** A text that must be there. */
  text(name: string, limits: Limits = {}): string {
    const value = this.raw(name);
    if (value === undefined) throw invalid(name, 'Member must not be null');
    return checked(name, value, limits);
  }

  /** A text that may be there. */
  optional(name: string, limits: Limits = {}): string | undefined {
    const value = this.raw(name);
    return value === undefined ? undefined : checked(name, value, limits);
  }

  /** A text from a fixed list. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const found = allowed.find((one) => one === value);
    if (found === undefined) throw invalid(name, `Member must satisfy enum value set: [${allowed.join(', ')}]`);
    return found;
  }

  path(): string {
    return this.optional('Path', PATH) ?? '/';
  }

  pathPrefix(): string {
    return this.optional('PathPrefix', PATH_PREFIX) ?? '/';
  }

  integer(name: string, min: number, max: number): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
    if (!(number >= min && number <= max)) throw invalid(name, `Member must have value between ${min} and ${max}`);
    return number;
  }

  boolean(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (value !== 'true' && value !== 'false') throw invalid(name, 'Member must be a boolean');
    return value === 'true';
  }

  /** A list of texts; undefined when the list was not sent, empty when it was sent empty. */
  list(name: string): string[] | undefined {
    const values: string[] = [];
    for (let at = 1; ; at += 1) {
      const value = this.raw(`${name}.member.${at}`);
      if (value === undefined) break;
      values.push(value);
    }
    return values.length === 0 && this.raw(name) === undefined ? undefined : values;
  }

  /** A list of structures. */
  structures(name: string): Parameters[] {
    const found: Parameters[] = [];
    for (let at = 1; ; at += 1) {
      const prefix = `${this.#prefix}${name}.member.${at}.`;
      if (![...this.#fields.keys()].some((key) => key.startsWith(prefix))) return found;
      found.push(new Parameters(this.#fields, prefix));
    }
  }

  /** `Tags`: key 1 to 128, value up to 256 characters, none that begins with `aws:`, no key twice whatever the case
   * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html, "Rules for tagging"). */
  tags(): Map<string, string> {
    const tags = new Map<string, string>();
    for (const one of this.structures('Tags')) {
      const key = one.text('Key', { min: 1, max: 128, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u });
      const value = one.text('Value', { max: 256, pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u });
      if (/^aws:/i.test(key)) throw new IamError('InvalidInput', 'Tag keys that begin with aws: are reserved.');
      if ([...tags.keys()].some((other) => other.toLowerCase() === key.toLowerCase())) {
        throw new IamError('InvalidInput', 'Duplicate tag keys found. Tag keys are case insensitive.');
      }
      tags.set(key, value);
    }
    return tags;
  }
}

function checked(name: string, value: string, limits: Limits): string {
  if (value.length < (limits.min ?? 0))
    throw invalid(name, `Member must have length greater than or equal to ${limits.min}`);
  if (value.length > (limits.max ?? Infinity))
    throw invalid(name, `Member must have length less than or equal to ${limits.max}`);
  if (limits.pattern?.test(value) === false)
    throw invalid(name, `Member must satisfy regular expression pattern: ${limits.pattern.source}`);
  return value;
}
