/**
 * From the working tree to the next release: its manifests, its inputs, its bytes. Everything that could differ between
 * two clones is an argument, so two clones of one commit make equal bytes.
 */
import { DAY } from '../core/access/index.ts';
import type { Instant } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { compilePolicy } from '../core/policy/index.ts';
import type { Compiled, PolicyFiles } from '../core/policy/index.ts';
import { draftRelease, hashOf, inputs as inputsText, manifest as manifestText, release as releaseText, renderer } from '../core/texts/index.ts';
import type { Manifest, Release, TextCrypto } from '../core/texts/index.ts';
import { mustCompile } from './clone.ts';
import type { Clone, HeldRevocation } from './clone.ts';

/** `status` asks for a renewal this long before a release expires. */
export const RENEW_BEFORE = 14 * DAY;

export interface Prepared {
  readonly release: Release;
  readonly text: string;
  readonly hash: string;
  readonly inputs: string;
  /** Every target's manifest, by hash. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  /** The texts of those that the newest release does not have, by hash. */
  readonly fresh: ReadonlyMap<string, string>;
}

/** What is chosen for a release rather than compiled. */
export interface Choices {
  readonly number: number;
  readonly issued: Instant;
  readonly receiver: string;
}

/** The release that the working tree means, with these choices. Throws `policy` when it has an error at that instant. */
export function prepare(clone: Clone, choices: Choices, crypto: TextCrypto): Prepared {
  const isNow = choices.issued === clone.now;
  const policy = mustCompile(isNow ? clone.compilation : compilePolicy(clone.files, choices.issued, crypto.sha256));
  mustBeWhole(clone);
  const undone = clone.revocations.filter((one) => policy.undone.includes(one.name));
  const counted = clone.revocations.filter((one) => !undone.includes(one));
  const known = new Set(clone.chain?.newest.value.manifests);
  const { manifests, fresh } = render(manifestsMeant(policy, counted, undone), known, crypto);
  const inputs = inputsOf(clone.files, crypto);
  const release = draftRelease(
    clone.chain?.newest,
    {
      ...choices,
      organization: policy.organization,
      inputs: hashOf(inputs, crypto),
      threshold: policy.threshold,
      signers: policy.signers,
      revocations: clone.revocations.map((one) => one.hash),
      undone: undone.map((one) => one.hash),
      manifests: manifests.keys(),
    },
    crypto,
  );
  const text = releaseText.write(release);
  return { release, text, hash: hashOf(text, crypto), inputs, manifests, fresh };
}

/** Every target's manifest, as a policy and revocations mean it. */
export function manifestsMeant(policy: Compiled, counted: readonly HeldRevocation[], undone: readonly HeldRevocation[]): readonly Manifest[] {
  const { server, provider } = renderer({
    organization: policy.organization,
    people: policy.people,
    couriers: policy.couriers.flatMap((courier) => courier.keys),
    counted: counted.map((one) => one.value),
    undone: undone.map((one) => one.value),
  });
  return [
    ...policy.servers.map((one) => server(one, policy.grants.sumsOn(one.id))),
    ...policy.providers.map((one) => provider(one, one.grants)),
  ];
}

/** What the newest release has already was read back when it was made, and need not be once more. */
function render(meant: readonly Manifest[], known: ReadonlySet<string>, crypto: TextCrypto): Pick<Prepared, 'manifests' | 'fresh'> {
  const manifests = new Map<string, Manifest>();
  const fresh = new Map<string, string>();
  for (const value of meant) {
    const hash = hashOf(manifestText.spell(value), crypto);
    manifests.set(hash, value);
    if (!known.has(hash)) fresh.set(hash, manifestText.write(value));
  }
  return { manifests, fresh };
}

/** Every revocation the release in force lists must be here, or its ids and keys would be forgotten. */
function mustBeWhole(clone: Clone): void {
  const newest = clone.chain?.newest.value;
  const here = new Set(clone.revocations.map((one) => one.hash));
  const lost = [...(newest?.counted ?? []), ...(newest?.undone ?? [])].find((hash) => !here.has(hash));
  if (lost === undefined) return;
  throw new Failure('trust', `the revocation ${lost.slice(0, 12)}… that the release in force lists is not in revoked/`, {
    next: 'restore revoked/ from version control: what was taken away must stay known',
  });
}

/** `releases/N/inputs`: each file the release was compiled from. */
export function inputsOf(files: PolicyFiles, crypto: TextCrypto): string {
  return inputsText.write({
    inputs: [...files].map(([path, bytes]) => ({ hash: hashOf(bytes, crypto), path })).sort((a, b) => (a.path < b.path ? -1 : 1)),
  });
}
