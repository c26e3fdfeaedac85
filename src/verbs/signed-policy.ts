/**
 * The policy that a release was made from, byte for byte: the files as they lie here, else as version control has them.
 * Version control is not believed: a file counts by the hash that the release signed.
 */
import { compilePolicy } from '../core/policy/index.ts';
import type { Compilation, Compiled, PolicyFiles } from '../core/policy/index.ts';
import { hashOf, inputs as inputsText } from '../core/texts/index.ts';
import type { VerifiedRelease } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { latin1 } from './clone.ts';

export interface SignedPolicy {
  readonly files: PolicyFiles;
  readonly compilation: Compilation;
  readonly policy: Compiled;
}

/** Undefined where a file of it is found neither here nor in version control. */
export async function signedPolicy(world: World, here: PolicyFiles, release: VerifiedRelease): Promise<SignedPolicy | undefined> {
  const listed = await inputsOf(world, release);
  if (listed === undefined) return undefined;
  const files = new Map<string, Uint8Array>();
  for (const { path, hash } of listed) {
    const bytes = await bytesOf(world, here, path, hash);
    if (bytes === undefined) return undefined;
    files.set(path, bytes);
  }
  const compilation = compilePolicy(files, release.value.issued, world.crypto.sha256);
  const { policy } = compilation;
  return policy === undefined ? undefined : { files, compilation, policy };
}

/** Whether the policy as it is written here, without keys and the like, is byte for byte the one the release was made from. */
export async function isWrittenAs(world: World, here: PolicyFiles, release: VerifiedRelease): Promise<boolean> {
  const isWritten = (path: string): boolean => path.startsWith('access-policy.');
  const listed = (await inputsOf(world, release))?.filter(({ path }) => isWritten(path));
  if (listed === undefined || listed.length !== [...here.keys()].filter(isWritten).length) return false;
  return listed.every(({ path, hash }) => isIt(world, here.get(path), hash));
}

async function inputsOf(world: World, { value }: VerifiedRelease) {
  const path = `releases/${value.number}/inputs`;
  const bytes = (await world.repository.read([path])).get(path);
  if (bytes === undefined || hashOf(latin1(bytes), world.crypto) !== value.inputs) return undefined;
  return inputsText.parse(latin1(bytes), path).inputs;
}

/** The file as it lies here, else the version of it that has this hash. */
async function bytesOf(world: World, here: PolicyFiles, path: string, hash: string): Promise<Uint8Array | undefined> {
  const found = here.get(path);
  if (isIt(world, found, hash)) return found;
  let then: Uint8Array | undefined;
  await world.repository.history([path], (_, versions) => (then = versions.find((bytes) => isIt(world, bytes, hash))));
  return then;
}

function isIt({ crypto }: World, bytes: Uint8Array | undefined, hash: string): boolean {
  return bytes !== undefined && hashOf(bytes, crypto) === hash;
}
