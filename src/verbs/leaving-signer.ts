/**
 * What of a signer is left to be done when they are taken out: a revocation touches no signer (R21), so the next release
 * takes the right to sign away, and for that the signers who remain must be enough.
 */
import type { SubjectId } from '../core/access/index.ts';
import { compilePolicy } from '../core/policy/index.ts';
import { people } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { INPUTS, signerSetOf } from './clone.ts';
import type { Clone } from './clone.ts';
import { handlesOf } from './names.ts';

/** Who can still sign under the signer set in force, without the one who leaves. */
export interface LeavingSigner {
  /** How many people of the set in force must sign the release that leaves them out. */
  readonly needs: number;
  /** Handles of those of that set who remain. */
  readonly remain: readonly string[];
}

/** Undefined for who signs neither by the release in force nor by the policy. */
export function leavingSigner(clone: Clone, id: SubjectId): LeavingSigner | undefined {
  const set = signerSetOf(clone.policy, clone.chain);
  const signs = [...people(set)];
  if (!signs.some((one) => one === id) && !clone.policy.signers.some((signer) => signer.id === id)) return undefined;
  const left = new Set<string>(clone.policy.people.filter((one) => one.left !== undefined).map((one) => one.id));
  const remain = signs.filter((one) => one !== id && !left.has(one));
  return { needs: set.threshold, remain: handlesOf(clone, remain) };
}

/**
 * Who is a signer as well signs nothing that counts once the next release is in force: their files go now. They stay
 * where the policy would be none without them (too few signers for the threshold, no courier left): a policy with an
 * error would stop the very next delivery.
 */
export async function takeSigner(world: World, handle: string): Promise<readonly string[]> {
  // What was to be taken out is taken out by now: one strange file must not end the run before it has said so.
  const unread: string[] = [];
  const files = await world.repository.read(INPUTS, (path) => void unread.push(path));
  if (unread.length > 0) return [];
  const removed: string[] = [];
  for (const path of [`signers/${handle}.pub`, `couriers/${handle}.pub`]) {
    const without = new Map([...files].filter(([other]) => other !== path && !removed.includes(other)));
    const { policy } = compilePolicy(without, world.clock.now(), world.crypto.sha256);
    if (files.has(path) && policy !== undefined && policy.couriers.length > 0) removed.push(path);
  }
  await world.repository.remove(removed);
  return removed;
}
