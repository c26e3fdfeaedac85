/**
 * Phase A: everything is denied, and whatever lets in is made inactive. Deleting comes later: it cannot be undone, takes
 * long and may stop half way. Every step may be repeated, so a run that was killed is finished by the next one.
 */
import { formatInstant } from '../../core/access/index.ts';
import type { Instant } from '../../core/access/index.ts';
import type { Failed, Running } from '../../core/texts/index.ts';
import { isStill, ownCredentials, subjectOf, writeOf, writeTo } from './bound.ts';
import type { Who } from './bound.ts';
import { Gone, isDenied, isMissing, nameOf, whyNot } from './iam.ts';
import type { Caller } from './iam.ts';
import { allCredentials, isDeniedAll, userNow } from './observed.ts';
import type { AllCredentials, Listed, ManagedUser } from './observed.ts';
import { DENY_ALL, TAGS, userArn } from './settings.ts';
import type { AwsSettings } from './settings.ts';

export interface Taken {
  readonly ended: readonly Running[];
  readonly failed: readonly Failed[];
  /** The name is not this user's any more: deleted, or called otherwise now. */
  readonly gone?: boolean;
}

type Kind = Running['kind'];

/** What was ended, counted. */
export class Ended {
  readonly #counts = new Map<Kind, number>();

  add(kind: Kind): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  get any(): boolean {
    return this.#counts.size > 0;
  }

  of({ id, name }: Pick<ManagedUser, 'id' | 'name'>): readonly Running[] {
    return [...this.#counts].map(([kind, count]) => ({ id, account: name, kind, count }));
  }
}

/** How often is repaired before it is said that somebody works against it. */
const ROUNDS = 4;

/** Never throws for what AWS does: what could not be done is in `failed`. */
export async function quarantine(caller: Caller, settings: AwsSettings, user: ManagedUser, now: Instant): Promise<Taken> {
  const ended = new Ended();
  try {
    if (await isAtRest(caller, user)) return { ended: [], failed: [] };
    const failed = await untilAtRest(caller, settings, user, now, ended);
    return { ended: ended.of(user), failed };
  } catch (error) {
    if (error instanceof Gone) return { ended: ended.of(user), failed: [], gone: true };
    return { ended: ended.of(user), failed: [{ what: 'quarantine', subject: user.id, why: whyNot(error) }] };
  }
}

/** A user denied by an earlier run, marked as such, with nothing left that lets in: one look is enough. */
async function isAtRest(caller: Caller, user: ManagedUser): Promise<boolean> {
  return user.out !== undefined && isDeniedAll(user) && isShut(await lookAgain(caller, user));
}

async function untilAtRest(caller: Caller, settings: AwsSettings, user: ManagedUser, now: Instant, ended: Ended): Promise<readonly Failed[]> {
  await denyAll(caller, user, ended);
  await closeAll(caller, user, await ownCredentials(caller, user), ended);
  for (let round = 0; round < ROUNDS; round += 1) {
    await caller.rest(caller.settle);
    if (await looksTwice(caller, user)) {
      if (user.out === undefined) await mark(caller, user, now);
      return evidence(caller, settings, user);
    }
    await insist(caller, user, ended);
  }
  return [{ what: 'quarantine', subject: user.id, why: 'it does not come to rest: somebody makes it open again' }];
}

/** Two looks in a row that agree, with time between them. */
async function looksTwice(caller: Caller, user: ManagedUser): Promise<boolean> {
  if (!isShut(await lookAgain(caller, user))) return false;
  await caller.rest(caller.settle / 4);
  return isShut(await lookAgain(caller, user));
}

function isShut({ open, denied }: Look): boolean {
  return open === 0 && denied;
}

/** First of all: it covers the password, the keys and the sessions of the user at once. */
async function denyAll(caller: Caller, user: ManagedUser, ended: Ended): Promise<void> {
  const now = await userNow(caller, user);
  if (now === undefined) throw new Gone();
  if (isDeniedAll(now)) return;
  await deny(caller, user, now.policies.length);
  ended.add('login');
}

/**
 * How many managed policies a user has in any account; up to twenty where somebody asked AWS. One more is LimitExceeded,
 * which the SDK takes for throttling and tries again for a minute: too long to wait for what must be first.
 */
const MOST_POLICIES = 10;

/** Milliseconds that attaching the deny may take before the boundary denies as well. */
const DENY_PATIENCE = 1500;

/**
 * Whose the name is was asked just before. Somebody may fill the places for policies in between: the SDK would try again for
 * a minute, so what takes long is not waited for.
 */
async function deny(caller: Caller, user: Who, attached: number): Promise<void> {
  if (attached >= MOST_POLICIES) return denyByBoundary(caller, user);
  const attaching = attachDeny(caller, user);
  const inTime = await Promise.race([attaching.then(() => true), caller.rest(DENY_PATIENCE).then(() => false)]);
  if (!inTime) await denyByBoundary(caller, user);
  await attaching;
}

async function attachDeny(caller: Caller, user: Who): Promise<void> {
  try {
    await caller.write('deny', subjectOf(user), (iam, options) => iam.attachUserPolicy({ UserName: user.name, PolicyArn: DENY_ALL }, options));
  } catch (error) {
    if (isMissing(error)) throw new Gone();
    if (nameOf(error) !== 'LimitExceededException' && !isDenied(error)) throw error;
    await denyByBoundary(caller, user);
  }
}

/** One slot, always settable, and its explicit deny wins as well. */
export async function denyByBoundary(caller: Caller, user: Who): Promise<void> {
  await writeTo(caller, user, 'deny-by-boundary', (iam, options) => iam.putUserPermissionsBoundary({ UserName: user.name, PermissionsBoundary: DENY_ALL }, options));
}

/**
 * Against somebody who opens it again as long as a change is not seen. What is read is old, so the deny is written
 * without looking, again and again for more than two such times: each time it is seen there is less time in which
 * anything can be done against the next. Meanwhile whatever shows is closed.
 */
async function insist(caller: Caller, user: ManagedUser, ended: Ended): Promise<void> {
  const end = performance.now() + 2 * caller.settle;
  const attached = (await userNow(caller, user))?.policies.length ?? 0;
  const denying = async (): Promise<void> => {
    while (performance.now() < end && (await isStill(caller, user))) {
      await deny(caller, user, attached);
      await caller.rest(caller.settle / 100);
    }
  };
  const closing = async (): Promise<void> => {
    while (performance.now() < end) {
      const look = await lookAgain(caller, user);
      await closeAll(caller, user, look.credentials, ended);
      await caller.rest(caller.settle / 50);
    }
  };
  await Promise.all([denying(), closing()]);
}

interface Look {
  readonly denied: boolean;
  readonly credentials: AllCredentials;
  readonly open: number;
}

async function lookAgain(caller: Caller, user: ManagedUser): Promise<Look> {
  const credentials = await allCredentials(caller, user.name);
  // Last, so that the lists are known to be theirs.
  const now = await userNow(caller, user);
  if (now === undefined) throw new Gone();
  const { password, keys, services, certificates, sshKeys } = credentials;
  const active = [...keys, ...services, ...certificates, ...sshKeys].filter((one) => one.active).length;
  return { denied: isDeniedAll(now), credentials, open: active + (password ? 1 : 0) };
}

async function closeAll(caller: Caller, user: ManagedUser, { password, keys, services, certificates, sshKeys }: AllCredentials, ended: Ended): Promise<void> {
  await closeKeys(caller, user, keys, ended);
  if (password) await takePassword(caller, user, ended);
  await closeServices(caller, user, services, ended);
  await closeSshKeys(caller, user, sshKeys, ended);
  await closeCertificates(caller, user, certificates, ended);
}

export async function closeSshKeys(caller: Caller, user: Who, all: readonly Listed[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id } of all.filter((one) => one.active))
    await once(ended, 'ssh-key', () => writeOf(caller, user, 'close-ssh-key', id, (iam, options) => iam.updateSSHPublicKey({ UserName, Status: 'Inactive', SSHPublicKeyId: id }, options)));
}

