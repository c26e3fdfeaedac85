/**
 * Makes the targets answer what the newest signed release says. It never signs.
 *
 * A release goes first to the target whose id sorts lowest, or the next where that does not answer or is not who it must
 * be: its answer decides who won when two delivered at once, and our own mistake stops there. Revocations wait for
 * nobody: they go to all at once.
 */
import { EXIT, Failure, worst } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import type { Failed, Receipt, Running } from '../core/texts/index.ts';
import type { Journal, Turn, World } from '../world.ts';
import { tryOnOne } from './canary.ts';
import { carryTo, failedText, fitting, keepAnswers, refusals, unlisted } from './carry.ts';
import type { Carried } from './carry.ts';
import type { Clone } from './clone.ts';
import { openDrafts } from './drafts.ts';
import { readInForce } from './in-force.ts';
import { choose, knownTargets } from './known-targets.ts';
import type { Choice, KnownTarget } from './known-targets.ts';
import { lanes } from './side-by-side.ts';
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
  const clone = await readInForce(world, { for: 'act' });
  const { chain } = clone;
  if (chain === undefined) {
    throw new Failure('waits', 'no release has all its signatures yet', { next: '`keyward approve` makes release 1' });
  }
  const targets = choose(clone, knownTargets(clone), options.choice);
  if (options.dryRun) return report(world, clone, targets.map(notBegun('dry run')), []);
  const journal = await world.journals.begin(clone.organization, 'deliver', clone.now);
  await journal.append({ what: 'begin', release: chain.newest.value.number, hash: chain.newest.hash, targets: targets.length });
  const { carried, alsoHeard, skipped } = await deliverTo(world, clone, journal, targets, options.limits);
  const written = await keepAnswers(world, clone, [...carried, ...alsoHeard]);
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
): Promise<Delivered> {
  const revocations = fitting([], unlisted(clone));
  const load = { release: true, revocations, about: [] };
  const watch = world.terminal.watch(targets.map((target) => target.name));
  const carry = async (target: KnownTarget, signal: Limits['signal'], turn?: Turn): Promise<Carried> => {
    watch.begin(target.name);
    const carried = await carryTo(world, clone, journal, target, load, signal, turn);
    watch.end(target.name);
    return carried;
  };
  const run = lanes(limits);
  // The canary does not wait for these: who is out must not wait for a release to be tried.
  const early = revocations.length === 0 ? NONE : sentEarly(targets.slice(1), (target) => run((signal) => carryTo(world, clone, journal, target, { ...load, release: false }, signal)));
  const isBad = (carried: Carried): boolean => judged(clone, carried).state === 'refused';
  try {
    const { bad, ended, begun } = await tryOnOne({ targets, limits, carry, isBad });
    if (bad !== undefined) {
      await Promise.all(begun.values());
      return await stopped(clone, targets, bad, ended, early);
    }
    const rest = async (target: KnownTarget): Promise<Carried> => {
      const own = begun.get(target);
      if (own !== undefined) return own;
      const first = await early.get(target);
      // It said nothing for a whole time limit: it is not asked for another one.
      return first?.outcome.kind === 'unknown' ? first : run((signal) => carry(target, signal));
    };
    return { carried: await Promise.all(targets.map(rest)), alsoHeard: [], skipped: [] };
  } finally {
    watch.stop();
  }
}

/** What came of carrying. */
export interface Delivered {
  /** Of those that were given the release. */
  readonly carried: readonly Carried[];
  /** What others answered to the revocations. */
  readonly alsoHeard: readonly Carried[];
  readonly skipped: readonly TargetReport[];
}

type Early = ReadonlyMap<KnownTarget, Promise<Carried>>;
const NONE: Early = new Map();

function sentEarly(targets: readonly KnownTarget[], send: (target: KnownTarget) => Promise<Carried>): Early {
  const early = new Map(targets.map((target) => [target, send(target)]));
  // Whoever awaits one is told of its failure; until then nobody must be.
  for (const one of early.values()) one.catch(() => undefined);
  return early;
}

/** After a bad answer: nobody else gets the release; whom the revocations did not reach is named for that. */
async function stopped(clone: Clone, targets: readonly KnownTarget[], bad: Carried, ended: readonly Carried[], early: Early): Promise<Delivered> {
  const alsoHeard = await Promise.all(early.values());
  const silent = new Map(alsoHeard.flatMap((one) => (one.outcome.kind === 'done' ? [] : [[one.target, one] as const])));
  const tried = new Set(ended.map((one) => one.target));
  const others = targets.filter((target) => !tried.has(target));
  const skipped = others.map((target) => {
    const one = silent.get(target);
    return one === undefined ? notBegun(`stopped at ${bad.target.name}`)(target) : judged(clone, one);
  });
  return { carried: ended, alsoHeard: alsoHeard.filter((one) => !tried.has(one.target)), skipped };
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
  // It lies here, and those whom this device believes did not sign it: pulling brings nothing.
  if (clone.refused.some((one) => one.hash === receipt.release.hash)) {
    return { state: 'refused', why: `it took release ${receipt.release.number}, which this device does not believe; if that one begins anew: docs/signers.md` };
  }
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
  if (receipt.failed.length > 0) return { state: 'partly', why: failedText(clone, receipt.failed) };
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
