/** What this device itself verified, and that nobody can take it back to an older state. */
import { Failure } from '../core/failure.ts';
import { everInForce } from '../core/texts/index.ts';
import type { Settings, World } from '../world.ts';
import type { Clone } from './clone.ts';

/**
 * Remembers the newest release this device verified. Throws `trust` when the clone ends before it: then it is old, or
 * somebody cut it.
 */
export async function keepVerified(world: World, clone: Clone): Promise<void> {
  mustHoldVerified(clone);
  const newest = clone.chain?.newest;
  if (newest === undefined || clone.settings.verified?.hash === newest.hash) return;
  await note(world, clone.organization, { verified: { number: newest.value.number, hash: newest.hash } });
}

/** The same look without remembering anything: for what only tells. */
export function mustHoldVerified(clone: Clone): void {
  const known = clone.settings.verified;
  if (known === undefined || everInForce(clone.chain).some((one) => one.hash === known.hash)) return;
  throw new Failure('trust', `this device verified release ${known.number}, and this clone does not hold it`, {
    next: 'pull; when that brings nothing, somebody has rewritten the repository: compare releases/ with a colleague',
  });
}

/** Changes single settings of this device and leaves the others. */
export async function note(world: World, organization: string, changed: Partial<Settings>): Promise<void> {
  await world.settings.write(organization, { ...(await world.settings.read(organization)), ...changed });
}
