/**
 * Who reaches what, since when, by which rule and whose signatures. Read from the manifests of a signed release, never from
 * the working tree, unless the working tree is asked for; the answer says which, and how much was looked at.
 */
import { isSubjectId } from '../core/access/index.ts';
import type { Instant, SubjectId } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { everInForce } from '../core/texts/index.ts';
import type { Manifest, VerifiedRelease } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { mustCompile } from './clone.ts';
import type { Clone } from './clone.ts';
import { cloneThen, receiptsThen } from './access-then.ts';
import { targetsRead } from './access-targets.ts';
import type { TargetRead } from './access-targets.ts';
import { detailOf, revocationsOnTop, Told } from './access-detail.ts';
import type { AccessDetail, Looking } from './access-detail.ts';
import { readInForce } from './in-force.ts';
import type { InForce } from './in-force.ts';
import { didYouMean, fits } from './known-targets.ts';
import { mustFind } from './me.ts';
import { handleNames, handlesOf, targetNames } from './names.ts';
import { momentOf } from './release-at.ts';
import { heldAt, Standing } from './standing.ts';
import { readReceipts } from './stored-receipts.ts';
import { mustHoldVerified } from './trust.ts';
import { unmanagedWays } from './unmanaged-ways.ts';
import type { UnmanagedWay } from './unmanaged-ways.ts';
import { comparedWith, manifestsHere, rulesHere } from './working-tree.ts';
import type { Sameness } from './working-tree.ts';

export interface AccessOptions {
  /** One employee or machine, by handle or id. */
  readonly handle?: string;
  /** Targets by name or pattern, or one by id. */
  readonly on?: string;
  /** `2026-11-24`, `2026-11-24T20:00:00Z`, or the number of a release. */
  readonly at?: string;
  /** The working tree instead of a signed release. */
  readonly draft: boolean;
}

/** A signed release, in the words of people. */
export interface ReleaseRead {
  readonly number: number;
  readonly hash: string;
  readonly issued: Instant;
  readonly expires: Instant;
  readonly signedBy: readonly string[];
  /** Whether it is the newest. */
  readonly newest: boolean;
}

/** What an answer was read from. */
export interface Read {
  readonly organization: string;
  readonly from: 'release' | 'working-tree';
  readonly release?: ReleaseRead;
  /** The date or release that was asked for, as it was given. */
  readonly at?: string;
  /**
   * The policy here against the one the release was made from: handles, names and rules stand in it only. `then`: they
   * were read from the one it was made from, found in version control by its hashes.
   */
  readonly policy: Sameness | 'then';
  /** Whether this device knows, from comparing it once, which release 1 is the right one. */
  readonly compared: boolean;
  /** What has ended before this moment is left out. */
  readonly moment: Instant;
  /** Manifests looked at, of servers and of providers. */
  readonly servers: number;
  readonly providers: number;
  /** Employees and machines who reach something there. */
  readonly people: number;
}

export interface PersonRead {
  readonly handle: string;
  readonly id: string;
  readonly kind: 'employee' | 'machine';
  readonly left?: Instant;
}

export interface AccessReport {
  readonly read: Read;
  /** The one person who was asked about. */
  readonly person?: PersonRead;
  /** By handle, then by target. */
  readonly access: readonly AccessDetail[];
  /** People of the policy who reach nothing of it. */
  readonly without: readonly PersonRead[];
  /** The targets that were looked at, by name. */
  readonly targets: readonly TargetRead[];
  /** What lets in beside keyward, as far as it is accepted or a server told of it. */
  readonly waysIn: readonly UnmanagedWay[];
}

export async function access(world: World, options: AccessOptions): Promise<AccessReport> {
  const here = await readInForce(world, { for: 'look' });
  mustHoldVerified(here);
  if (options.draft) mustCompile(here.compilation);
  const clone = options.at === undefined ? here : await clonedAt(world, here, options.at);
  const person = options.handle === undefined ? undefined : personOf(clone, here, options.handle);
  const looking = await look(world, clone, here, options);
  const targets = chosen(clone, looking.manifests, options.on);
  const held = targets.flatMap(([id, manifest]) =>
    [...heldAt(manifest, looking.moment)].map(([who, lines]) => ({ target: id, who, lines })),
  );
  const asked = held.filter(({ who }) => person === undefined || who === person.id);
  const details = asked.map(({ target, lines }) => detailOf(looking, target, lines));
  const ways = unmanagedWays(
    looking,
    targets.map(([, manifest]) => manifest),
    person?.handle,
  );
  const reaching = new Set(held.map(({ who }) => who));
  return {
    read: {
      ...(await readOf(world, looking, options, sizeOf(targets, reaching.size))),
      ...(clone === here && !isOfRelease(here) ? {} : { policy: 'then' as const }),
    },
    ...(person === undefined ? {} : { person }),
    access: details.sort((a, b) => order(a.person, b.person) || order(a.target, b.target)),
    without: person === undefined ? everybody(clone).filter(({ id }) => !reaching.has(id as SubjectId)) : [],
    targets: targetsRead(
      looking,
      targets.map(([, manifest]) => manifest),
    ),
    waysIn: ways,
  };
}

