/** Where a release is in force, as far as stored receipts tell, and what they report that a person must look at. */
import type { Instant } from '../core/access/index.ts';
import { credentialSums, everInForce, listedRevocations, signerSetHash, wayWords } from '../core/texts/index.ts';
import type { Chain, CredentialSum, Receipt, TextCrypto } from '../core/texts/index.ts';
import { refusals } from './carry.ts';
import type { Clone } from './clone.ts';
import type { KnownTarget } from './known-targets.ts';
import type { Heard, LastLook } from './stored-receipts.ts';
import { stateOf as stateOfWay } from './unmanaged-ways.ts';

/**
 * `in-force`: it says this release and its own manifest. `partly`: this release, and another manifest. `ahead`: it has a
 * later one than this clone. `conflict`: another release of the same number.
 */
export type TargetState = 'in-force' | 'partly' | 'lagging' | 'ahead' | 'conflict' | 'never-heard' | 'not-believed';

export interface TargetStatus {
  readonly name: string;
  readonly id: string;
  readonly state: TargetState;
  /** Why a stored receipt is not believed. */
  readonly why?: string;
  /** The release its receipt names. */
  readonly release?: number;
  /** The receipt's own time: since then it says so. */
  readonly time?: Instant;
  /** Signed by the server's own key, or what a provider says. */
  readonly proof?: 'signed' | 'says';
  /** Where it lags: what is in force there is all the same what the newest release gives it. */
  readonly sameManifest?: boolean;
  /** It knows another signer set than the one of the newest release, so it would believe others (R20). */
  readonly otherSigners?: boolean;
  /** What runs there is not the receiver of the newest release; absent where it has a later one, which may name another. */
  readonly otherReceiver?: boolean;
  /** It has been enrolled more than once: each time somebody with root pinned the signers anew. */
  readonly enrolledTimes?: number;
  /** Since when it tells of the ways in that it last told of; absent where no answer here does, so that nobody knows of any. */
  readonly waysToldOf?: Instant;
  /** What its logins are opened with, summed up; absent where it has none. */
  readonly credentials?: readonly CredentialSum[];
}

/** Something a stored receipt reports. */
export interface Reported {
  readonly target: string;
  readonly kind: 'failed' | 'differs' | 'refused' | 'conflict' | 'clock-behind' | 'unknown-way-in' | 'not-removed';
  readonly what: string;
  /** Of a way in: since when the target tells of these. */
  readonly asOf?: Instant;
}

export function targetStatus({ target, stored, look }: Heard, chain: Chain, crypto: TextCrypto): TargetStatus {
  const base = { name: target.name, id: target.id };
  if (stored.kind === 'none') return { ...base, state: 'never-heard' };
  if (stored.kind === 'not-believed') return { ...base, state: 'not-believed', why: stored.why };
  const { receipt } = stored;
  const state = stateOf(receipt, target.manifestHash, chain);
  const credentials = credentialSums(receipt);
  return {
    ...base,
    state,
    release: receipt.release.number,
    time: receipt.time,
    proof: stored.proof,
    ...(state === 'lagging' ? { sameManifest: receipt.manifest === target.manifestHash } : {}),
    otherSigners: receipt.signerSet.hash !== signerSetHash(chain.newest.value, crypto),
    ...(stored.proof === 'signed' && state !== 'ahead' ? { otherReceiver: receipt.receiver !== chain.newest.value.receiver } : {}),
    enrolledTimes: receipt.enrolled.times,
    ...(look.kind === 'seen' ? { waysToldOf: look.time } : {}),
    ...(credentials.length === 0 ? {} : { credentials }),
  };
}

function stateOf({ release, manifest }: Receipt, manifestHash: string, { newest }: Chain): TargetState {
  if (release.hash === newest.hash) return manifest === manifestHash ? 'in-force' : 'partly';
  if (release.number > newest.value.number) return 'ahead';
  return release.number === newest.value.number ? 'conflict' : 'lagging';
}

