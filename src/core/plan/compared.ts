/** Two releases side by side, server by server: what everybody held and will hold. */
import { Failure } from '../failure.ts';
import type { Grant, SubjectId, TargetId } from '../access/index.ts';
import type { Hash, Manifest, Release } from '../texts/index.ts';

/** A release with the manifests that it lists. */
export interface ReleaseState {
  readonly release: Release;
  readonly manifests: readonly Manifest[];
}

/** What the policy calls what the texts know by id and hash only, and why. */
export interface Names {
  readonly person: (id: SubjectId) => string | undefined;
  readonly target: (id: TargetId) => string | undefined;
  /** The name in `revoked/`. */
  readonly revocation: (hash: Hash) => string | undefined;
  /** `SHA256:…` of the key of this line. */
  readonly fingerprint: (keyLine: string) => string;
  /** What the policy grants one person on one server, for the rules behind a change. */
  readonly grants: (person: SubjectId, server: TargetId) => readonly Grant[];
  /** Whether a receipt shows that keyward was taken off this server: then leaving it out abandons nothing. */
  readonly isOff: (server: TargetId) => boolean;
}

/** One server in both releases; undefined where one of them does not know it. */
interface Pair {
  readonly target: TargetId;
  readonly before: Manifest | undefined;
  readonly after: Manifest | undefined;
}

/** A pair with who held something there and who will, each once. Where nothing changes there, it is one list. */
export interface ComparedPair extends Pair {
  readonly had: readonly SubjectId[];
  readonly has: readonly SubjectId[];
}

/** Every server of the two releases, by id. */
export function compare(before: ReleaseState | undefined, after: ReleaseState): readonly ComparedPair[] {
  for (const state of before === undefined ? [after] : [before, after]) mustBeWhole(state);
  return pairUp(before?.manifests ?? [], after.manifests).map((pair) => ({ ...pair, ...holdersOf(pair) }));
}

/** A plan made from some of the manifests would show what it did not look at as lost, or not at all. */
function mustBeWhole({ release, manifests }: ReleaseState): void {
  if (new Set(release.manifests).size === manifests.length) return;
  throw new Failure(
    'internal',
    `release ${release.number} lists ${release.manifests.length} manifests, ${manifests.length} are here`,
  );
}

function pairUp(before: readonly Manifest[], after: readonly Manifest[]): readonly Pair[] {
  const old = new Map(before.map((manifest) => [manifest.target, manifest]));
  const next = new Map(after.map((manifest) => [manifest.target, manifest]));
  const targets = [...new Set([...old.keys(), ...next.keys()])].sort();
  return targets.map((target) => ({ target, before: old.get(target), after: next.get(target) }));
}

function holdersOf({ before, after }: Pair): Pick<ComparedPair, 'had' | 'has'> {
  const had = before === undefined ? [] : holders(before);
  // Most servers stay as they are.
  return { had, has: after === before ? had : after === undefined ? [] : holders(after) };
}

/** Who has an account in a manifest and is not revoked in it. */
function holders({ accounts, revokedIds }: Manifest): readonly SubjectId[] {
  const out = new Set(revokedIds);
  return accounts.flatMap(({ id }) => (out.has(id) ? [] : [id]));
}
