/**
 * Giving, and taking from a login that stays: each login is brought to what the verified manifest means. Nothing is
 * given without keyward's boundary, and what only takes away is attached before what gives.
 */
import { formatInstant } from '../../core/access/index.ts';
import type { Instant } from '../../core/access/index.ts';
import type { Failed } from '../../core/texts/index.ts';
import type { Random } from '../../world.ts';
import { mustBe, writeTo } from './bound.ts';
import type { Who } from './bound.ts';
import { nameOf, NOT_SEEN_YET, orMissing, whyNot } from './iam.ts';
import type { Caller } from './iam.ts';
import type { Meant } from './meant.ts';
import { isDeniedAll } from './observed.ts';
import type { Held } from './credentials.ts';
import type { EndPolicy } from './ends.ts';
import { takingExtras } from './extras.ts';
import type { ManagedUser } from './observed.ts';
import { Ended, once, takePassword } from './quarantine.ts';
import type { Taken } from './quarantine.ts';
import { newPassword } from './password.ts';
import { DENY_ALL, TAGS, UNTIL_PREFIX, untilPolicy } from './settings.ts';
import type { AwsSettings } from './settings.ts';

/** Takes a password to the person it is for, or is not there: then nobody gets one. It is kept nowhere. */
export type HandOver = (target: string, account: string, password: string) => Promise<void>;

export interface Giving {
  readonly caller: Caller;
  readonly settings: AwsSettings;
  readonly target: { readonly id: string; readonly name: string };
  readonly random: Random;
  readonly now: Instant;
  /** Policies for the ends of single rights, to be made where they are not there yet. */
  readonly ends: readonly EndPolicy[];
  readonly handOver: HandOver | undefined;
}

/**
 * Never throws for what AWS does: what could not be done is in `failed`. Nothing is given to a login that still has what
 * it is not meant to have, or has not its boundary.
 */
export async function bring(giving: Giving, meant: Meant, user: ManagedUser | undefined, has: Held | undefined): Promise<Taken & { readonly changed: boolean }> {
  const ended = new Ended();
  const failed: Failed[] = [];
  let changed = false;
  const attempt = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      if ((await work()) === true) changed = true;
    } catch (error) {
      const why = error instanceof NameTaken ? 'account-taken: another login of this name is there' : whyNot(error);
      failed.push({ what, subject: meant.id, why });
    }
  };
  const takes = user === undefined || has === undefined ? [] : tightening(giving, meant, user, has, ended);
  // What was listed by name is theirs only if the name still is.
  if (user !== undefined && takes.length > 0) await attempt('take', () => mustBe(giving.caller, user));
  // One that fails keeps none of the others back.
  if (failed.length === 0) for (const work of takes) await attempt('take', async () => (await work(), true));
  let who: Who | undefined = user;
  if (failed.length === 0)
    await attempt('give', async () => {
      who ??= await create(giving, meant);
      return (await give(giving, meant, who, user)) || user === undefined;
    });
  const lacks = meant.console && has?.password !== true;
  const [to] = who === undefined ? [] : [who];
  if (lacks && to !== undefined && failed.length === 0) await attempt('console', () => openConsole(giving, meant, to));
  if (lacks && giving.handOver === undefined)
    failed.push({ what: 'console', subject: meant.id, why: 'its password can be shown to nobody here: deliver on a terminal, or name a file with --passwords' });
  return { ended: ended.of({ id: meant.id, name: meant.name }), failed, changed };
}

class NameTaken extends Error {}

/** What it has and is not meant to have, each to be taken by itself; the boundary it lacks first of all. */
function tightening({ caller, settings, now }: Giving, meant: Meant, user: ManagedUser, has: Held, ended: Ended): readonly (() => Promise<unknown>)[] {
  const UserName = user.name;
  return [
    ...(user.boundary === settings.boundary || isDeniedAll(user) ? [] : [() => bind(caller, settings, user)]),
    ...takingExtras(caller, settings, meant, user, has, now, ended),
    ...(has.password && !meant.console ? [() => takePassword(caller, user, ended)] : []),
    ...extraGroups(meant, user).map(
      (GroupName) => () => once(ended, 'group', () => writeTo(caller, user, 'take-group', (iam, options) => iam.removeUserFromGroup({ UserName, GroupName }, options), GroupName)),
    ),
    ...extraPolicies(meant, user).map(
      (PolicyArn) => () => once(ended, 'policy', () => writeTo(caller, user, 'take-policy', (iam, options) => iam.detachUserPolicy({ UserName, PolicyArn }, options), PolicyArn)),
    ),
    ...user.inline.map(
      (PolicyName) => () => once(ended, 'policy', () => writeTo(caller, user, 'delete-policy', (iam, options) => iam.deleteUserPolicy({ UserName, PolicyName }, options), PolicyName)),
    ),
  ];
}

async function bind(caller: Caller, settings: AwsSettings, user: Who): Promise<void> {
  await writeTo(caller, user, 'bind', (iam, options) => iam.putUserPermissionsBoundary({ UserName: user.name, PermissionsBoundary: settings.boundary }, options));
}

export function extraGroups(meant: Meant, user: ManagedUser): readonly string[] {
  return user.groups.filter((group) => !meant.groups.includes(group));
}

/**
 * The deny is no extra: it is taken off last, when everything else is as it is meant. What denies from a time on goes
 * after what it denies.
 */
