/**
 * Giving, and taking from a login that stays: each login is brought to what the verified manifest means. Nothing is
 * given without keyward's boundary, and what only takes away is attached before what gives.
 */
import { formatInstant } from '../../core/access/index.ts';
import type { Failed } from '../../core/texts/index.ts';
import type { Random } from '../../world.ts';
import { nameOf, NOT_SEEN_YET, orMissing, whyNot } from './iam.ts';
import type { Caller } from './iam.ts';
import type { Meant } from './meant.ts';
import { isDeniedAll } from './observed.ts';
import type { Credentials, ManagedUser } from './observed.ts';
import { closeKeys, Ended, once } from './quarantine.ts';
import type { Taken } from './quarantine.ts';
import { newPassword } from './password.ts';
import { DENY_ALL, TAGS } from './settings.ts';
import type { AwsSettings } from './settings.ts';

/** Takes a password to the person it is for, or is not there: then nobody gets one. It is kept nowhere. */
export type HandOver = (target: string, account: string, password: string) => Promise<void>;

export interface Giving {
  readonly caller: Caller;
  readonly settings: AwsSettings;
  readonly target: { readonly id: string; readonly name: string };
  readonly random: Random;
  readonly handOver: HandOver | undefined;
}

/** Never throws for what AWS does: what could not be done is in `failed`. `gave`: the login is there now. */
export async function bring(giving: Giving, meant: Meant, user: ManagedUser | undefined, has: Credentials | undefined): Promise<Taken & { readonly changed: boolean }> {
  const ended = new Ended();
  const failed: Failed[] = [];
  const attempt = async (what: string, work: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await work();
    } catch (error) {
      failed.push({ what, subject: meant.id, why: whyNot(error) });
      return false;
    }
  };
  const took = user === undefined || has === undefined ? false : await attempt('take', () => tighten(giving, meant, user, has, ended));
  const gave = await attempt('give', async () => {
    if (user === undefined && !(await create(giving, meant))) {
      failed.push({ what: 'give', subject: meant.id, why: 'account-taken: another login of this name is there' });
      return false;
    }
    return (await give(giving, meant, user)) || user === undefined;
  });
  const login = meant.console && has?.password !== true && failed.length === 0 && (await attempt('console', () => openConsole(giving, meant)));
  if (meant.console && has?.password !== true && giving.handOver === undefined)
    failed.push({ what: 'console', subject: meant.id, why: 'its password can be shown to nobody here: deliver on a terminal, or name a file with --passwords' });
  return { ended: ended.of({ id: meant.id, name: meant.name }), failed, changed: took || gave || login };
}

/** What it has and is not meant to have. */
async function tighten({ caller, settings }: Giving, meant: Meant, user: ManagedUser, has: Credentials, ended: Ended): Promise<boolean> {
  const UserName = user.name;
  await closeKeys(caller, UserName, has.keys, ended);
  for (const { id } of has.services.filter((one) => one.active))
    await once(ended, 'service-credential', () =>
      caller.patiently((iam, options) => iam.updateServiceSpecificCredential({ UserName, ServiceSpecificCredentialId: id, Status: 'Inactive' }, options)),
    );
  if (has.password && !meant.console) await once(ended, 'password', () => caller.patiently((iam, options) => iam.deleteLoginProfile({ UserName }, options)));
  if (user.boundary !== settings.boundary && !isDeniedAll(user))
    await caller.patiently((iam, options) => iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: settings.boundary }, options));
  for (const GroupName of extraGroups(meant, user)) await once(ended, 'group', () => caller.patiently((iam, options) => iam.removeUserFromGroup({ UserName, GroupName }, options)));
  for (const PolicyArn of extraPolicies(meant, user)) await once(ended, 'policy', () => caller.patiently((iam, options) => iam.detachUserPolicy({ UserName, PolicyArn }, options)));
  for (const PolicyName of user.inline) await once(ended, 'policy', () => caller.patiently((iam, options) => iam.deleteUserPolicy({ UserName, PolicyName }, options)));
  return ended.any || user.boundary !== settings.boundary;
}

export function extraGroups(meant: Meant, user: ManagedUser): readonly string[] {
  return user.groups.filter((group) => !meant.groups.includes(group));
}