export async function closeCertificates(caller: Caller, user: Who, all: readonly Listed[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id } of all.filter((one) => one.active))
    await once(ended, 'certificate', () => writeOf(caller, user, 'close-certificate', id, (iam, options) => iam.updateSigningCertificate({ UserName, Status: 'Inactive', CertificateId: id }, options)));
}

export async function closeKeys(caller: Caller, user: Who, keys: readonly Listed[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id } of keys.filter((one) => one.active))
    await once(ended, 'access-key', () => writeOf(caller, user, 'close-access-key', id, (iam, options) => iam.updateAccessKey({ UserName, Status: 'Inactive', AccessKeyId: id }, options)));
}

export async function closeServices(caller: Caller, user: Who, services: readonly Listed[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id } of services.filter((one) => one.active))
    await once(ended, 'service-credential', () =>
      writeOf(caller, user, 'close-service-credential', id, (iam, options) => iam.updateServiceSpecificCredential({ UserName, Status: 'Inactive', ServiceSpecificCredentialId: id }, options)),
    );
}

export async function takePassword(caller: Caller, user: Who, ended: Ended): Promise<void> {
  await once(ended, 'password', () => writeTo(caller, user, 'take-password', (iam, options) => iam.deleteLoginProfile({ UserName: user.name }, options)));
}

/** What is not there any more is as good as taken. */
export async function once(ended: Ended, kind: Kind, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
    ended.add(kind);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** The mark names the UserId, so that a namesake that comes later is never taken for the one who was denied. */
async function mark(caller: Caller, user: ManagedUser, now: Instant): Promise<void> {
  const Tags = [{ Key: TAGS.out, Value: `${formatInstant(now)} ${user.userId}` }];
  await writeTo(caller, user, 'mark', (iam, options) => iam.tagUser({ UserName: user.name, Tags }, options));
}

/** Of every service that can be asked about: what AWS itself says. Never more than "AWS says". */
const ASKED = ['iam:CreateAccessKey', 'iam:GetUser', 'sts:AssumeRole', 's3:ListAllMyBuckets', 'ec2:DescribeInstances'];

async function evidence(caller: Caller, settings: AwsSettings, user: ManagedUser): Promise<readonly Failed[]> {
  const PolicySourceArn = user.arn === '' ? userArn(settings, user.name) : user.arn;
  const answer = await caller.call((iam, options) => iam.simulatePrincipalPolicy({ PolicySourceArn, ActionNames: ASKED }, options));
  const results = answer.EvaluationResults ?? [];
  const open = results.filter((one) => one.EvalDecision !== 'explicitDeny');
  if (results.length === ASKED.length && open.length === 0) return [];
  return [{ what: 'evidence', subject: user.id, why: 'AWS does not say that everything is denied' }];
}
