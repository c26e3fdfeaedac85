/**
 * Releases that wait for signatures. A draft nobody has signed holds no number against anybody (R19), so it is not one; nor
 * is one signed by those whom it names itself and nobody else does, whatever its number.
 */
import { CAPS, countSigners, NAMESPACES, people, withoutStrangers } from '../core/texts/index.ts';
import type { RefusedRelease, Release, SignerSet, TextCrypto } from '../core/texts/index.ts';
import type { EmployeeId } from '../core/access/index.ts';
import type { Signed } from '../world.ts';
import { signerSetOf } from './clone.ts';
import type { Clone } from './clone.ts';

export interface Draft {
  readonly number: number;
  readonly hash: string;
  readonly value: Release;
  readonly signed: Signed;
  /** Ids of those who signed and may, of the old set and of its own. */
  readonly signedBy: ReadonlySet<EmployeeId>;
  readonly missing: Missing;
  /** Whether somebody signed it whom the release in force lets sign; else it is a proposal of those whom signers/ names here. */
  readonly isSignedInForce: boolean;
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
  const { inForce, here } = setsOf(clone);
  const signs = (signed: Signed, set: SignerSet | undefined): boolean => set !== undefined && count(signed, set, crypto).signed.size > 0;
  return clone.refused
    .flatMap(({ value, hash, signed, reason }) => {
      if (value === undefined || value.number <= after || value.organization !== clone.organization || !WAITING.has(reason)) return [];
      const isSignedInForce = signs(signed, inForce);
      if (!isSignedInForce && !signs(signed, here)) return [];
      return [{ number: value.number, hash, value, signed, isSignedInForce, ...missingFrom(clone, value, signed, crypto) }];
    })
    .sort((a, b) => b.number - a.number);
}

/** What further signatures can put right. A release of signers who were replaced is no draft any more. */
const WAITING: ReadonlySet<RefusedRelease['reason']> = new Set(['signature-missing', 'signature-bad', 'below-threshold', 'below-old-threshold'] as const);

/** Whose signature makes a draft: of who signs today, or of who is to sign by the files here. */
function setsOf({ policy, chain }: Clone): { readonly inForce: SignerSet | undefined; readonly here: SignerSet | undefined } {
  const here = { ...signerSetOf(policy, undefined), threshold: 1 };
  const inForce = signerSetOf(policy, chain);
  return { inForce: inForce.signers.length === 0 ? undefined : inForce, here: here.signers.length === 0 ? undefined : here };
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
