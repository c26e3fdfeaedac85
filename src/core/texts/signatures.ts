/**
 * Which signatures a text has, and whether they are enough. Signatures count people: what is compared are raw keys, what
 * is counted are ids, and a label or a comment is never looked at (R2 to R4, R15, R16).
 */
import type { EmployeeId, TargetId } from '../access/index.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import { checkSignature, signatureKey } from '../ssh/sshsig.ts';
import type { SignatureCrypto } from '../ssh/sshsig.ts';
import { encodeHex } from '../ssh/wire.ts';
import type { Hash } from './fields.ts';
import { bytesOf, CAPS } from './grammar.ts';
import { refusal } from './reasons.ts';
import type { Reason } from './reasons.ts';
import { receipt } from './receipt.ts';
import type { Receipt } from './receipt.ts';
import { people, signerSetBreach, signerSetBytes } from './release.ts';
import type { SignerSet } from './release.ts';
import { revocation } from './revocation.ts';
import type { Revocation } from './revocation.ts';

/** A text and the armored signatures that came with it. Nothing here has been believed yet. */
export interface SignedText {
  readonly text: string;
  readonly signatures: readonly string[];
}

/** Hashing and verifying, from the world. */
export interface TextCrypto extends SignatureCrypto {
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
}

/** What a signature is made for; one made for anything else does not count. */
export const NAMESPACES = {
  release: 'keyward-release-v1',
  revocation: 'keyward-revocation-v1',
  receipt: 'keyward-receipt-v1',
} as const;

export type Namespace = (typeof NAMESPACES)[keyof typeof NAMESPACES];

/** By what a text is known: sha256 over its bytes. */
export function hashOf(written: string | Uint8Array, crypto: Pick<TextCrypto, 'sha256'>): Hash {
  return encodeHex(crypto.sha256(typeof written === 'string' ? bytesOf(written) : written));
}

/** The hash of a signer set. */
export function signerSetHash(set: SignerSet, crypto: Pick<TextCrypto, 'sha256'>): Hash {
  return encodeHex(crypto.sha256(signerSetBytes(set)));
}

/**
 * The people of the set who signed this text, each once however many of their keys did. Signatures of others, broken
 * ones and repeated ones count for nobody. Throws when the set itself is not sound: one key under two ids would make one
 * signature count twice.
 */
export function countSigners(
  signed: SignedText,
  set: SignerSet,
  namespace: Namespace,
  crypto: TextCrypto,
): ReadonlySet<EmployeeId> {
  const broken = signerSetBreach(set);
  if (broken !== undefined) throw refusal(broken.reason, broken.message, { text: 'signer set' });
  if (signed.signatures.length > CAPS.signaturesForEachText) {
    throw refusal('too-many', `${signed.signatures.length} signatures for one text`, { text: namespace });
  }
  const message = bytesOf(signed.text);
  const owners = new Map(set.signers.map((line) => [line.key.line, line]));
  const counted = new Set<EmployeeId>();
  for (const armored of signed.signatures) {
    const maker = signatureKey(armored);
    const owner = maker.ok ? owners.get(maker.key.line) : undefined;
    if (owner === undefined || counted.has(owner.id)) continue;
    if (checkSignature(armored, message, namespace, owner.key, crypto).ok) counted.add(owner.id);
  }
  return counted;
}

/**
 * The text as it can be carried, whatever was laid beside its signatures: where one of them has no form, or there are more
 * than a receiver takes, or two of one key, only those of these sets stay, each key's once (R19: nothing unsigned is in
 * anybody's way).
 */
export function withoutStrangers(
  signed: SignedText,
  sets: readonly SignerSet[],
  namespace: Namespace,
  crypto: TextCrypto,
): SignedText {
  const makers = signed.signatures.map((armored) => signatureKey(armored));
  const keys = new Set(makers.flatMap((maker) => (maker.ok ? [maker.key.line] : [])));
  if (makers.length <= CAPS.signaturesForEachText && keys.size === makers.length) return signed;
  const message = bytesOf(signed.text);
  const open = new Map(sets.flatMap((set) => set.signers.map((line) => [line.key.line, line.key] as const)));
  const own = signed.signatures.filter((armored) => {
    const maker = signatureKey(armored);
    const key = maker.ok ? open.get(maker.key.line) : undefined;
    return key !== undefined && checkSignature(armored, message, namespace, key, crypto).ok && open.delete(key.line);
  });
  return own.length > 0 ? { text: signed.text, signatures: own } : signed;
}