/** The policy here has errors, and the one the newest release was made from was found in its place. */
function isOfRelease({ readFrom, chain }: InForce): boolean {
  return readFrom.kind === 'release' && readFrom.number === chain?.newest.value.number;
}

/** The clone with the policy of the release that is asked about, where version control has it; else as it is. */
async function clonedAt(world: World, here: Clone, at: string): Promise<Clone> {
  const { release, moment } = momentOf(here, at);
  if ((await comparedWith(world, here, release)) === 'same') return here;
  return (await cloneThen(world, here, release, moment)) ?? here;
}

async function look(world: World, clone: Clone, today: Clone, { at, draft }: AccessOptions): Promise<Looking> {
  const standing = new Standing(clone);
  const here = manifestsHere(clone);
  const { release, moment } = draft ? { release: undefined, moment: clone.now } : momentOf(clone, at);
  const receipts =
    release === undefined || at === undefined
      ? await readReceipts(world, clone)
      : await receiptsThen(world, [today, clone], standing, { release, until: untilOf(today, release, at, moment) });
  return {
    clone,
    crypto: world.crypto,
    standing,
    release,
    moment,
    manifests: release === undefined ? here : standing.manifestsOf(release),
    rulesFor: rulesHere(clone, here),
    receipts,
    onTop: revocationsOnTop(today, release, moment),
    told: new Told(),
    nameOf: handleNames(clone),
    targetName: targetNames(clone),
  };
}

/** A date ends with itself; a release asked for by number held until the next one was issued. */
function untilOf({ chain, now }: Clone, release: VerifiedRelease, at: string, moment: Instant): Instant {
  if (!/^\d+$/.test(at)) return moment < now ? moment : now;
  const next = everInForce(chain).find(({ value }) => value.number > release.value.number);
  return next?.value.issued ?? now;
}

function sizeOf(
  targets: readonly (readonly [string, Manifest])[],
  people: number,
): Pick<Read, 'servers' | 'providers' | 'people'> {
  const servers = targets.filter(([, manifest]) => manifest.hostKeys.length > 0).length;
  return { servers, providers: targets.length - servers, people };
}

async function readOf(
  world: World,
  { clone, release, moment }: Looking,
  options: AccessOptions,
  size: Pick<Read, 'servers' | 'providers' | 'people'>,
): Promise<Read> {
  const newest = release ?? clone.chain?.newest;
  return {
    organization: clone.organization,
    from: options.draft ? 'working-tree' : 'release',
    ...(newest === undefined ? {} : { release: releaseRead(clone, newest) }),
    ...(options.at === undefined ? {} : { at: options.at }),
    policy: newest === undefined ? 'unknown' : await comparedWith(world, clone, newest),
    compared: clone.trusted,
    moment,
    ...size,
  };
}

export function releaseRead(clone: Clone, { value, hash, signedBy }: VerifiedRelease): ReleaseRead {
  const { number, issued, expires } = value;
  return {
    number,
    hash,
    issued,
    expires,
    signedBy: handlesOf(clone, signedBy),
    newest: hash === clone.chain?.newest.hash,
  };
}

/** By handle, then and now; by id also somebody whose line is gone. */
function personOf(clone: Clone, here: Clone, asked: string): PersonRead {
  const known = [...everybody(clone), ...everybody(here)].find(({ id, handle }) => asked === id || asked === handle);
  if (known !== undefined) return known;
  if (isSubjectId(asked)) return { handle: asked, id: asked, kind: asked.startsWith('mch_') ? 'machine' : 'employee' };
  mustFind(here, asked);
  throw new Failure('internal', `${asked} is there and is not`);
}

function everybody(clone: Clone): readonly PersonRead[] {
  return clone.policy.people.map(({ handle, id, kind, left }) => ({
    handle,
    id,
    kind,
    ...(left === undefined ? {} : { left }),
  }));
}

/** Throws `not-found` when nothing fits: a typo must not read as "nobody". */
function chosen(
  clone: Clone,
  manifests: ReadonlyMap<string, Manifest>,
  on: string | undefined,
): readonly (readonly [string, Manifest])[] {
  const all = [...manifests];
  if (on === undefined) return all;
  const name = targetNames(clone);
  const found = all.filter(([id]) => on === id || fits(on, name(id)));
  if (found.length > 0) return found;
  const names = all.map(([id]) => name(id)).sort();
  throw new Failure('not-found', `no target of what was read fits ${on}`, {
    next:
      names.length === 0
        ? 'there are no targets in it'
        : (didYouMean(on, names) ?? `there are ${names.slice(0, 10).join(', ')}${names.length > 10 ? `, and ${names.length - 10} more` : ''}`),
  });
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
