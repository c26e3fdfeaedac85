/**
 * What this clone of the policy repository holds, read once and verified: the compiled policy, the chain of releases,
 * the drafts behind it, the revocations. Everything else in verbs/ starts from here.
 */
import type { Instant } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { compilePolicy } from '../core/policy/index.ts';
import type { Compilation, Compiled, PolicyFiles } from '../core/policy/index.ts';
import {
  everInForce,
  hashOf,
  joinSigned,
  listedRevocations,
  NAMESPACES,
  reasonOf,
  release,
  splitSigned,
  verifyChain,
  verifyRevocation,
  withoutStrangers,
} from '../core/texts/index.ts';
import type { Chain, RefusedRelease, Revocation, SignerSet, TextCrypto } from '../core/texts/index.ts';
import type { Settings, Signed, World } from '../world.ts';
import { latin1, toBytes } from './bytes.ts';
import { readReleases } from './stored-releases.ts';
import type { ManifestRead, StoredReleases } from './stored-releases.ts';

export { latin1, toBytes };

/** What a policy is made of; everything else in the repository is an outcome of it. */
export const INPUTS = ['access-policy.yaml', 'access-policy.d', 'keys', 'servers', 'signers', 'couriers', 'revoked'] as const;

/** A revocation that proved itself. */
export interface HeldRevocation {
  /** The file's name in `revoked/`: `bob-1a2b3c4d`. */
  readonly name: string;
  readonly hash: string;
  readonly value: Revocation;
  readonly signed: Signed;
  /** Whether the newest release lists it: then a server that took the release has it already. */
  readonly listed: boolean;
}

/** A file in `revoked/` that does not count, and why. */
export interface IdleRevocation {
  readonly name: string;
  readonly why: string;
}

export interface Clone extends Here {
  readonly organization: string;
  readonly settings: Settings;
  /** As it lies here; where that has errors, and only what was signed is asked for, the one in-force.ts found. */
  readonly policy: Compiled;
  /** Undefined until release 1 has all its signatures. */
  readonly chain: Chain | undefined;
  /** False where nobody compared the fingerprint of release 1 on this device: good enough to look, not to act. */
  readonly trusted: boolean;
  /** Releases that lie there and are not believed: drafts that wait for signatures among them. */
  readonly refused: readonly RefusedRelease[];
  readonly revocations: readonly HeldRevocation[];
  readonly idle: readonly IdleRevocation[];
  /** The text of a manifest by its hash; throws when the repository lacks it. */
  manifestText(hash: string): string;
  /** The manifest of this hash, read once however many ask; throws as `manifestText` does. */
  manifest(hash: string): ManifestRead;
  /** The manifest of every target of a release, by target id. */
  manifestsOf(hashes: readonly string[]): ReadonlyMap<string, ManifestRead>;
  /** Where they were left for later: from now on these can be read. */
  loadManifests(hashes: readonly string[]): Promise<void>;
}

export interface Reading {
  /** `act`: the fingerprint of release 1 must be known on this device. `look`: what lies there is taken, and said. */
  readonly for: 'act' | 'look';
  /** `later`: none is read before `loadManifests` is asked for it. */
  readonly manifests?: 'later';
}

/** The policy as it lies in this folder. */
export interface Here {
  readonly now: Instant;
  readonly files: PolicyFiles;
  readonly compilation: Compilation;
}

export async function readHere(world: World): Promise<Here> {
  const now = world.clock.now();
  const files = await world.repository.read(INPUTS);
  return { now, files, compilation: compilePolicy(files, now, world.crypto.sha256) };
}

/** Reads and verifies. Throws `policy` with every finding when the policy has an error, `trust` when nothing can be judged. */
export async function readClone(world: World, reading: Reading): Promise<Clone> {
  const here = await readHere(world);
  const policy = mustCompile(here.compilation);
  return cloneOf(world, reading, here, policy.organization, async () => policy);
}

/** The same with a policy that is chosen once the chain is known. */
export async function cloneOf(world: World, reading: Reading, here: Here, organization: string, choose: (chain: Chain | undefined) => Promise<Compiled>): Promise<Clone> {
  const settings = { ...(await world.settings.read(organization)), ...world.given };
  const stored = await readReleases(world);
  const { manifests } = stored;
  if (reading.manifests !== 'later') await manifests.load();
  const start = trustedStart(stored, settings, reading, world.crypto);
  const chain = start === undefined ? undefined : verifyChain(stored.releases, start, world.crypto);
  mustBeOf(organization, chain);
  const policy = await choose(chain);
  const { held, idle } = sortRevocations(here.files, policy, chain, world.crypto);
  return {
    ...here,
    organization,
    settings,
    policy,
    chain,
    trusted: settings.firstRelease !== undefined,
    refused: chain?.refused ?? asDrafts(stored, world.crypto),
    revocations: held,
    idle,
    manifestText: (hash) => manifests.text(hash),
    manifest: (hash) => manifests.read(hash),
    manifestsOf: (hashes) => new Map(hashes.map((hash) => manifests.read(hash)).map((one) => [one.value.target as string, one])),
    loadManifests: (hashes) => manifests.load(hashes),
  };
}

/** What a device knows is kept by the name: whoever may write here must not have it forget by another one. */
function mustBeOf(organization: string, chain: Chain | undefined): void {
  const signed = chain?.newest.value.organization;
  if (signed === undefined || signed === organization) return;
  throw new Failure('trust', `the policy here is of an organization ${organization}, and the releases are of ${signed}`, {
    place: { file: 'access-policy.yaml' },
    next: `write \`organization: ${signed}\` again: an organization keeps its name`,
  });
}

