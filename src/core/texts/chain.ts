/**
 * Which releases are to be believed: each by the signer set that the one before it left. The same steps in the same
 * order as on a server, so that a clone and a server agree about what is in force.
 *
 * A refused release is passed over like a receiver passes it over: it holds no number against the next one (R19).
 */
import type { EmployeeId, Instant } from '../access/index.ts';
import { Failure } from '../failure.ts';
import type { Hash } from './fields.ts';
import { refusal, reasonOf } from './reasons.ts';
import type { Reason } from './reasons.ts';
import { release } from './release.ts';
import type { Release, SignerSet } from './release.ts';
import { CAPS } from './grammar.ts';
import {
  countSigners,
  hashOf,
  mustHaveBothThresholds,
  mustHaveThreshold,
  NAMESPACES,
  signerSetHash,
  withoutStrangers,
} from './signatures.ts';
import type { SignedText, TextCrypto, Verified } from './signatures.ts';

/** A release that was verified, and who signed it. */
export interface VerifiedRelease extends Verified<Release> {
  readonly signed: SignedText;
  readonly signedBy: ReadonlySet<EmployeeId>;
}

/** A release that is not believed, and why. */
export interface RefusedRelease {
  readonly reason: Reason;
  readonly message: string;
  readonly hash: Hash;
  readonly signed: SignedText;
  /** Undefined where not even the form is right. */
  readonly value: Release | undefined;
}

export interface Chain {
  /** From where trust begins to the newest, each verified by the one before it. */
  readonly verified: readonly VerifiedRelease[];
  /**
   * Releases before the one that trust begins with, oldest first, as far as each names the one before it by its hash:
   * what was once in force, told by who signed the start. Empty where trust begins with release 1.
   */
  readonly before: readonly VerifiedRelease[];
  readonly newest: VerifiedRelease;
  readonly refused: readonly RefusedRelease[];
  /** Verified releases whose `previous` is not the release before them here: one was lost, or lost a race. */
  readonly gaps: readonly VerifiedRelease[];
}

/**
 * Where trust begins: the hash of release 1, compared once by eye, or of a later one that begins anew, after the
 * signatures of the set before it could not be had any more. The number is checked where it is known.
 */
export interface TrustedStart {
  readonly number?: number;
  readonly hash: Hash;
}

/**
 * Where trust begins: a release that is known by its hash. Its own set must have signed it all the same, since that is
 * what a server asks when it is enrolled.
 */
function verifyFirst(signed: SignedText, start: TrustedStart, crypto: TextCrypto, name = 'release'): VerifiedRelease {
  const value = release.parse(signed.text, name);
  const hash = hashOf(signed.text, crypto);
  if ((start.number !== undefined && value.number !== start.number) || hash !== start.hash) {
    throw refusal('equivocation', `release ${value.number} is not the one that trust begins with`, { text: name });
  }
  const signedBy = mustHaveThreshold(signed, value, crypto, name);
  return { value, hash, signed, signedBy };
}

/**
 * A release that may follow the one that is known, as a receiver takes it. `now` is given where it would be newly taken:
 * then it must not have expired. Throws with the reason a receiver would give.
 */
export function verifyRelease(
  known: Verified<Release>,
  signed: SignedText,
  crypto: TextCrypto,
  options: { readonly now?: Instant; readonly name?: string } = {},
): VerifiedRelease {
  const name = options.name ?? 'release';
  const value = release.parse(signed.text, name);
  const hash = hashOf(signed.text, crypto);
  if (value.organization !== known.value.organization) {
    throw refusal('wrong-organization', `it is for ${value.organization}, not for ${known.value.organization}`, {
      text: name,
      line: 2,
    });
  }
  const signedBy = verifySet(known.value, value, signed, crypto, name);
  mustFollow(known, { value, hash }, name);
  if (options.now !== undefined && options.now > value.expires && hash !== known.hash) {
    throw refusal('expired', `release ${value.number} has expired`, { text: name }, 'renew it: keyward approve');
  }
  return { value, hash, signed, signedBy };
}

/** The set of a release against the known one, and the signatures that it needs (R1, R2). */
function verifySet(
  known: SignerSet,
  next: Release,
  signed: SignedText,
  crypto: TextCrypto,
  name: string,
): ReadonlySet<EmployeeId> {
  const step = next.signerSet - known.signerSet;
  const at = { text: name };
  if (step < 0)
    throw refusal('signer-set-rollback', `signer set ${next.signerSet} is older than ${known.signerSet}`, at);
  if (step > 1)
    throw refusal('signer-set-skipped', `signer set ${next.signerSet} does not follow ${known.signerSet}`, at);
  if (step === 0) {
    if (signerSetHash(known, crypto) !== signerSetHash(next, crypto)) {
      throw refusal('signer-set-changed-without-number', `signer set ${next.signerSet} is another one here`, at);
    }
    return mustHaveThreshold(signed, known, crypto, name);
  }
  return mustHaveBothThresholds(signed, known, next, crypto, name);
}

