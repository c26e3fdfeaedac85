/**
 * What is done to a user by its name. Names are used again, UserIds never, and AWS takes names only: so each such call asks
 * first whose the name is. Between the question and the call lies one round trip, and a change may be seen late.
 */
import type { IAM } from '@aws-sdk/client-iam';
import type { SubjectId } from '../../core/access/index.ts';
import { Gone, NOT_SEEN_YET, orMissing } from './iam.ts';
import type { Caller, With } from './iam.ts';
import { allCredentials } from './observed.ts';
import type { AllCredentials } from './observed.ts';

export interface Who {
  readonly id: SubjectId;
  readonly name: string;
  readonly userId: string;
  /** Made by this run, so it may not be seen yet. */
  readonly fresh?: boolean;
}

/** What a step is about, for the journal: the person's id, the UserId, and what of theirs. */
export function subjectOf({ id, userId }: Who, of?: string): string {
  return [id, userId, ...(of === undefined ? [] : [of])].join(' ');
}

/** By the name alone. Throws `Gone` instead of reaching a namesake. */
export async function writeTo<T>(caller: Caller, user: Who, step: string, work: (iam: IAM, options: With) => Promise<T>, of?: string): Promise<T> {
  await mustBe(caller, user);
  return caller.write(step, subjectOf(user, of), work, user.fresh === true ? NOT_SEEN_YET : undefined);
}

/** By an id of AWS's that is never used again; it was found to be theirs (`ownCredentials`). */
export async function writeOf<T>(caller: Caller, user: Who, step: string, of: string, work: (iam: IAM, options: With) => Promise<T>): Promise<T> {
  return caller.write(step, subjectOf(user, of), work);
}

/** Throws `Gone`. */
export async function mustBe(caller: Caller, user: Who): Promise<void> {
  if (!(await isStill(caller, user))) throw new Gone();
}

export async function isStill(caller: Caller, { name: UserName, userId, fresh = false }: Who): Promise<boolean> {
  const found = await orMissing(caller.call((iam, options) => iam.getUser({ UserName }, options), fresh ? NOT_SEEN_YET : undefined));
  return found?.User?.UserId === userId;
}

/** Lists are by name as well, so it is asked after them whose they were. Throws `Gone`. */
export async function ownCredentials(caller: Caller, user: Who): Promise<AllCredentials> {
  const all = await allCredentials(caller, user.name);
  await mustBe(caller, user);
  return all;
}
