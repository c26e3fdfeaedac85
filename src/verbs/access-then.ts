/**
 * What held on another day, from version control: the policy a release was made from, and what servers had said by then.
 * Version control is not believed: a policy counts by the hashes that the release signed, a receipt by the host key of a
 * signed manifest. What is not found there is unknown, and said.
 */
import type { Instant } from '../core/access/index.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { VerifiedRelease } from '../core/texts/index.ts';
import type { History, Outcome, World } from '../world.ts';
import { latin1 } from './clone.ts';
import type { Clone } from './clone.ts';
import { targetNames } from './names.ts';
import { signedPolicy } from './signed-policy.ts';
import type { Standing } from './standing.ts';
import { believeReceipt, lastLook, lookPath, receiptPath } from './stored-receipts.ts';
import type { LastLook, StoredReceipt } from './stored-receipts.ts';

/** A receipt of another day; `unknown`: version control could not be asked, or does not go back that far. */
export type ReceiptThen = StoredReceipt | { readonly kind: 'unknown'; readonly why: string };
/** What a target had last told of ways in by another day. */
export type LookThen = LastLook | { readonly kind: 'unknown'; readonly why: string };

/** This clone with the policy that a release was made from, byte for byte; undefined where it is not found here. */
export async function cloneThen(
  world: World,
  clone: Clone,
  release: VerifiedRelease,
  moment: Instant,
): Promise<Clone | undefined> {
  const signed = await signedPolicy(world, clone.files, release);
  if (signed === undefined) return undefined;
  const revocations = clone.revocations.filter(({ name }) => signed.files.has(`revoked/${name}`));
  return { ...clone, ...signed, now: moment, revocations };
}

export interface Asked {
  readonly release: VerifiedRelease;
  /** Receipts up to here count. */
  readonly until: Instant;
}

/** The newest receipt of each target that is not younger than the moment, and the newest that told of ways in. */
export async function receiptsThen(
  world: World,
  clones: readonly Clone[],
  standing: Standing,
  { release, until }: Asked,
): Promise<{ of(target: string): ReceiptThen; look(target: string): LookThen }> {
  const names = clones.map(targetNames);
  const targets = [...standing.manifestsOf(release).keys()];
  const sought = targets.map((target): Sought => ({ standing, release, until, target, clone: clones[0], judged: [], kept: [] }));
  const byPath = new Map<string, (readonly [Sought, (StoredReceipt | undefined)[]])[]>();
  const add = (path: string, one: Sought, found: Sought['judged']): void => void byPath.set(path, [...(byPath.get(path) ?? []), [one, found]]);
  for (const one of sought) {
    for (const name of new Set(names.map((nameOf) => nameOf(one.target)))) {
      add(receiptPath(name), one, one.judged);
      add(lookPath(name), one, one.kept);
    }
  }
  const judge = (path: string, versions: readonly Uint8Array[]): void => {
    for (const [one, found] of byPath.get(path) ?? []) found.push(...versions.map((bytes) => believed(world, bytes, one)));
  };
  const paths = [...byPath.keys()];
  for (const [path, bytes] of await world.repository.read(paths, () => undefined)) judge(path, [bytes]);
  const past = await world.repository.history(paths, judge);
  const found = new Map(sought.map((one) => [one.target, { receipt: receiptThen(one, past), look: lookThen(one, past) }]));
  return { of: (target) => found.get(target)?.receipt ?? { kind: 'none' }, look: (target) => found.get(target)?.look ?? { kind: 'never' } };
}

interface Sought extends Asked {
  readonly standing: Standing;
  readonly target: string;
  readonly clone: Clone | undefined;
  /** What was found so far: what lies here first. */
  readonly judged: (StoredReceipt | undefined)[];
  /** The same of what is kept because it told of ways in. */
  readonly kept: (StoredReceipt | undefined)[];
}

function receiptThen({ judged, until }: Sought, past: Outcome<History>): ReceiptThen {
  const [first, ...others] = judged.flatMap((one) => (one?.kind === 'believed' && one.receipt.time <= until ? [one] : []));
  if (first !== undefined) return others.reduce((a, b) => (b.receipt.time > a.receipt.time ? b : a), first);
  if (past.kind !== 'done') return { kind: 'unknown', why: past.why };
  if (!past.value.whole) return { kind: 'unknown', why: NOT_WHOLE };
  return judged.find((one) => one?.kind === 'not-believed') ?? { kind: 'none' };
}

function lookThen({ judged, kept, until }: Sought, past: Outcome<History>): LookThen {
  const answers = [...judged, ...kept].flatMap((one) => (one === undefined || (one.kind === 'believed' && one.receipt.time > until) ? [] : [one]));
  const look = lastLook(answers);
  if (look.kind === 'seen') return look;
  if (past.kind !== 'done') return { kind: 'unknown', why: past.why };
  return past.value.whole ? look : { kind: 'unknown', why: NOT_WHOLE };
}

const NOT_WHOLE = 'this clone does not hold the whole history';

/**
 * By the host keys of the release asked about and of the one the receipt itself names: an older key that a server had
 * once vouches for nothing else.
 */
function believed(
  world: World,
  bytes: Uint8Array,
  { standing, release, target, clone }: Sought,
): StoredReceipt | undefined {
  if (clone === undefined) return undefined;
  const named = /^release \d+ ([0-9a-f]{64})$/m.exec(latin1(bytes))?.[1];
  const releases = standing.releases.filter(({ hash }) => hash === release.hash || hash === named);
  const keys = releases.flatMap((one): readonly PublicKey[] => {
    const manifest = standing.manifestOf(one, target);
    return manifest === undefined ? [] : [...manifest.hostKeys, ...manifest.nextHostKeys];
  });
  return believeReceipt(
    world,
    { organization: clone.organization, target: target as never, hostKeys: keys },
    bytes,
    'a receipt of version control',
  );
}