function mustFollow(known: Verified<Release>, next: Verified<Release>, name: string): void {
  if (next.hash === known.hash) return;
  if (next.value.number === known.value.number) {
    throw refusal('equivocation', `a second release ${next.value.number}`, { text: name });
  }
  if (next.value.number < known.value.number) {
    throw refusal('rollback', `release ${next.value.number} is older than ${known.value.number}`, { text: name });
  }
}

/**
 * Walks releases from where trust begins. Their order makes no difference but for two of one number, where the first
 * given wins and the other is refused as equivocation. `expires` is not looked at: what is in force stays in force.
 * Releases before the start are passed over without a word. Throws `trust` when the start is not among them: then
 * nothing can be judged, and that is not the same as nothing there.
 */
export function verifyChain(releases: readonly SignedText[], start: TrustedStart, crypto: TextCrypto): Chain {
  const candidates = releases.map((signed) => look(signed, crypto)).sort((a, b) => a.order - b.order);
  const first = candidates.find((candidate) => candidate.hash === start.hash);
  if (first === undefined) {
    throw new Failure(
      'trust',
      `release ${start.number ?? `${start.hash.slice(0, 12)}…`}, where trust begins, is not among ${releases.length} releases`,
      {
        next: `fetch the release whose sha256 is ${start.hash}`,
      },
    );
  }
  const begin = verifyFirst(carried(first, [], crypto), start, crypto, first.name);
  const verified = [begin];
  const refused: RefusedRelease[] = [];
  for (const candidate of candidates) {
    const known = verified.at(-1) ?? begin;
    if (candidate.order < begin.value.number || verified.some(({ hash }) => hash === candidate.hash)) continue;
    try {
      verified.push(verifyRelease(known, carried(candidate, [known.value], crypto), crypto, { name: candidate.name }));
    } catch (error) {
      refused.push(refusedRelease(error, candidate));
    }
  }
  const gaps = verified.filter((one, i) => i > 0 && one.value.previous !== verified[i - 1]?.hash);
  return { verified, before: ancestors(begin, candidates, crypto), newest: verified.at(-1) ?? begin, refused, gaps };
}

/** Each is the one that the next names by its hash, so nobody can put another in its place. */
function ancestors(begin: VerifiedRelease, candidates: readonly Candidate[], crypto: TextCrypto): readonly VerifiedRelease[] {
  const found: VerifiedRelease[] = [];
  let { previous } = begin.value;
  while (previous !== undefined) {
    const one = candidates.find((candidate) => candidate.hash === previous);
    if (one?.value === undefined) break;
    const signed = carried(one, [], crypto);
    const { value, hash } = one;
    found.unshift({ value, hash, signed, signedBy: signersOf(signed, value, crypto) });
    ({ previous } = value);
  }
  return found;
}

/** Who of its own set signed it; of an ancestor nothing depends on it but what is told. */
function signersOf(signed: SignedText, set: SignerSet, crypto: TextCrypto): ReadonlySet<EmployeeId> {
  const signatures = signed.signatures.slice(0, CAPS.signaturesForEachText);
  return countSigners({ text: signed.text, signatures }, set, NAMESPACES.release, crypto);
}

function carried({ signed, value }: Candidate, sets: readonly SignerSet[], crypto: TextCrypto): SignedText {
  return withoutStrangers(signed, value === undefined ? sets : [...sets, value], NAMESPACES.release, crypto);
}

interface Candidate {
  readonly signed: SignedText;
  readonly hash: Hash;
  readonly value: Release | undefined;
  /** The number it says; what cannot be read comes last. */
  readonly order: number;
  readonly name: string;
}

function look(signed: SignedText, crypto: TextCrypto): Candidate {
  const hash = hashOf(signed.text, crypto);
  try {
    const value = release.parse(signed.text);
    return { signed, hash, value, order: value.number, name: `release ${value.number}` };
  } catch {
    return { signed, hash, value: undefined, order: Infinity, name: 'release' };
  }
}

function refusedRelease(error: unknown, { signed, hash, value }: Candidate): RefusedRelease {
  const reason = reasonOf(error);
  if (reason === undefined || !(error instanceof Failure)) throw error;
  return { reason, message: error.message, hash, signed, value };
}

/** Everything that is known to have been in force, oldest first: also what was before trust began anew. */
export function everInForce(chain: Chain | undefined): readonly VerifiedRelease[] {
  return chain === undefined ? [] : [...chain.before, ...chain.verified];
}

/** Every revocation that a verified release lists: those are not taken again, whoever signed them. */
export function listedRevocations(newest: Release): ReadonlySet<Hash> {
  return new Set([...newest.counted, ...newest.undone]);
}

/**
 * The releases a receiver needs that knows signer set `knows`: each that changed the set since, then the newest. No more
 * than it takes at once: one that is further behind says so, and the others get theirs.
 */
export function wayTo(chain: Chain, knows: number): readonly SignedText[] {
  const changes = chain.verified.filter(
    (one, i) => one.value.signerSet > knows && one.value.signerSet !== chain.verified[i - 1]?.value.signerSet,
  );
  const needed = new Set([...changes, chain.newest]);
  return [...needed].slice(-CAPS.releases).map((one) => one.signed);
}
