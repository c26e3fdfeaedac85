/**
 * The page an admin opens in the morning: what is in force and where, what waits for whom, what ends soon. Read from the
 * repository alone; it reaches nothing and changes nothing, and says how much it looked at.
 */
import { later } from '../core/access/index.ts';
import type { Instant } from '../core/access/index.ts';
import { people } from '../core/texts/index.ts';
import type { Chain, SignerSet } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { releaseRead } from './access.ts';
import type { ReleaseRead } from './access.ts';
import { signerSetOf } from './clone.ts';
import type { Clone, IdleRevocation } from './clone.ts';
import { prepare, RENEW_BEFORE } from './draft.ts';
import { openDrafts } from './drafts.ts';
import type { Draft } from './drafts.ts';
import { endsSoon } from './ends-soon.ts';
import type { EndsSoon } from './ends-soon.ts';
import { shownFirst } from './first-release.ts';
import { readInForce } from './in-force.ts';
import { receiverHere } from './receiver-here.ts';
import type { ReceiverHere } from './receiver-here.ts';
import { handleNames, handlesOf, targetNames } from './names.ts';
import { planOf } from './plan.ts';
import { openRevocations, reportedBy, targetStatus } from './status-targets.ts';
import type { Reported, RevocationStatus, TargetStatus } from './status-targets.ts';
import { todoOf } from './status-todo.ts';
import type { Todo } from './status-todo.ts';
import { readReceiptFiles, readReceipts } from './stored-receipts.ts';
import { mustHoldVerified } from './trust.ts';

export interface StatusReport {
  readonly organization: string;
  readonly now: Instant;
  /** Who works on this device, where it was said. */
  readonly me?: string;
  /** The fingerprint of release 1, or of the one trust begins anew with, for colleagues and pipelines, and whether this device compared it. */
  readonly firstRelease?: { readonly hash: string; readonly number: number; readonly compared: boolean };
  readonly release?: ReleaseRead & { readonly state: 'fresh' | 'expires-soon' | 'expired' };
  readonly signers: SignersStatus;
  /** What this keyward carries, against what was signed. */
  readonly receiver: ReceiverHere;
  /** How many errors the policy here has. */
  readonly policyErrors: number;
  /** What the policy here would change; absent where it has errors. */
  readonly plan?: { readonly changes: number; readonly widens: number; readonly narrows: number };
  /** By name. */
  readonly targets: readonly TargetStatus[];
  readonly reported: readonly Reported[];
  /** The highest number first. */
  readonly drafts: readonly DraftStatus[];
  readonly revocations: readonly RevocationStatus[];
  readonly endsSoon: readonly EndsSoon[];
  /** Files in revoked/ that do not count. */
  readonly idle: readonly IdleRevocation[];
  /** Releases that lie here, are no draft, and are not believed. */
  readonly refused: readonly RefusedStatus[];
  /** Releases whose predecessor is not here: one was lost, or lost a race. */
  readonly gaps: readonly number[];
  /** Receipts of no target of the release. */
  readonly strays: readonly string[];
  readonly todo: readonly Todo[];
  readonly looked: Looked;
}

/** How many people must sign, of how many. */
export interface SignersStatus {
  readonly threshold: number;
  /** Handles. */
  readonly people: readonly string[];
  /** Those of them who have left: they should sign no more. */
  readonly left: readonly string[];
  readonly set: number;
}

export interface DraftStatus {
  readonly number: number;
  readonly hash: string;
  readonly issued: Instant;
  readonly signedBy: readonly string[];
  /** How many more people must sign, and who may. */
  readonly missing: number;
  readonly from: readonly string[];
  /** The same of the signer set in force, where this release changes the set. */
  readonly missingOfOldSet: number;
  readonly fromOldSet: readonly string[];
}

export interface RefusedStatus {
  readonly number?: number;
  readonly hash: string;
  readonly reason: string;
  readonly message: string;
}

export interface Looked {
  readonly releases: number;
  readonly targets: number;
  readonly receipts: number;
  readonly drafts: number;
  readonly revocations: number;
  readonly people: number;
  readonly accesses: number;
}