/** The signers of a release. Throws unless they are at least the threshold of the set. */
export function mustHaveThreshold(
  signed: SignedText,
  set: SignerSet,
  crypto: TextCrypto,
  name: string,
): ReadonlySet<EmployeeId> {
  mustBeSigned(signed, name);
  const counted = countSigners(signed, set, NAMESPACES.release, crypto);
  if (counted.size === 0) throw refusal('signature-bad', 'no signature of a signer verifies', { text: name });
  mustReach(counted, set, 'below-threshold', name);
  return counted;
}

/** The signers of a release that changes the signer set. Throws unless they are the threshold of the old and of the new. */
export function mustHaveBothThresholds(
  signed: SignedText,
  old: SignerSet,
  next: SignerSet,
  crypto: TextCrypto,
  name: string,
): ReadonlySet<EmployeeId> {
  mustBeSigned(signed, name);
  const byOld = countSigners(signed, old, NAMESPACES.release, crypto);
  const byNext = countSigners(signed, next, NAMESPACES.release, crypto);
  const all = new Set([...byOld, ...byNext]);
  if (all.size === 0) throw refusal('signature-bad', 'no signature of a signer verifies', { text: name });
  mustReach(byOld, old, 'below-old-threshold', name);
  mustReach(byNext, next, 'below-threshold', name);
  return all;
}

function mustBeSigned(signed: SignedText, name: string): void {
  if (signed.signatures.length === 0) throw refusal('signature-missing', 'nobody has signed this', { text: name });
}

function mustReach(counted: ReadonlySet<EmployeeId>, set: SignerSet, below: Reason, name: string): void {
  if (counted.size >= set.threshold) return;
  const message = `${counted.size} of the ${people(set).size} signers of set ${set.signerSet} signed, ${set.threshold} must`;
  throw refusal(below, message, { text: name });
}

/** A text that was verified, with the hash it is known by. */
export interface Verified<V> {
  readonly value: V;
  readonly hash: Hash;
}

/**
 * A revocation signed by the signer it names, who is in this set. Whether the set is the right one, the one that was in
 * force when the revocation was first taken, only the caller can know.
 */
export function verifyRevocation(
  signed: SignedText,
  organization: string,
  set: SignerSet,
  crypto: TextCrypto,
  name = 'revocation',
): Verified<Revocation> {
  const value = revocation.parse(signed.text, name);
  if (value.organization !== organization) {
    throw refusal('wrong-organization', `it is for ${value.organization}, not for ${organization}`, {
      text: name,
      line: 2,
    });
  }
  mustBeSigned(signed, name);
  if (!people(set).has(value.signer)) {
    throw refusal('signer-unknown', `${value.signer} is not in signer set ${set.signerSet}`, { text: name, line: 3 });
  }
  const counted = countSigners(signed, set, NAMESPACES.revocation, crypto);
  if (!counted.has(value.signer))
    throw refusal('signature-bad', 'no signature is the one of its signer', { text: name });
  return { value, hash: hashOf(signed.text, crypto) };
}

/** What a receipt must prove: all of it from the signed manifest, never from the working tree (R22). */
export interface ReceiptOf {
  readonly organization: string;
  readonly target: TargetId;
  /** Present and next. */
  readonly hostKeys: readonly PublicKey[];
  /** As the request gave it; absent for a stored receipt, which then says nothing about when. */
  readonly nonce?: Hash;
}

/** A receipt that this server signed with its host key, for this request. */
export function verifyReceipt(
  signed: SignedText,
  of: ReceiptOf,
  crypto: TextCrypto,
  name = 'receipt',
): Verified<Receipt> {
  const value = receipt.parse(signed.text, name);
  if (value.organization !== of.organization) {
    throw refusal('wrong-organization', `it is of ${value.organization}, not of ${of.organization}`, {
      text: name,
      line: 2,
    });
  }
  if (value.target !== of.target) throw refusal('wrong-target', 'another target answers', { text: name, line: 3 });
  const [armored, ...more] = signed.signatures;
  if (armored === undefined) throw refusal('signature-missing', 'the target has not signed it', { text: name });
  if (more.length > 0) throw refusal('too-many', 'a receipt has one signature', { text: name });
  const maker = signatureKey(armored);
  if (!maker.ok) throw refusal('signature-bad', maker.message, { text: name });
  const hostKey = of.hostKeys.find((candidate) => candidate.line === maker.key.line);
  if (hostKey === undefined) {
    throw refusal('wrong-host-key', 'it is signed by no host key of the signed manifest', { text: name });
  }
  const checked = checkSignature(armored, bytesOf(signed.text), NAMESPACES.receipt, hostKey, crypto);
  if (!checked.ok) throw refusal('signature-bad', checked.message, { text: name });
  if (of.nonce !== undefined && value.nonce !== of.nonce) {
    throw refusal('wrong-nonce', 'it answers another request', { text: name, line: 4 });
  }
  return { value, hash: hashOf(signed.text, crypto) };
}