export function extraPolicies(meant: Meant, user: ManagedUser): readonly string[] {
  const extra = user.policies.filter((arn) => arn !== DENY_ALL && !meant.policies.includes(arn) && !meant.fences.includes(arn));
  const isEnd = (arn: string): boolean => arn.includes(`/${UNTIL_PREFIX}`);
  return [...extra.filter((arn) => !isEnd(arn)), ...extra.filter(isEnd)];
}

/** Throws where the name is taken by somebody who is not this one. */
async function create({ caller, settings, target }: Giving, meant: Meant): Promise<Who> {
  const { id, name: UserName } = meant;
  const Tags = [
    { Key: TAGS.id, Value: id },
    { Key: TAGS.target, Value: target.id },
  ];
  try {
    const made = await caller.write('create-login', `${id} ${UserName}`, (iam, options) =>
      iam.createUser({ UserName, Path: settings.path, PermissionsBoundary: settings.boundary, Tags }, options),
    );
    return { id, name: UserName, userId: made.User?.UserId ?? '', fresh: true };
  } catch (error) {
    if (nameOf(error) !== 'EntityAlreadyExistsException') throw error;
  }
  // An answer that was lost looks the same as a namesake; its tags tell them apart.
  const { User: found } = await caller.call((iam, options) => iam.getUser({ UserName }, options), NOT_SEEN_YET);
  const tags = new Map((found?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  const isOurs = found?.Path === settings.path && tags.get(TAGS.id) === id && tags.get(TAGS.target) === target.id;
  if (!isOurs || found.PermissionsBoundary?.PermissionsBoundaryArn !== settings.boundary) throw new NameTaken();
  return { id, name: UserName, userId: found.UserId ?? '', fresh: true };
}

/** Whether anything was given. */
async function give({ caller, settings, ends }: Giving, meant: Meant, who: Who, user: ManagedUser | undefined): Promise<boolean> {
  const UserName = meant.name;
  const fences = meant.fences.filter((arn) => user?.policies.includes(arn) !== true);
  const policies = meant.policies.filter((arn) => user?.policies.includes(arn) !== true);
  const groups = meant.groups.filter((group) => user?.groups.includes(group) !== true);
  for (const policy of ends.filter(({ arn }) => fences.includes(arn))) await makePolicy(caller, settings, policy);
  const until = meant.until === undefined ? undefined : untilPolicy(settings, formatInstant(meant.until));
  if (meant.until !== undefined && until !== undefined && fences.includes(until)) await makePolicy(caller, settings, { arn: until, document: untilDocument(formatInstant(meant.until)) });
  for (const PolicyArn of [...fences, ...policies]) await writeTo(caller, who, 'give-policy', (iam, options) => iam.attachUserPolicy({ UserName, PolicyArn }, options), PolicyArn);
  for (const GroupName of groups) await writeTo(caller, who, 'give-group', (iam, options) => iam.addUserToGroup({ UserName, GroupName }, options), GroupName);
  const isOut = user !== undefined && (isDeniedAll(user) || user.out !== undefined);
  if (isOut) await free(caller, settings, user);
  return isOut || fences.length + policies.length + groups.length > 0;
}

/** Back in, by a release that k signed: the deny goes last, so that nothing opens before it is as it is meant. */
async function free(caller: Caller, settings: AwsSettings, user: ManagedUser): Promise<void> {
  const UserName = user.name;
  if (user.boundary !== settings.boundary) await bind(caller, settings, user);
  if (user.policies.includes(DENY_ALL)) await orMissing(writeTo(caller, user, 'free', (iam, options) => iam.detachUserPolicy({ UserName, PolicyArn: DENY_ALL }, options)));
  await writeTo(caller, user, 'unmark', (iam, options) => iam.untagUser({ UserName, TagKeys: [TAGS.out] }, options));
}

/** A policy that denies from a time on. It is never changed, so one that is there already is the right one. */
async function makePolicy(caller: Caller, settings: AwsSettings, { arn, document: PolicyDocument }: EndPolicy): Promise<void> {
  const PolicyName = arn.slice(arn.lastIndexOf('/') + 1);
  try {
    await caller.write('make-policy', PolicyName, (iam, options) => iam.createPolicy({ PolicyName, Path: settings.path, PolicyDocument }, options));
  } catch (error) {
    if (nameOf(error) !== 'EntityAlreadyExistsException') throw error;
  }
}

export function untilDocument(time: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Action: '*', Resource: '*', Condition: { DateGreaterThan: { 'aws:CurrentTime': time } } }],
  });
}

/** The password goes to its person first: one that was handed over and not set opens nothing. */
async function openConsole({ caller, settings, target, random, handOver }: Giving, meant: Meant, who: Who): Promise<boolean> {
  if (handOver === undefined) return false;
  const UserName = meant.name;
  const Password = newPassword(random, settings.password.length);
  await handOver(target.name, UserName, Password);
  const set = (): Promise<unknown> => writeTo(caller, who, 'give-password', (iam, options) => iam.createLoginProfile({ UserName, Password, PasswordResetRequired: true }, options));
  try {
    await set();
  } catch (error) {
    if (nameOf(error) !== 'EntityAlreadyExistsException') throw error;
    // Perhaps our own, whose answer was lost; certain is only one that is made again.
    await orMissing(writeTo(caller, who, 'take-password', (iam, options) => iam.deleteLoginProfile({ UserName }, options)));
    await set();
  }
  return true;
}