export async function status(world: World): Promise<StatusReport> {
  const clone = await readInForce(world, { for: 'look' });
  mustHoldVerified(clone);
  const drafts = openDrafts(clone, world.crypto).map(draftStatus(clone));
  const { heard, strays } = await readReceipts(world, clone);
  const { chain, settings } = clone;
  const personName = handleNames(clone);
  const firstRelease = await shownFirst(world, clone);
  const { hash: receiver } = await world.receiver();
  const plan = clone.policyErrors === 0 ? await planHere(world, clone, receiver) : NO_PLAN;
  const parts = {
    organization: clone.organization,
    now: clone.now,
    ...(settings.me === undefined ? {} : { me: settings.me }),
    ...(firstRelease === undefined ? {} : { firstRelease }),
    ...(chain === undefined ? {} : { release: releaseStatus(clone, chain) }),
    signers: signersStatus(clone, signerSetOf(clone.policy, chain)),
    receiver: receiverHere(clone, receiver),
    policyErrors: clone.policyErrors,
    ...(plan.numbers === undefined ? {} : { plan: plan.numbers }),
    targets: chain === undefined ? [] : heard.map((one) => targetStatus(one, chain, world.crypto)),
    reported: heard.flatMap((one) => reportedBy(one, personName)),
    drafts,
    revocations: chain === undefined ? [] : openRevocations(clone, chain, heard, personName),
    endsSoon: endsOf(clone),
    idle: clone.idle,
    refused: refusedOf(clone, drafts),
    gaps: chain?.gaps.map((one) => one.value.number) ?? [],
    strays,
    looked: {
      releases: (chain?.verified.length ?? 0) + clone.refused.length,
      targets: heard.length,
      receipts: heard.filter(({ stored }) => stored.kind !== 'none').length,
      drafts: drafts.length,
      revocations: clone.revocations.length + clone.idle.length,
      ...plan.looked,
    },
  };
  return { ...parts, todo: todoOf(parts, clone.inMerge) };
}

function releaseStatus(clone: Clone, { newest }: Chain): NonNullable<StatusReport['release']> {
  const { expires } = newest.value;
  const soon = clone.now >= later(expires, -RENEW_BEFORE);
  return { ...releaseRead(clone, newest), state: clone.now > expires ? 'expired' : soon ? 'expires-soon' : 'fresh' };
}

function signersStatus(clone: Clone, set: SignerSet): SignersStatus {
  const all = [...people(set)];
  const gone = new Set(clone.policy.people.filter(({ left }) => left !== undefined).map(({ id }) => id));
  return {
    threshold: set.threshold,
    people: handlesOf(clone, all),
    left: handlesOf(clone, all.filter((id) => gone.has(id))),
    set: set.signerSet,
  };
}

const NO_PLAN = { numbers: undefined, looked: { people: 0, accesses: 0 } };

/** The same comparison as `plan` makes. */
async function planHere(world: World, clone: Clone, receiver: string) {
  const number = (clone.chain?.newest.value.number ?? 0) + 1;
  const prepared = prepare(clone, { number, issued: clone.now, receiver }, world.crypto);
  const { changes, looked } = planOf(clone, prepared, await readReceiptFiles(world), world.crypto);
  const going = (way: 'widens' | 'narrows'): number => changes.filter(({ direction }) => direction === way).length;
  return {
    numbers: { changes: changes.length, widens: going('widens'), narrows: going('narrows') },
    looked: { people: looked.people, accesses: looked.accesses },
  };
}

function draftStatus(clone: Clone): (draft: Draft) => DraftStatus {
  return ({ number, hash, value, signedBy, missing }) => ({
    number,
    hash,
    issued: value.issued,
    signedBy: handlesOf(clone, signedBy),
    missing: missing.count,
    from: handlesOf(clone, missing.from),
    missingOfOldSet: missing.oldCount,
    fromOldSet: handlesOf(clone, missing.oldFrom),
  });
}

function endsOf(clone: Clone): readonly EndsSoon[] {
  const manifests = clone.manifestsOf(clone.chain?.newest.value.manifests ?? []);
  return endsSoon(
    [...manifests.values()].map(({ value }) => value),
    {
      from: clone.now,
      to: later(clone.now, RENEW_BEFORE),
      personName: handleNames(clone),
      targetName: targetNames(clone),
    },
  );
}

/** Two people proposed a release under one number, and version control wrote both into one file: nobody's forgery. */
function mergedNumber(text: string): Pick<RefusedStatus, 'number' | 'reason' | 'message'> | undefined {
  if (!/^<<<<<<< /m.test(text)) return undefined;
  const number = /^number ([1-9]\d{0,8})$/m.exec(text)?.[1];
  return {
    ...(number === undefined ? {} : { number: Number(number) }),
    ...{ reason: 'merge-conflict', message: 'two releases under one number met in a merge' },
  };
}

function refusedOf(clone: Clone, drafts: readonly DraftStatus[]): readonly RefusedStatus[] {
  const waiting = new Set(drafts.map(({ hash }) => hash));
  return clone.refused
    .filter(({ hash }) => !waiting.has(hash))
    .map(({ value, hash, reason, message, signed }) => ({
      ...(value === undefined ? {} : { number: value.number }),
      hash,
      ...(mergedNumber(signed.text) ?? { reason, message }),
    }));
}
