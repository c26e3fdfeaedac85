/** The order of the scenes. */
import { giveAdminLogins } from './admin-logins.ts';
import type { Cast } from './cast.ts';
import { beginOrganization, startServers } from './beginning.ts';
import { enrollServers } from './enrolling.ts';
import { findKeyByHand } from './key-by-hand.ts';
import { offboardCarol } from './leaving-everywhere.ts';
import { logIn } from './logging-in.ts';
import { offboardBob } from './offboarding.ts';
import { onboard } from './onboarding.ts';
import { proveAfterwards } from './proofs.ts';
import { signAndDeliver } from './signing.ts';

export async function tell({ stage, narrator, checks }: Pick<Cast, 'stage' | 'narrator' | 'checks'>): Promise<void> {
  narrator.says('keyward in one story: who gets in, who does not, and how somebody is taken out.');
  narrator.gap();
  narrator.says(`A line behind "alice$" is really typed on her device, and what follows is what came back, with … where it
    is shortened. Behind "ok" stands what the demo looked at itself, from outside keyward wherever that can be done.`);
  const cast: Cast = await startServers(stage, narrator, checks);
  await beginOrganization(cast);
  await enrollServers(cast);
  await onboard(cast);
  await signAndDeliver(cast);
  await logIn(cast);
  await offboardBob(cast);
  await proveAfterwards(cast);
  const aws = await giveAdminLogins(cast);
  await findKeyByHand(aws);
  await offboardCarol(aws);
}
