/**
 * Everybody who is out, denied. A login is found by its marks and held by its UserId; who had rights may have moved it, and
 * the account's list may be older than the login. Where somebody is not found it is looked again after a change has had
 * time to be seen, and what cannot be told is named: never "done" because nobody was seen.
 */
import type { Instant, SubjectId } from '../../core/access/index.ts';
import type { Failed, Running } from '../../core/texts/index.ts';
import type { TargetPlace } from '../../world.ts';
import { whyNot } from './iam.ts';
import type { Caller } from './iam.ts';
import { observe } from './observed.ts';
import type { ManagedUser, Observed, SeenUser } from './observed.ts';
import { quarantine } from './quarantine.ts';
import { TAGS } from './settings.ts';
import type { AwsSettings } from './settings.ts';

export interface TakingOut {
  readonly caller: Caller;
  readonly settings: AwsSettings;
  readonly place: TargetPlace;
  readonly now: Instant;
  readonly observed: Observed;
  /** The ids that are out, by revocations and the manifest. */
  readonly ids: ReadonlySet<string>;
  /** The logins to be denied: of those ids, and those that a release does not list. */
  readonly logins: readonly ManagedUser[];
  /** What the signed manifest gives to ids that are out. */
  readonly listed: readonly { readonly id: SubjectId; readonly account: string }[];
  /** ARNs of logins elsewhere that the signed manifest knows of. */
  readonly accepted: ReadonlySet<string>;
}

export interface Out {
  /** At rest: everything denied, and since when. */
  readonly denied: readonly { readonly user: ManagedUser; readonly since: Instant }[];
  readonly ended: readonly Running[];
  readonly failed: readonly Failed[];
}

interface Tried extends Out {
  /** Not there by that name any more. */
  readonly gone: readonly ManagedUser[];
}

/** Never throws for what AWS does. */
export async function takeOut(taking: TakingOut): Promise<Out> {
  const first = await denyEach(taking, taking.logins);
  const missing = taking.listed.filter(({ id }) => !taking.observed.managed.some((user) => user.id === id));
  if (first.gone.length + missing.length === 0) return { ...first, failed: [...first.failed, ...strays(taking, taking.observed, [])] };
  try {
    const second = await lookAgain(taking, first.gone, missing);
    return { denied: [...first.denied, ...second.denied], ended: [...first.ended, ...second.ended], failed: [...first.failed, ...second.failed] };
  } catch (error) {
    const why = `it could not be looked again: ${whyNot(error)}`;
    return { ...first, failed: [...first.failed, ...[...first.gone, ...missing].map(({ id }) => failed(id, why))] };
  }
}

/** For logins that went out of sight, and for people of whom none was seen. */
async function lookAgain(taking: TakingOut, gone: readonly ManagedUser[], missing: TakingOut['listed']): Promise<Out> {
  await taking.caller.rest(taking.caller.settle);
  const again = await observe(taking.caller, taking.settings, taking.place);
  const lost = new Map(gone.map(({ userId, id }) => [userId, id]));
  const tried = new Set(taking.logins.map(({ userId }) => userId).filter((userId) => !lost.has(userId)));
  const more = await denyEach(
    taking,
    again.managed.filter((user) => !tried.has(user.userId) && (lost.has(user.userId) || taking.ids.has(user.id))),
  );
  const moved = again.others.filter(({ userId }) => lost.has(userId));
  const still = missing.filter(({ id }) => !again.managed.some((user) => user.id === id));
  return {
    ...more,
    failed: [
      ...more.failed,
      ...more.gone.map(({ id }) => failed(id, 'its login is renamed again and again')),
      ...moved.map((user) => elsewhere(lost.get(user.userId) ?? '', user)),
      ...strays(taking, again, still),
    ],
  };
}

async function denyEach({ caller, settings, now }: TakingOut, logins: readonly ManagedUser[]): Promise<Tried> {
  const all = await Promise.all(logins.map(async (user) => ({ user, taken: await quarantine(caller, settings, user, now) })));
  return {
    denied: all.filter(({ taken }) => taken.failed.length === 0 && taken.gone !== true).map(({ user }) => ({ user, since: user.out ?? now })),
    ended: all.flatMap(({ taken }) => taken.ended),
    failed: all.flatMap(({ taken }) => taken.failed),
    gone: all.filter(({ taken }) => taken.gone === true).map(({ user }) => user),
  };
}

/** Logins that may be theirs and are not keyward's to touch: with their marks elsewhere, or under the path without marks. */
function strays({ ids, settings, place, accepted }: TakingOut, { others }: Observed, missing: TakingOut['listed']): readonly Failed[] {
  const marked = others.filter(({ tags }) => tags.get(TAGS.target) === place.id && ids.has(tags.get(TAGS.id) ?? ''));
  const unmarked = others.filter((user) => user.path.startsWith(settings.path) && !marked.includes(user) && !accepted.has(user.arn));
  return [
    ...marked.map((user) => elsewhere(user.tags.get(TAGS.id) ?? '', user)),
    ...missing.flatMap(({ id }) => unmarked.map((user) => failed(id, `its login is not found, and ${user.name} has no marks: whose is it?`))),
  ];
}

function elsewhere(id: string, user: SeenUser): Failed {
  return failed(id, `its login was moved out of keyward's path and is not touched there: ${user.arn}`);
}

function failed(subject: string, why: string): Failed {
  return { what: 'quarantine', subject, why };
}
