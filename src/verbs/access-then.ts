/**
 * What held on another day, from version control: the policy a release was made from, and what servers had said by then.
 * Version control is not believed: a policy counts by the hashes that the release signed, a receipt by the host key of a
 * signed manifest. What is not found there is unknown, and said.
 */
import type { Instant } from '../core/access/index.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { VerifiedRelease } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { latin1 } from './clone.ts';
import type { Clone } from './clone.ts';
import { targetNames } from './names.ts';
import { signedPolicy } from './signed-policy.ts';
import type { Standing } from './standing.ts';
import { believeReceipt } from './stored-receipts.ts';
import type { StoredReceipt } from './stored-receipts.ts';

/** A receipt of another day; `unknown`: version control could not be asked, or does not go back that far. */
export type ReceiptThen = StoredReceipt | { readonly kind: 'unknown'; readonly why: string };

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

/** The newest receipt of each target that is not younger than the moment. */
export async function receiptsThen(
  world: World,
  clones: readonly Clone[],
  standing: Standing,
  { release, until }: Asked,
): Promise<{ of(target: string): ReceiptThen }> {
  const found = new Map<string, ReceiptThen>();
  const names = clones.map(targetNames);
  for (const target of standing.manifestsOf(release).keys()) {
    const paths = new Set(names.map((nameOf) => `receipts/${nameOf(target)}`));
    found.set(target, await receiptThen(world, [...paths], { standing, release, until, target, clone: clones[0] }));
  }
  return { of: (target) => found.get(target) ?? { kind: 'none' } };
}

interface Sought extends Asked {
  readonly standing: Standing;
  readonly target: string;
  readonly clone: Clone | undefined;
}

async function receiptThen(world: World, paths: readonly string[], sought: Sought): Promise<ReceiptThen> {
  const here = [...(await world.repository.read(paths)).values()];
  const pasts = await Promise.all(paths.map((path) => world.repository.history(path)));
  const versions = [...here, ...pasts.flatMap((past) => (past.kind === 'done' ? past.value.versions : []))];
  const all = versions.map((bytes) => believed(world, bytes, sought));
  const [first, ...others] = all.flatMap((one) =>
    one?.kind === 'believed' && one.receipt.time <= sought.until ? [one] : [],
  );
  if (first !== undefined) return others.reduce((a, b) => (b.receipt.time > a.receipt.time ? b : a), first);
  const blind = pasts.find((past) => past.kind !== 'done');
  if (blind !== undefined) return { kind: 'unknown', why: blind.why };
  if (pasts.some((past) => past.kind === 'done' && !past.value.whole))
    return { kind: 'unknown', why: 'this clone does not hold the whole history' };
  return all.find((one) => one?.kind === 'not-believed') ?? { kind: 'none' };
}

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
