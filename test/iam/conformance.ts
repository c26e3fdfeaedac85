/**
 * What a service must do to be taken for IAM: one expectation a rule, each written against the SDK (or a request signed
 * by hand) alone, so that it runs against any endpoint. It makes users, groups, policies and a password policy and
 * leaves them behind: for imitations, never for an account that somebody uses.
 */
import { authorizing } from './conformance/authorizing.ts';
import { credentials } from './conformance/credentials.ts';
import { deleting } from './conformance/deleting.ts';
import { mfa } from './conformance/mfa.ts';
import { paging } from './conformance/paging.ts';
import { policies } from './conformance/policies.ts';
import { protocol } from './conformance/protocol.ts';
import { reports } from './conformance/reports.ts';
import { sessions } from './conformance/sessions.ts';
import { usersAndGroups } from './conformance/users-and-groups.ts';
import type { Chapter, World } from './conformance/world.ts';

export { World } from './conformance/world.ts';

/** The expectations by chapter. */
export const CHAPTERS: Readonly<Record<string, Chapter>> = {
  'users and groups': usersAndGroups,
  policies,
  credentials,
  'MFA devices': mfa,
  'deleting a user': deleting,
  paging,
  authorization: authorizing,
  sessions,
  reports,
  protocol,
};

export interface Verdict {
  readonly looked: number;
  /** `chapter: expectation` → why it is not met. */
  readonly unmet: ReadonlyMap<string, string>;
}

/** Tries every expectation, one after another. */
export async function verdict(world: World): Promise<Verdict> {
  const unmet = new Map<string, string>();
  let looked = 0;
  for (const [title, chapter] of Object.entries(CHAPTERS)) {
    for (const [name, check] of Object.entries(chapter)) {
      looked += 1;
      try {
        await check(world);
      } catch (error) {
        unmet.set(
          `${title}: ${name}`,
          (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n', 1)[0] ?? '',
        );
      }
    }
  }
  return { looked, unmet };
}