/** `next` is what to do where the errors are not of the files but of what was about to be written. */
export function mustCompile(compilation: Compilation, next = 'correct the lines above, then `keyward check`'): Compiled {
  if (compilation.policy !== undefined) return compilation.policy;
  const errors = compilation.findings.filter((finding) => finding.severity === 'error').length;
  throw new Failure('policy', `the policy has ${errors} ${errors === 1 ? 'error' : 'errors'}; nothing was done`, {
    findings: compilation.findings,
    next,
  });
}

/** The release whose fingerprint this device knows, release 1 or one that begins anew; to look, release 1 as it lies there. */
function trustedStart(stored: StoredReleases, settings: Settings, reading: Reading, crypto: TextCrypto) {
  if (settings.firstRelease !== undefined) {
    const hash = settings.firstRelease;
    if (isComplete(stored, hash, crypto)) return { hash };
    mustBeNoOther(stored, hash, crypto);
    // A release 1 that waits for signatures begins no chain yet.
    return undefined;
  }
  const first = stored.releases.find((signed) => numberOf(signed) === 1);
  if (first === undefined) return undefined;
  const hash = hashOf(first.text, crypto);
  if (!isComplete(stored, hash, crypto)) return undefined;
  if (reading.for === 'look') return { number: 1, hash };
  throw new Failure('trust', 'this device does not know yet which release 1 is the right one', {
    next: '`keyward init` shows its fingerprint, to be compared with a colleague; a pipeline sets KEYWARD_FIRST_RELEASE',
  });
}

/** Another release 1 with all its signatures: this device was shown a different one, and only a person can tell which is right. */
function mustBeNoOther(stored: StoredReleases, hash: string, crypto: TextCrypto): void {
  const other = stored.releases.find((signed) => numberOf(signed) === 1 && isComplete(stored, hashOf(signed.text, crypto), crypto));
  if (other === undefined) return;
  throw new Failure('trust', `release 1 here is not the one this device was told of (${hash.slice(0, 12)}…)`, {
    next: 'compare its fingerprint with a colleague: `keyward init`',
  });
}

function isComplete(stored: StoredReleases, hash: string, crypto: TextCrypto): boolean {
  const signed = stored.releases.find(({ text }) => hashOf(text, crypto) === hash);
  if (signed === undefined) return false;
  try {
    verifyChain([signed], { hash }, crypto);
    return true;
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === 'signature-missing' || reason === 'below-threshold') return false;
    throw error;
  }
}

function numberOf(signed: Signed): number | undefined {
  return Number(/^number ([1-9]\d{0,8})$/m.exec(signed.text)?.[1] ?? Number.NaN);
}

/** Before release 1 is complete everything that lies there is a draft. */
function asDrafts(stored: StoredReleases, crypto: TextCrypto): readonly RefusedRelease[] {
  return stored.releases.flatMap((signed) => {
    try {
      const value = release.parse(signed.text);
      return [{ reason: 'below-threshold' as const, message: 'waits for signatures', hash: hashOf(signed.text, crypto), signed, value }];
    } catch {
      return [];
    }
  });
}

/** The set that says which revocations count: of the newest release, or, before there is one, the policy's own signers. */
export function signerSetOf(policy: Compiled, chain: Chain | undefined): SignerSet {
  if (chain !== undefined) return chain.newest.value;
  const signers = policy.signers.flatMap((signer) => signer.keys.map((key) => ({ id: signer.id, key })));
  return { signerSet: 1, threshold: policy.threshold, signers };
}

function sortRevocations(files: PolicyFiles, policy: Compiled, chain: Chain | undefined, crypto: TextCrypto) {
  const listed = chain === undefined ? new Set<string>() : listedRevocations(chain.newest.value);
  const held: HeldRevocation[] = [];
  const idle: IdleRevocation[] = [];
  for (const [path, bytes] of files) {
    if (!path.startsWith('revoked/')) continue;
    const name = path.slice('revoked/'.length);
    try {
      held.push(takeRevocation(name, latin1(bytes), policy, chain, listed, crypto));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      idle.push({ name, why: error.message });
    }
  }
  return { held, idle };
}

/** One that a release lists counted when it was first taken, whoever signs today; any other must be signed by a signer of now. */
function takeRevocation(name: string, stored: string, policy: Compiled, chain: Chain | undefined, listed: ReadonlySet<string>, crypto: TextCrypto): HeldRevocation {
  const signed = splitSigned(stored, 'revocation', `revoked/${name}`);
  const hash = hashOf(signed.text, crypto);
  const sets = listed.has(hash) ? everInForce(chain).map((one) => one.value) : [signerSetOf(policy, chain)];
  let last: unknown;
  for (const set of sets.toReversed()) {
    try {
      const { value } = verifyRevocation(signed, policy.organization, set, crypto, `revoked/${name}`);
      return { name, hash, value, signed: withoutStrangers(signed, [set], NAMESPACES.revocation, crypto), listed: listed.has(hash) };
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** The file a revocation is kept in. */
export function revocationFile(handle: string, hash: string, signed: Signed): readonly [string, Uint8Array] {
  return [`revoked/${handle}-${hash.slice(0, 8)}`, toBytes(joinSigned(signed))];
}
