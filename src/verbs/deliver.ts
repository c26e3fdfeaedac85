/**
 * Makes the targets answer what the newest signed release says. It never signs.
 *
 * A release goes first to the target whose id sorts lowest, or the next where that does not answer: its answer decides
 * who won when two delivered at once, and our own mistake stops there. Revocations wait for nobody: they go to all at
 * once.
 */
import { EXIT, Failure, worst } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import type { Failed, Receipt, Running } from '../core/texts/index.ts';
import type { Journal, Signed, Turn, World } from '../world.ts';
import { tryOnOne } from './canary.ts';
import { carryTo, keepAnswers, refusals, unlisted } from './carry.ts';
import type { Carried } from './carry.ts';
import { readClone } from './clone.ts';
import type { Clone } from './clone.ts';
import { openDrafts } from './drafts.ts';
import { choose, knownTargets } from './known-targets.ts';
import type { Choice, KnownTarget } from './known-targets.ts';
import { sideBySide } from './side-by-side.ts';
import type { Limits } from './side-by-side.ts';

/** `in-force`: the target answers this release. `partly`: it took it, and some of it could not be done. */
export type TargetState = 'in-force' | 'partly' | 'refused' | 'unknown' | 'not-begun';

export interface TargetReport {
  readonly name: string;
  readonly id: string;
  readonly state: TargetState;
  readonly why?: string;
  readonly seconds?: number;
  readonly proof?: 'signed' | 'says';
  readonly ended: readonly Running[];
  readonly failed: readonly Failed[];
}

export interface DeliverReport {
  readonly organization: string;
  readonly release: { readonly number: number; readonly hash: string };
  readonly targets: readonly TargetReport[];
  /** Paths written into the repository, to be committed. */
  readonly written: readonly string[];
  /** A later release that waits for signatures: nothing of it is in force. */
  readonly waiting?: { readonly number: number; readonly missing: number; readonly from: readonly string[] };
  readonly status: ExitStatus;
}

export interface DeliverOptions {
  readonly choice: Choice;
  readonly limits: Limits;
  readonly dryRun: boolean;
}

export async function deliver(world: World, options: DeliverOptions): Promise<DeliverReport> {
  const clone = await readClone(world, { for: 'act' });
  const { chain } = clone;
  if (chain === undefined) {
    throw new Failure('waits', 'no release has all its signatures yet', { next: '`keyward approve` makes release 1' });
  }
  const targets = choose(clone, knownTargets(clone), options.choice);
  if (options.dryRun) return report(world, clone, targets.map(notBegun('dry run')), []);
  const journal = await world.journals.begin(clone.organization, 'deliver', clone.now);
  await journal.append({ what: 'begin', release: chain.newest.value.number, hash: chain.newest.hash, targets: targets.length });
  const { carried, skipped } = await deliverTo(world, clone, journal, targets, options.limits);
  const written = await keepAnswers(world, clone, carried);
  const reports = [...carried.map((one) => judged(clone, one)), ...skipped].sort((a, b) => (a.name < b.name ? -1 : 1));
  const result = report(world, clone, reports, written);
  await journal.append({ what: 'end', status: result.status, written });
  return result;
}

/** The canary, then all the others side by side. */
export async function deliverTo(
  world: World,
  clone: Clone,
  journal: Journal,
  targets: readonly KnownTarget[],
  limits: Limits,
): Promise<{ readonly carried: readonly Carried[]; readonly skipped: readonly TargetReport[] }> {
  const revocations = unlisted(clone).map((one) => one.signed);
  const load = { release: true, revocations, about: [] };
  const watch = world.terminal.watch(targets.map((target) => target.name));
  const carry = async (target: KnownTarget, signal: Limits['signal'], turn?: Turn): Promise<Carried> => {
    watch.begin(target.name);
    const carried = await carryTo(world, clone, journal, target, load, signal, turn);
    watch.end(target.name);
    return carried;
  };
  try {
    // Not awaited by the canary: who is out must not wait for a release to be tried.
    const early = sendEarly(world, clone, journal, targets.slice(1), revocations, limits);
    const isBad = (carried: Carried): boolean => judged(clone, carried).state === 'refused';
    const { bad, ended, begun } = await tryOnOne({ targets, limits, carry, isBad });
    await early;
    if (bad !== undefined) {
      await Promise.all(begun.values());
      const tried = new Set(ended.map((one) => one.target));
      return { carried: ended, skipped: targets.filter((one) => !tried.has(one)).map(notBegun(`stopped at ${bad.target.name}`)) };
    }
    return { carried: await sideBySide(targets, limits, (one, signal) => begun.get(one) ?? carry(one, signal)), skipped: [] };
  } finally {
    watch.stop();
  }
}

