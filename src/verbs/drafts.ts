/**
 * Releases that wait for signatures. A draft nobody has signed holds no number against anybody (R19), so it is not one.
 */
import { CAPS, countSigners, NAMESPACES, people, withoutStrangers } from '../core/texts/index.ts';
import type { Release, SignerSet, TextCrypto } from '../core/texts/index.ts';
import type { EmployeeId } from '../core/access/index.ts';
import type { Signed } from '../world.ts';
import type { Clone } from './clone.ts';

export interface Draft {
  readonly number: number;
  readonly hash: string;
  readonly value: Release;
  readonly signed: Signed;
  /** Ids of those who signed and may, of the old set and of its own. */
  readonly signedBy: ReadonlySet<EmployeeId>;
  readonly missing: Missing;
}

/** What a release still needs. */
export interface Missing {
  /** How many more people of its own set must sign. */
  readonly count: number;
  /** Who of its own set may still sign. */
  readonly from: readonly EmployeeId[];
  /** How many more people of the set in force must sign, where the set changes (R2). */
  readonly oldCount: number;
  readonly oldFrom: readonly EmployeeId[];
}

/** By number, the highest first. */
export function openDrafts(clone: Clone, crypto: TextCrypto): readonly Draft[] {
  const after = clone.chain?.newest.value.number ?? 0;
  return clone.refused
    .flatMap(({ value, hash, signed }) => {
      if (value === undefined || value.number <= after || value.organization !== clone.organization) return [];
      const missing = missingFrom(clone, value, signed, crypto);
      return missing.signedBy.size === 0 ? [] : [{ number: value.number, hash, value, signed, ...missing }];
    })
    .sort((a, b) => b.number - a.number);
}

/** Who signed a release that may follow the one in force, and who must still. */
export function missingFrom(
  clone: Clone,
  value: Release,
  signed: Signed,
  crypto: TextCrypto,
): { readonly signedBy: ReadonlySet<EmployeeId>; readonly missing: Missing } {
  const old = clone.chain?.newest.value;
  const own = count(signed, value, crypto);
  const before = old === undefined || old.signerSet === value.signerSet ? undefined : count(signed, old, crypto);
  return {
    signedBy: new Set([...own.signed, ...(before?.signed ?? [])]),
    missing: {
      count: own.missing,
      from: own.from,
      oldCount: before?.missing ?? 0,
      oldFrom: before?.from ?? [],
    },
  };
}

function count(signed: Signed, set: SignerSet, crypto: TextCrypto) {
  const own = withoutStrangers(signed, [set], NAMESPACES.release, crypto).signatures.slice(0, CAPS.signaturesForEachText);
  const counted = own.length === 0 ? new Set<EmployeeId>() : countSigners({ text: signed.text, signatures: own }, set, NAMESPACES.release, crypto);
  return {
    signed: counted,
    missing: Math.max(0, set.threshold - counted.size),
    from: [...people(set)].filter((id) => !counted.has(id)),
  };
}

export function isComplete(missing: Missing): boolean {
  return missing.count === 0 && missing.oldCount === 0;
}
