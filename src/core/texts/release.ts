/**
 * The release: these are the manifests, for all targets at once. Section 4 of docs/formats.md.
 */
import type { EmployeeId, Instant } from '../access/index.ts';
import { maySign } from '../ssh/public-key.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import { hash, id, key, name, number, orDash, row, time } from './fields.ts';
import type { Hash } from './fields.ts';
import { bytesOf, CAPS, many, one, some, text } from './grammar.ts';
import type { Breach, Table } from './grammar.ts';

/** A key of a signer; a signer with several keys has several lines. */
export interface SignerLine {
  readonly id: EmployeeId;
  readonly key: PublicKey;
}

/** Who may sign, and how many people must. */
export interface SignerSet {
  readonly signerSet: number;
  readonly threshold: number;
  readonly signers: readonly SignerLine[];
}

export interface Release extends SignerSet {
  readonly organization: string;
  readonly number: number;
  /** Undefined in release 1. */
  readonly previous: Hash | undefined;
  readonly issued: Instant;
  readonly expires: Instant;
  readonly inputs: Hash;
  readonly receiver: Hash;
  readonly counted: readonly Hash[];
  readonly undone: readonly Hash[];
  readonly manifests: readonly Hash[];
}

const TABLE: Table<Release> = {
  organization: one('organization', name),
  number: one('number', number),
  previous: one('previous', orDash(hash)),
  issued: one('issued', time),
  expires: one('expires', time),
  inputs: one('inputs', hash),
  receiver: one('receiver', hash),
  signerSet: one('signer-set', number),
  threshold: one('threshold', number),
  signers: some('signer', row<SignerLine>({ id: id('emp'), key })),
  counted: many('counted', hash),
  undone: many('undone', hash),
  manifests: many('manifest', hash),
};

/** Reads and writes releases. */
export const release = text('release', TABLE, CAPS.release, laws);

/** The people of a signer set, each once. */
export function people(set: SignerSet): ReadonlySet<EmployeeId> {
  return new Set(set.signers.map((line) => line.id));
}

/** The bytes whose sha256 is the hash of the signer set: its lines as they stand in the release. */
export function signerSetBytes(set: SignerSet): Uint8Array {
  const parts = [
    TABLE.signerSet.write(set.signerSet),
    TABLE.threshold.write(set.threshold),
    TABLE.signers.write(set.signers),
  ];
  const words = ['signer-set', 'threshold', 'signer'];
  return bytesOf(parts.flatMap((rows, i) => rows.map((rest) => `${words[i] ?? ''} ${rest}\n`)).join(''));
}

/** What is wrong with a signer set (R3, R4, R16), or undefined. */
export function signerSetBreach(set: SignerSet): Breach | undefined {
  const owner = new Map<string, EmployeeId>();
  for (const line of set.signers) {
    if (!maySign(line.key.kind)) {
      return { reason: 'key-not-allowed', message: `a key of the type ${line.key.type} cannot sign`, word: 'signer' };
    }
    if (owner.has(line.key.line) && owner.get(line.key.line) !== line.id) {
      return { reason: 'key-under-two-ids', message: 'one key stands under two signers', word: 'signer' };
    }
    owner.set(line.key.line, line.id);
  }
  const count = people(set).size;
  if (Number.isInteger(set.threshold) && set.threshold >= 1 && set.threshold <= count) return undefined;
  return {
    reason: 'threshold-out-of-range',
    message: `a threshold of ${set.threshold} with ${count} signers`,
    word: 'threshold',
  };
}

function laws(value: Release): Breach | undefined {
  if ((value.number === 1) !== (value.previous === undefined)) {
    return { reason: 'spelling', message: 'release 1, and no other, has no previous one', word: 'previous' };
  }
  if (value.expires <= value.issued) {
    return { reason: 'spelling', message: 'it expires before it is issued', word: 'expires' };
  }
  if (value.undone.some((revocation) => value.counted.includes(revocation))) {
    return { reason: 'spelling', message: 'a revocation is both counted and undone', word: 'undone' };
  }
  return signerSetBreach(value);
}
