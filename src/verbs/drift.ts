/** The newest signed release, with the revocations on top, against what the targets answer. It changes no target. */
import { EXIT, Failure, worst } from '../core/failure.ts';
import type { ExitStatus, Place } from '../core/failure.ts';
import { agesOf, credentialsRead, everInForce } from '../core/texts/index.ts';
import type { CredentialRead, Looked, Receipt } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { carryTo, keepAnswers, unlisted } from './carry.ts';
import type { Carried } from './carry.ts';
import type { Clone } from './clone.ts';
import { readInForce } from './in-force.ts';
import { keyOwners } from './key-owners.ts';
import type { KeyOwner } from './key-owners.ts';
import { keepLooks } from './keep-looks.ts';
import { choose, knownTargets } from './known-targets.ts';
import type { Choice } from './known-targets.ts';
import { receiverHere, renewalOf } from './receiver-here.ts';
import type { ReceiverHere } from './receiver-here.ts';
import { sideBySide } from './side-by-side.ts';
import type { Limits } from './side-by-side.ts';

/** One difference. `managed`: `deliver` puts it right. Otherwise a person must. */
export interface Difference {
  readonly what: string;
  readonly subject: string;
  readonly managed: boolean;
  /** Of a key: whose it is, where the policy knows it, and what stands beside it there; of a credential when it was made and last used. */
  readonly owner?: string;
  readonly comment?: string;
}

export interface DriftOf {
  readonly name: string;
  readonly id: string;
  /** Where the policy names it; a target whose line is gone has none. */
  readonly place?: Place;
  readonly state: 'clean' | 'differs' | 'unknown' | 'refused';
  readonly why?: string;
  readonly differences: readonly Difference[];
  /** How much was examined there: nothing found says nothing without it. */
  readonly looked: readonly Looked[];
  /** What the managed logins of a provider are opened with. */
  readonly credentials?: readonly CredentialRead[];
}

export interface DriftReport {
  readonly organization: string;
  readonly release: { readonly number: number; readonly hash: string };
  readonly targets: readonly DriftOf[];
  readonly written: readonly string[];
  readonly status: ExitStatus;
}

export async function drift(world: World, options: { readonly choice: Choice; readonly limits: Limits }): Promise<DriftReport> {
  const clone = await readInForce(world, { for: 'act' });
  const newest = clone.chain?.newest;
  if (newest === undefined) throw new Failure('waits', 'no release has all its signatures yet: there is nothing to compare with', { next: '`keyward approve` makes release 1' });
  const targets = choose(clone, knownTargets(clone), options.choice);
  const journal = await world.journals.begin(clone.organization, 'drift', clone.now);
  const watch = world.terminal.watch(targets.map((target) => target.name));
  const load = { release: false, revocations: [], about: [] };
  try {
    const carried = await sideBySide(targets, options.limits, async (target, signal) => {
      watch.begin(target.name);
      const one = await carryTo(world, clone, journal, target, load, signal);
      watch.end(target.name);
      return one;
    });
    const looked = carried.flatMap(({ target: { name, manifest }, outcome }) =>
      outcome.kind === 'done' ? [{ name, hostKeys: [...manifest.hostKeys, ...manifest.nextHostKeys], answer: outcome.value }] : [],
    );
    const written = [...(await keepAnswers(world, clone, carried)), ...(await keepLooks(world, looked))].sort();
    const owners = keyOwners(clone, world, targets.map(({ manifest }) => manifest));
    const here = receiverHere(clone, (await world.receiver()).hash);
    const reports = carried.map((one) => driftOf(clone, { owners, here }, one)).sort((a, b) => (a.name < b.name ? -1 : 1));
    const statuses = reports.map((one) => STATUS[one.state]);
    return { organization: clone.organization, release: { number: newest.value.number, hash: newest.hash }, targets: reports, written, status: worst(statuses) };
  } finally {
    watch.stop();
  }
}

