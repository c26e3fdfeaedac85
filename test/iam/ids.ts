/**
 * Unique ids: a prefix that says what kind it is and 17 characters
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html, "Unique identifiers": the id of a user
 * who was deleted is never given to a namesake).
 */
import { randomBytes } from 'node:crypto';

export type IdPrefix = 'ACCA' | 'AGPA' | 'AIDA' | 'AKIA' | 'ANPA' | 'APKA' | 'AROA' | 'ASIA';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** An id from given bytes, at least 17. */
export function idOf(prefix: IdPrefix, bytes: Uint8Array): string {
  return prefix + [...bytes.subarray(0, 17)].map((one) => ALPHABET[one % 32]).join('');
}

export function newId(prefix: IdPrefix): string {
  return idOf(prefix, randomBytes(17));
}

/** 40 characters, as secret access keys have. */
export function newSecret(): string {
  return randomBytes(30).toString('base64');
}

/** 20 random bytes in base32, the seed of an MFA device. */
export function newSeed(): string {
  return [...randomBytes(32)].map((one) => ALPHABET[one % 32]).join('');
}
