/** The revocation: this employee, machine or key is out. Section 5 of docs/formats.md. */
import type { EmployeeId, Instant, SubjectId } from '../access/index.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import { id, key, name, subject, time } from './fields.ts';
import { CAPS, many, maybe, one, text } from './grammar.ts';
import type { Breach } from './grammar.ts';

export interface Revocation {
  readonly organization: string;
  /** The signer who says so. */
  readonly signer: EmployeeId;
  readonly time: Instant;
  /** The employee or machine; undefined when it is about keys only. */
  readonly id: SubjectId | undefined;
  /** Every public key the person ever had, or the one key. */
  readonly keys: readonly PublicKey[];
}

/** Reads and writes revocations. One is known by the sha256 of its bytes. */
export const revocation = text<Revocation>(
  'revocation',
  {
    organization: one('organization', name),
    signer: one('signer', id('emp')),
    time: one('time', time),
    id: maybe('id', subject),
    keys: many('key', key),
  },
  CAPS.revocation,
  laws,
);

function laws(value: Revocation): Breach | undefined {
  if (value.id !== undefined || value.keys.length > 0) return undefined;
  return { reason: 'spelling', message: 'it revokes neither an id nor a key' };
}