async function sendEarly(
  world: World,
  clone: Clone,
  journal: Journal,
  targets: readonly KnownTarget[],
  revocations: readonly Signed[],
  limits: Limits,
): Promise<void> {
  if (revocations.length === 0) return;
  const load = { release: false, revocations, about: [] };
  await sideBySide(targets, limits, (target, signal) => carryTo(world, clone, journal, target, load, signal));
}

function notBegun(why: string): (target: KnownTarget) => TargetReport {
  return (target) => ({ name: target.name, id: target.id, state: 'not-begun', why, ended: [], failed: [] });
}

/** What an answer means for the release that was carried. */
export function judged(clone: Clone, { target, outcome, seconds }: Carried): TargetReport {
  const base = { name: target.name, id: target.id, seconds, ended: [], failed: [] };
  if (outcome.kind !== 'done') return { ...base, state: outcome.kind === 'refused' ? 'refused' : 'unknown', why: outcome.why };
  const { receipt, proof } = outcome.value;
  const state = stateOf(clone, target, receipt);
  return { ...base, proof, ended: receipt.ended, failed: receipt.failed, ...state };
}

function stateOf(clone: Clone, target: KnownTarget, receipt: Receipt): { readonly state: TargetState; readonly why?: string } {
  const newest = clone.chain?.newest;
  const refused = refusals(receipt);
  if (newest !== undefined && receipt.release.number > newest.value.number) {
    return { state: 'refused', why: `it has release ${receipt.release.number} already: this clone is behind, pull it` };
  }
  if (receipt.release.hash !== newest?.hash) {
    const kept = `it stays with release ${receipt.release.number}`;
    return { state: 'refused', why: refused.length > 0 ? `${refused.join(', ')}; ${kept}` : kept };
  }
  if (refused.length > 0) return { state: 'partly', why: refused.join(', ') };
  if (receipt.manifest !== target.manifestHash) return { state: 'partly', why: 'the manifest in force there is another one' };
  if (receipt.clock === 'behind') return { state: 'partly', why: 'its clock is behind: nothing that ends is served' };
  if (receipt.failed.length > 0) return { state: 'partly', why: receipt.failed.map((one) => `${one.what} ${one.subject}: ${one.why}`).join('; ') };
  return { state: 'in-force' };
}

const STATUS: Readonly<Record<TargetState, ExitStatus>> = {
  'in-force': EXIT.done,
  partly: EXIT.incomplete,
  refused: EXIT.refused,
  unknown: EXIT.incomplete,
  'not-begun': EXIT.incomplete,
};

function report(world: World, clone: Clone, targets: readonly TargetReport[], written: readonly string[]): DeliverReport {
  const newest = clone.chain?.newest;
  if (newest === undefined) throw new Failure('internal', 'a report without a release');
  const [draft] = openDrafts(clone, world.crypto);
  const handles = new Map(clone.policy.people.map((person) => [person.id as string, person.handle]));
  const waiting = draft && {
    number: draft.number,
    missing: Math.max(draft.missing.count, draft.missing.oldCount),
    from: [...new Set([...draft.missing.from, ...draft.missing.oldFrom])].map((id) => handles.get(id) ?? id).sort(),
  };
  const statuses = targets.filter((one) => one.why !== 'dry run').map((one) => STATUS[one.state]);
  return {
    organization: clone.organization,
    release: { number: newest.value.number, hash: newest.hash },
    targets,
    written,
    ...(waiting === undefined ? {} : { waiting }),
    status: worst([...statuses, ...(waiting === undefined ? [] : [EXIT.waits])]),
  };
}
