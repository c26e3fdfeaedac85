/**
 * Phase B: the login is removed, after it was denied for the holding time. Credentials first, then groups and policies,
 * the deny last of all. No policy may be attached to a user that is deleted, so the boundary denies everything before the
 * deny goes: whatever is left, also of a kind that nobody knows here, opens nothing. Such a leftover shows as
 * DeleteConflict and fails; nothing is skipped.
 */
import type { Failed } from '../../core/texts/index.ts';
import { isStill, ownCredentials, writeOf, writeTo } from './bound.ts';
import type { Who } from './bound.ts';
import { Gone, nameOf, orMissing, whyNot } from './iam.ts';
import type { Caller } from './iam.ts';
import type { Listed, ManagedUser } from './observed.ts';
import { denyByBoundary, Ended, once, takePassword } from './quarantine.ts';
import type { Taken } from './quarantine.ts';
import { DENY_ALL } from './settings.ts';

const ROUNDS = 4;

/** Never throws for what AWS does: what could not be done is in `failed`. */
export async function remove(caller: Caller, user: ManagedUser): Promise<Taken> {
  const ended = new Ended();
  const failed = (why: string): readonly Failed[] => [{ what: 'removal', subject: user.id, why }];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      if (!(await isStill(caller, user))) return { ended: ended.of(user), failed: [] };
      if (round === 0) await denyByBoundary(caller, user);
      await takeAll(caller, user, ended);
      if (await deleteUser(caller, user, ended)) return { ended: ended.of(user), failed: await untilGone(caller, user) };
      await caller.rest(caller.settle / 4);
    }
    return { ended: ended.of(user), failed: failed('something is left that this keyward does not know: DeleteConflict') };
  } catch (error) {
    if (error instanceof Gone) return { ended: ended.of(user), failed: [] };
    return { ended: ended.of(user), failed: failed(whyNot(error)) };
  }
}

async function takeAll(caller: Caller, user: ManagedUser, ended: Ended): Promise<void> {
  const { password, keys, services, certificates, sshKeys } = await ownCredentials(caller, user);
  if (password) await takePassword(caller, user, ended);
  await deleteKeys(caller, user, keys, ended);
  await deleteCertificates(caller, user, certificates, ended);
  await deleteSshKeys(caller, user, sshKeys, ended);
  await deleteServices(caller, user, services, ended);
  await takeDevices(caller, user, ended);
  await takeRights(caller, user, ended);
}

export async function deleteKeys(caller: Caller, user: Who, all: readonly Listed[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id } of all) await once(ended, 'access-key', () => writeOf(caller, user, 'delete-access-key', id, (iam, options) => iam.deleteAccessKey({ UserName, AccessKeyId: id }, options)));
}

export async function deleteCertificates(caller: Caller, user: Who, all: readonly Listed[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id } of all)
    await once(ended, 'certificate', () => writeOf(caller, user, 'delete-certificate', id, (iam, options) => iam.deleteSigningCertificate({ UserName, CertificateId: id }, options)));
}

export async function deleteSshKeys(caller: Caller, user: Who, all: readonly Listed[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id } of all) await once(ended, 'ssh-key', () => writeOf(caller, user, 'delete-ssh-key', id, (iam, options) => iam.deleteSSHPublicKey({ UserName, SSHPublicKeyId: id }, options)));
}

export async function deleteServices(caller: Caller, user: Who, all: readonly Listed[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id } of all)
    await once(ended, 'service-credential', () =>
      writeOf(caller, user, 'delete-service-credential', id, (iam, options) => iam.deleteServiceSpecificCredential({ UserName, ServiceSpecificCredentialId: id }, options)),
    );
}