export function reportedBy({ target, stored, look }: Heard, nameOf: (id: string) => string): readonly Reported[] {
  const ways = waysReported(target, look);
  if (stored.kind !== 'believed') return ways;
  const { failed, differs, conflicts, clock, accounts } = stored.receipt;
  // A server's locked account stays for ever; a login at a provider is removed when its time has come.
  const denied = stored.proof === 'says' ? accounts.filter(({ state }) => state === 'locked') : [];
  const of = (kind: Reported['kind'], what: string): Reported => ({ target: target.name, kind, what });
  return [
    ...conflicts.map(({ number, hash }) => of('conflict', `a second release ${number} (${hash.slice(0, 12)}…)`)),
    ...refusals(stored.receipt).map((what) => of('refused', what)),
    ...failed.map(({ what, subject, why }) => of('failed', `${what} ${nameOf(subject)}: ${why}`)),
    ...denied.map(({ id, account }) => of('not-removed', `${account === nameOf(id) ? account : `${account} of ${nameOf(id)}`}: denied, not yet removed`)),
    ...differs.map(({ what, subject }) => of('differs', `${what} ${subject}`)),
    ...(clock === 'behind' ? [of('clock-behind', 'nothing that ends is served until its clock is right')] : []),
    ...ways,
  ];
}

/** Those that it last told of and that are not accepted; an answer since then that tells of none does not make them go. */
function waysReported({ name, manifest }: KnownTarget, look: LastLook): readonly Reported[] {
  if (look.kind !== 'seen') return [];
  return look.waysIn
    .filter((way) => stateOfWay(manifest, way) === 'unknown')
    .map((way) => ({
      target: name,
      kind: 'unknown-way-in',
      what: wayWords(way),
      asOf: look.time,
    }));
}

/** A revocation, and the targets whose receipts do not show it yet: there the person may still get in. */
export interface RevocationStatus {
  /** The file's name in revoked/. */
  readonly name: string;
  /** Undefined: only keys are revoked. */
  readonly person?: string;
  readonly keys: number;
  readonly by: string;
  readonly time: Instant;
  /** Whether the newest release lists it. */
  readonly counted: boolean;
  /** The policy takes it back, and no release says so yet. */
  readonly undoing: boolean;
  readonly notShownBy: readonly string[];
}

/** Those that are not done with: not in a release yet, or not shown by every target. Those taken back are done with. */
export function openRevocations(
  clone: Clone,
  chain: Chain,
  heard: readonly Heard[],
  nameOf: (id: string) => string,
): readonly RevocationStatus[] {
  const undone = new Set(chain.newest.value.undone);
  const shown = shownBy(heard, chain);
  return clone.revocations
    .filter(({ hash }) => !undone.has(hash))
    .map((one) => ({
      name: one.name,
      ...(one.value.id === undefined ? {} : { person: nameOf(one.value.id) }),
      keys: one.value.keys.length,
      by: nameOf(one.value.signer),
      time: one.value.time,
      counted: one.listed,
      undoing: clone.policy.undone.includes(one.name),
      notShownBy: shown.flatMap(({ name, shows }) => (shows(one.hash) ? [] : [name])),
    }))
    .filter(({ counted, notShownBy }) => !counted || notShownBy.length > 0);
}

/** For each target by name, whether what it said shows a revocation: it holds it, or has a release that lists it. */
function shownBy(heard: readonly Heard[], chain: Chain) {
  const listed = new Map(everInForce(chain).map(({ hash, value }) => [hash, listedRevocations(value)]));
  return heard.map(({ target, stored }) => {
    const receipt = stored.kind === 'believed' ? stored.receipt : undefined;
    const held = new Set(receipt?.revocations);
    const has = receipt === undefined ? undefined : listed.get(receipt.release.hash);
    return { name: target.name, shows: (hash: string): boolean => held.has(hash) || has?.has(hash) === true };
  });
}