const STATUS: Readonly<Record<DriftOf['state'], ExitStatus>> = {
  clean: EXIT.done,
  differs: EXIT.differences,
  unknown: EXIT.incomplete,
  refused: EXIT.refused,
};

/** What answers are held against, beside the clone. */
interface Against {
  readonly owners: ReadonlyMap<string, KeyOwner>;
  readonly here: ReceiverHere;
}

function driftOf(clone: Clone, { owners, here }: Against, { target, outcome }: Carried): DriftOf {
  const place = clone.policy.places.get(target.manifest.target);
  const base = { name: target.name, id: target.id, ...(place === undefined ? {} : { place }) };
  if (outcome.kind !== 'done') return { ...base, state: outcome.kind, why: outcome.why, differences: [], looked: [] };
  const { receipt } = outcome.value;
  const differences = [...managed(clone, target.manifestHash, receipt), ...changedReceiver(clone, here, receipt), ...unmanaged(receipt, owners)];
  const credentials = credentialsRead(receipt);
  return {
    ...base,
    ...{ state: differences.length > 0 ? 'differs' : 'clean', differences, looked: receipt.looked },
    ...(credentials.length === 0 ? {} : { credentials }),
  };
}

/** What `deliver` puts right. */
function managed(clone: Clone, manifest: string, receipt: Receipt): readonly Difference[] {
  const found: Difference[] = receipt.differs.map((one) => {
    const ages = agesOf(receipt, one);
    return { what: one.what, subject: one.subject, managed: true, ...(ages === undefined ? {} : { comment: ages }) };
  });
  const newest = clone.chain?.newest;
  if (receipt.release.hash !== newest?.hash) found.push({ what: 'release', subject: String(receipt.release.number), managed: true });
  else if (receipt.manifest !== manifest) found.push({ what: 'manifest', subject: receipt.manifest ?? '-', managed: true });
  const held = new Set(receipt.revocations);
  for (const one of unlisted(clone)) if (!held.has(one.hash)) found.push({ what: 'revocation', subject: one.name, managed: true });
  // Nobody was asked about: then what is told of runs for somebody who is out.
  const out = new Set(receipt.accounts.filter((one) => one.state === 'locked').map(({ account }) => account));
  for (const one of receipt.running)
    if (out.has(one.account)) found.push({ what: `running ${one.kind}`, subject: one.account, managed: true });
  if (receipt.clock === 'behind') found.push({ what: 'clock', subject: 'behind', managed: false });
  return found;
}

/** The programs there are not those that the signers named: an older keyward's, or somebody changed them. */
function changedReceiver({ chain }: Clone, here: ReceiverHere, { receiver, release }: Receipt): readonly Difference[] {
  if (receiver === chain?.newest.value.receiver) return [];
  const had = everInForce(chain).findLast(({ value }) => value.receiver === receiver)?.value.number;
  const of = had === undefined ? 'of no release here' : `of release ${had}`;
  const isAhead = release.number > (chain?.newest.value.number ?? 0);
  return [{ what: 'receiver', subject: `${receiver.slice(0, 12)}, ${of}, not the one of the newest; ${renewalOf(here, isAhead)}`, managed: false }];
}

/** What keyward names and never touches. */
function unmanaged(receipt: Receipt, owners: ReadonlyMap<string, KeyOwner>): readonly Difference[] {
  const ways = receipt.waysIn.filter((way) => way.state === 'unknown');
  const conflicts = receipt.conflicts.map((one) => ({ what: 'conflict', subject: `release ${one.number} ${one.hash.slice(0, 12)}`, managed: false }));
  const named = ways.map((way) => {
    const owner = owners.get(way.subject)?.words;
    return {
      ...{ what: `way-in ${way.kind}`, subject: `${way.account ?? '-'} ${way.subject}`, managed: false },
      ...(owner === undefined ? {} : { owner }),
      ...(way.comment === undefined ? {} : { comment: way.comment }),
    };
  });
  return [...conflicts, ...named];
}