/** The deny is no extra: it is taken off last, when everything else is as it is meant. */
export function extraPolicies(meant: Meant, user: ManagedUser): readonly string[] {
  return user.policies.filter((arn) => arn !== DENY_ALL && !meant.policies.includes(arn) && !meant.fences.includes(arn));
}

/** False: the name is taken by somebody who is not this one. */
async function create({ caller, settings, target }: Giving, meant: Meant): Promise<boolean> {
  const UserName = meant.name;
  const Tags = [
    { Key: TAGS.id, Value: meant.id },
    { Key: TAGS.target, Value: target.id },
  ];
  try {
    await caller.patiently((iam, options) => iam.createUser({ UserName, Path: settings.path, PermissionsBoundary: settings.boundary, Tags }, options));
    return true;
  } catch (error) {
    if (nameOf(error) !== 'EntityAlreadyExistsException') throw error;
  }
  // An answer that was lost looks the same as a namesake; its tags tell them apart.
  const found = await caller.patiently((iam, options) => iam.getUser({ UserName }, options), NOT_SEEN_YET);
  const tags = new Map((found.User?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  return found.User?.Path === settings.path && tags.get(TAGS.id) === meant.id && tags.get(TAGS.target) === target.id && found.User.PermissionsBoundary?.PermissionsBoundaryArn === settings.boundary;
}

async function give({ caller, settings }: Giving, meant: Meant, user: ManagedUser | undefined): Promise<boolean> {
  const UserName = meant.name;
  const fences = meant.fences.filter((arn) => user?.policies.includes(arn) !== true);
  const policies = meant.policies.filter((arn) => user?.policies.includes(arn) !== true);
  const groups = meant.groups.filter((group) => user?.groups.includes(group) !== true);
  if (meant.until !== undefined && fences.some((arn) => arn.includes(':policy') && arn.includes('/until-'))) await makeUntil(caller, settings, formatInstant(meant.until));
  for (const PolicyArn of [...fences, ...policies]) await caller.patiently((iam, options) => iam.attachUserPolicy({ UserName, PolicyArn }, options), NOT_SEEN_YET);
  for (const GroupName of groups) await caller.patiently((iam, options) => iam.addUserToGroup({ UserName, GroupName }, options), NOT_SEEN_YET);
  const freed = user !== undefined && (isDeniedAll(user) || user.out !== undefined) && (await free(caller, settings, user));
  return freed || fences.length + policies.length + groups.length > 0;
}

/** Back in, by a release that k signed: the deny goes last, so that nothing opens before it is as it is meant. */
async function free(caller: Caller, settings: AwsSettings, user: ManagedUser): Promise<boolean> {
  const UserName = user.name;
  if (user.boundary !== settings.boundary)
    await caller.patiently((iam, options) => iam.putUserPermissionsBoundary({ UserName, PermissionsBoundary: settings.boundary }, options));
  if (user.policies.includes(DENY_ALL)) await orMissing(caller.patiently((iam, options) => iam.detachUserPolicy({ UserName, PolicyArn: DENY_ALL }, options)));
  await caller.patiently((iam, options) => iam.untagUser({ UserName, TagKeys: [TAGS.out] }, options));
  return true;
}

/** A policy that denies everything from a time on. It is never changed, so one that is there already is the right one. */
async function makeUntil(caller: Caller, settings: AwsSettings, time: string): Promise<void> {
  const PolicyName = `until-${time.replaceAll(/[-:]/g, '')}`;
  const PolicyDocument = untilDocument(time);
  try {
    await caller.patiently((iam, options) => iam.createPolicy({ PolicyName, Path: settings.path, PolicyDocument }, options));
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
async function openConsole({ caller, settings, target, random, handOver }: Giving, meant: Meant): Promise<boolean> {
  if (handOver === undefined) return false;
  const UserName = meant.name;
  const Password = newPassword(random, settings.password.length);
  await handOver(target.name, UserName, Password);
  const set = (): Promise<unknown> => caller.patiently((iam, options) => iam.createLoginProfile({ UserName, Password, PasswordResetRequired: true }, options), NOT_SEEN_YET);
  try {
    await set();
  } catch (error) {
    if (nameOf(error) !== 'EntityAlreadyExistsException') throw error;
    // Perhaps our own, whose answer was lost; certain is only one that is made again.
    await orMissing(caller.patiently((iam, options) => iam.deleteLoginProfile({ UserName }, options)));
    await set();
  }
  return true;
}