/** A virtual one is deleted as well; a hardware key or a passkey is nobody's then. */
export async function deleteDevices(caller: Caller, user: Who, all: readonly Pick<Listed, 'id'>[], ended: Ended): Promise<void> {
  const UserName = user.name;
  for (const { id: SerialNumber } of all) {
    await once(ended, 'mfa-device', () => writeTo(caller, user, 'deactivate-mfa-device', (iam, options) => iam.deactivateMFADevice({ UserName, SerialNumber }, options), SerialNumber));
    if (isVirtual(SerialNumber)) await orMissing(writeTo(caller, user, 'delete-mfa-device', (iam, options) => iam.deleteVirtualMFADevice({ SerialNumber }, options), SerialNumber));
  }
}

/** A virtual device that is assigned to nobody any more stands in no list of a user, and blocks the next of this name. */
async function takeDevices(caller: Caller, user: ManagedUser, ended: Ended): Promise<void> {
  const UserName = user.name;
  const mine = await caller.pages((iam, at, options) => iam.listMFADevices({ ...at, UserName }, options));
  const serials = mine.flatMap((page) => page.MFADevices ?? []).map(({ SerialNumber = '' }) => ({ id: SerialNumber }));
  await deleteDevices(caller, user, serials, ended);
  const left = await caller.pages((iam, at, options) => iam.listVirtualMFADevices({ ...at, AssignmentStatus: 'Unassigned' }, options));
  for (const { SerialNumber = '' } of left.flatMap((page) => page.VirtualMFADevices ?? [])) {
    if (SerialNumber.split(':mfa/')[1]?.toLowerCase() === UserName.toLowerCase())
      await once(ended, 'mfa-device', () => writeTo(caller, user, 'delete-mfa-device', (iam, options) => iam.deleteVirtualMFADevice({ SerialNumber }, options), SerialNumber));
  }
}

function isVirtual(serial: string): boolean {
  return /^arn:[^:]+:iam::\d{12}:mfa\//.test(serial);
}

async function takeRights(caller: Caller, user: ManagedUser, ended: Ended): Promise<void> {
  const UserName = user.name;
  const groups = await caller.pages((iam, at, options) => iam.listGroupsForUser({ ...at, UserName }, options));
  for (const { GroupName } of groups.flatMap((page) => page.Groups ?? []))
    await once(ended, 'group', () => writeTo(caller, user, 'take-group', (iam, options) => iam.removeUserFromGroup({ UserName, GroupName }, options), GroupName));
  const inline = await caller.pages((iam, at, options) => iam.listUserPolicies({ ...at, UserName }, options));
  for (const PolicyName of inline.flatMap((page) => page.PolicyNames ?? []))
    await once(ended, 'policy', () => writeTo(caller, user, 'delete-policy', (iam, options) => iam.deleteUserPolicy({ UserName, PolicyName }, options), PolicyName));
  const attached = await caller.pages((iam, at, options) => iam.listAttachedUserPolicies({ ...at, UserName }, options));
  const arns = attached.flatMap((page) => page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []);
  // The deny last of all.
  for (const PolicyArn of arns.sort((a, b) => Number(a === DENY_ALL) - Number(b === DENY_ALL)))
    await once(ended, 'policy', () => writeTo(caller, user, 'take-policy', (iam, options) => iam.detachUserPolicy({ UserName, PolicyArn }, options), PolicyArn));
}

/** False: AWS says that something is left. Its message is not read. */
async function deleteUser(caller: Caller, user: ManagedUser, ended: Ended): Promise<boolean> {
  try {
    await once(ended, 'login', () => writeTo(caller, user, 'delete-login', (iam, options) => iam.deleteUser({ UserName: user.name }, options)));
    return true;
  } catch (error) {
    if (nameOf(error) !== 'DeleteConflictException') throw error;
    return false;
  }
}

async function untilGone(caller: Caller, user: ManagedUser): Promise<readonly Failed[]> {
  for (let round = 0; round < 40; round += 1) {
    if (!(await isStill(caller, user))) return [];
    await caller.rest(caller.settle / 10);
  }
  return [{ what: 'removal', subject: user.id, why: 'AWS still shows it after it was deleted' }];
}
