/**
 * What of a parcel is believed. AWS checks no signatures, so this does, in the order of a receiver: the chain from where
 * trust begins, then that the release is not older than what the account remembers, then that the manifest is its own.
 */
import { Failure } from '../../core/failure.ts';
import {
  hashOf,
  isReceiverReason,
  listedRevocations,
  manifest as manifestText,
  reasonOf,
  refusal,
  verifyChain,
  verifyRevocation,
} from '../../core/texts/index.ts';
import type { Chain, Manifest, Receipt, Revocation, TextCrypto, VerifiedRelease } from '../../core/texts/index.ts';
import type { Instant } from '../../core/access/index.ts';
import type { Parcel, Signed, TargetPlace } from '../../world.ts';
import type { Remembered } from './record.ts';

export interface HeldText {
  readonly value: Revocation;
  readonly hash: string;
  readonly signed: Signed;
}

export interface Believed {
  readonly chain: Chain;
  /** What is in force after this parcel: the newest of what the account remembers and what is newly taken. */
  readonly release: { readonly number: number; readonly hash: string };
  readonly signerSet: VerifiedRelease;
  /** What is newly taken or taken again; undefined: nothing may be given. */
  readonly taken?: { readonly release: VerifiedRelease; readonly manifest: Manifest; readonly manifestHash: string };
  readonly revocations: readonly HeldText[];
  readonly refused: Receipt['refused'];
}

type Refused = Receipt['refused'][number];

export interface Question {
  readonly place: TargetPlace;
  readonly parcel: Parcel;
  readonly known: Remembered;
  /** Texts that the account holds. */
  readonly held: readonly Signed[];
  readonly now: Instant;
  readonly crypto: TextCrypto;
}

/** Throws `trust` when the place does not say where trust begins, or its own texts do not hold together. */
export function believe(question: Question): Believed {
  const { place, parcel, known, crypto } = question;
  if (place.trust === undefined) throw new Failure('trust', `nobody said where trust begins for ${place.name}`);
  const start = { hash: place.trust.firstRelease };
  const chain = verifyChain([...place.trust.releases, ...parcel.releases], start, crypto);
  if (chain.newest.value.organization !== place.organization) throw new Failure('trust', 'the releases are of another organization');
  const refused: Refused[] = [];
  const taken = judged(refused, 'release', parcel.releases.at(-1)?.text, crypto, () => takeRelease(question, chain));
  const release = taken === undefined ? (known.release ?? { number: chain.verified[0]?.value.number ?? 1, hash: start.hash }) : { number: taken.release.value.number, hash: taken.release.hash };
  const signerSet = chain.verified.find((one) => one.hash === release.hash) ?? chain.newest;
  const revocations = takeRevocations(question, chain, signerSet, refused);
  return { chain, release, signerSet, ...(taken === undefined ? {} : { taken }), revocations, refused };
}

function judged<T>(refused: Refused[], kind: string, text: string | undefined, crypto: TextCrypto, work: () => T): T | undefined {
  if (text === undefined) return undefined;
  try {
    return work();
  } catch (error) {
    const why = reasonOf(error);
    if (why === undefined || !isReceiverReason(why)) throw error;
    refused.push({ kind, hash: hashOf(text, crypto), why });
    return undefined;
  }
}

function takeRelease({ place, parcel, known, now, crypto }: Question, chain: Chain): NonNullable<Believed['taken']> {
  const hash = hashOf(parcel.releases.at(-1)?.text ?? '', crypto);
  const no = chain.refused.find((one) => one.hash === hash);
  if (no !== undefined) throw refusal(no.reason, no.message, { text: 'release' });
  const release = chain.verified.find((one) => one.hash === hash);
  if (release === undefined) throw refusal('rollback', 'it is older than where trust begins', { text: 'release' });
  const before = known.release;
  if (before !== undefined && release.value.number < before.number) throw refusal('rollback', `the account took release ${before.number}`, { text: 'release' });
  if (before !== undefined && release.value.number === before.number && hash !== before.hash)
    throw refusal('equivocation', `the account took another release ${before.number}`, { text: 'release' });
  if (now > release.value.expires && hash !== before?.hash) throw refusal('expired', 'it has expired', { text: 'release' });
  if (parcel.manifest === undefined) throw refusal('manifest-missing', 'there is no manifest', { text: 'manifest' });
  return { release, ...ownManifest(place, parcel.manifest, release, crypto) };
}

function ownManifest(place: TargetPlace, text: string, release: VerifiedRelease, crypto: TextCrypto) {
  const manifestHash = hashOf(text, crypto);
  if (!release.value.manifests.includes(manifestHash)) throw refusal('manifest-not-in-release', 'the release does not list it', { text: 'manifest' });
  const manifest = manifestText.parse(text);
  if (manifest.organization !== place.organization) throw refusal('wrong-organization', 'it is of another organization', { text: 'manifest' });
  if (manifest.target !== place.id) throw refusal('wrong-target', 'it is for another target', { text: 'manifest' });
  return { manifest, manifestHash };
}

/** The manifest that a look compares with: of the newest release this clone holds, where the account took it or an older one. */
export function expected({ place, crypto }: Question, { chain, taken }: Believed): Manifest | undefined {
  if (taken !== undefined) return taken.manifest;
  const text = place.trust?.manifest;
  return text === undefined ? undefined : ownManifest(place, text, chain.newest, crypto).manifest;
}

/** Those the account holds and those that came, each by its own signature; what a release lists is done with. */
function takeRevocations(question: Question, chain: Chain, set: VerifiedRelease, refused: Refused[]): readonly HeldText[] {
  const { place, parcel, held, crypto } = question;
  const found = new Map<string, HeldText>();
  const listed = listedRevocations(set.value);
  const sets = chain.verified.toReversed();
  for (const signed of held) {
    for (const { value } of sets) {
      const none: Refused[] = [];
      const one = judged(none, 'revocation', signed.text, crypto, () => verifyRevocation(signed, place.organization, value, crypto));
      if (one !== undefined && !listed.has(one.hash)) found.set(one.hash, { ...one, signed });
      if (one !== undefined) break;
    }
  }
  for (const signed of parcel.revocations) {
    if (listed.has(hashOf(signed.text, crypto))) continue;
    const one = judged(refused, 'revocation', signed.text, crypto, () => verifyRevocation(signed, place.organization, set.value, crypto));
    if (one !== undefined) found.set(one.hash, { ...one, signed });
  }
  return [...found.values()];
}
