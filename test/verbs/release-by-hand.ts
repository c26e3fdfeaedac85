/**
 * A release made straight from the core and signed by whoever is named, so that a test of what reads releases needs no
 * verb that makes them, and can make those that no verb would.
 */
import { parsePublicKey } from '../../src/core/ssh/public-key.ts';
import { compilePolicy } from '../../src/core/policy/index.ts';
import {
  draftRelease,
  hashOf,
  inputs as inputsText,
  manifest,
  NAMESPACES,
  release as releaseText,
  renderer,
} from '../../src/core/texts/index.ts';
import type { Release } from '../../src/core/texts/index.ts';
import type { World } from '../../src/world.ts';
import { INPUTS, mustCompile, readClone, toBytes } from '../../src/verbs/clone.ts';
import type { Clone } from '../../src/verbs/clone.ts';

export interface ByHand {
  readonly release: Release;
  readonly hash: string;
  readonly text: string;
  /** Everything but the signatures, by path. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** The release that the working tree means, with `changed` put over it. Nothing is written. */
export async function draftByHand(world: World, changed: Partial<Release> = {}): Promise<ByHand> {
  const clone = await readClone(world, { for: 'look' });
  const policy = mustCompile(compilePolicy(clone.files, clone.now, world.crypto.sha256));
  const manifests = new Map(manifestTexts(clone).map((text) => [hashOf(text, world.crypto), text]));
  const files = await world.repository.read(INPUTS);
  const inputs = inputsText.write({
    inputs: [...files].map(([path, bytes]) => ({ hash: hashOf(bytes, world.crypto), path })),
  });
  const parts = {
    organization: policy.organization,
    number: (clone.chain?.newest.value.number ?? 0) + 1,
    issued: clone.now,
    inputs: hashOf(inputs, world.crypto),
    receiver: (await world.receiver()).hash,
    threshold: policy.threshold,
    signers: policy.signers,
    revocations: clone.revocations.map((one) => one.hash),
    undone: clone.revocations.filter((one) => policy.undone.includes(one.name)).map((one) => one.hash),
    manifests: manifests.keys(),
  };
  const release = { ...draftRelease(clone.chain?.newest, parts, world.crypto), ...changed };
  const text = releaseText.write(release);
  const folder = `releases/${release.number}`;
  const made = new Map([...manifests].map(([hash, written]) => [`${folder}/manifest-${hash}`, toBytes(written)]));
  made.set(`${folder}/inputs`, toBytes(inputs)).set(`${folder}/release`, toBytes(text));
  return { release, hash: hashOf(text, world.crypto), text, files: made };
}

function manifestTexts({ policy, revocations, organization }: Clone): readonly string[] {
  const isUndone = (name: string): boolean => policy.undone.includes(name);
  const render = renderer({
    organization,
    people: policy.people,
    couriers: policy.couriers.flatMap((courier) => courier.keys),
    counted: revocations.filter((one) => !isUndone(one.name)).map((one) => one.value),
    undone: revocations.filter((one) => isUndone(one.name)).map((one) => one.value),
  });
  return [
    ...policy.servers.map((server) => render.server(server, policy.grants.sumsOn(server.id))),
    ...policy.providers.map((provider) => render.provider(provider, provider.grants)),
  ].map((value) => manifest.write(value));
}

/** Writes the release and the signature of everybody named; `world` is the one of the signer asked for. */
export async function releaseByHand(
  by: readonly string[],
  worldOf: (handle: string) => Promise<World>,
  changed: Partial<Release> = {},
): Promise<ByHand> {
  const [first] = by;
  if (first === undefined) throw new Error('somebody must make the release');
  const made = await draftByHand(await worldOf(first), changed);
  const { repository } = await worldOf(first);
  await repository.write(made.files);
  for (const handle of by) await signByHand(await worldOf(handle), handle, made);
  return made;
}

export async function signByHand(world: World, handle: string, { release, text, hash }: ByHand): Promise<void> {
  const settings = await world.settings.read(release.organization);
  const { publicLine = '', file } = settings.signingKey ?? {};
  const signature = await world.signing.sign(parsePublicKey(publicLine), file, NAMESPACES.release, toBytes(text));
  await world.repository.write(new Map([[`releases/${release.number}/${handle}.sig`, toBytes(signature)]]));
  if (release.number === 1) await world.settings.write(release.organization, { ...settings, firstRelease: hash });
}
