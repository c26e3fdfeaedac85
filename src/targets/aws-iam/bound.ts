/**
 * What is done to a user by its name. Names are used again, UserIds never, and AWS takes names only: so each such call asks
 * first whose the name is. Between the question and the call lies one round trip, and a change may be seen late.
 */
import type { IAM } from '@aws-sdk/client-iam';
import type { SubjectId } from '../../core/access/index.ts';
import { Gone, orMissing } from './iam.ts';
import type { Caller, With } from './iam.ts';

export interface Who {
  readonly id: SubjectId;
  readonly name: string;
  readonly userId: string;
}

/** What a step is about, for the journal: the person's id, the UserId, and what of theirs. */
export function subjectOf({ id, userId }: Who, of?: string): string {
  return [id, userId, ...(of === undefined ? [] : [of])].join(' ');
}

/** By the name alone. Throws `Gone` instead of reaching a namesake. */
export async function writeTo<T>(caller: Caller, user: Who, step: string, work: (iam: IAM, options: With) => Promise<T>, of?: string): Promise<T> {
  if (!(await isStill(caller, user))) throw new Gone();
  return caller.write(step, subjectOf(user, of), work);
}

/** By an id of AWS's that is never used again: with another user's name it is not found. */
export async function writeOf<T>(caller: Caller, user: Who, step: string, of: string, work: (iam: IAM, options: With) => Promise<T>): Promise<T> {
  return caller.write(step, subjectOf(user, of), work);
}

export async function isStill(caller: Caller, { name: UserName, userId }: Who): Promise<boolean> {
  const found = await orMissing(caller.call((iam, options) => iam.getUser({ UserName }, options)));
  return found?.User?.UserId === userId;
}
