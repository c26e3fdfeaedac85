/**
 * Phase B: the login is removed, after it was denied for the holding time. Credentials first, then groups and policies,
 * the deny last of all. The boundary stays to the end: without it the user could have more. An unknown kind of leftover
 * shows as DeleteConflict and fails; nothing is skipped.
 */
import type { Failed } from '../../core/texts/index.ts';
import { nameOf, orMissing, whyNot } from './iam.ts';
import type { Caller } from './iam.ts';
import { allCredentials, userNow } from './observed.ts';
import type { ManagedUser } from './observed.ts';
import { Ended, once } from './quarantine.ts';
import type { Taken } from './quarantine.ts';
import { DENY_ALL } from './settings.ts';

const ROUNDS = 4;

/** Never throws for what AWS does: what could not be done is in `failed`. */
export async function remove(caller: Caller, user: ManagedUser): Promise<Taken> {
  const ended = new Ended();
  const failed = (why: string): readonly Failed[] => [{ what: 'removal', subject: user.id, why }];
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      if ((await userNow(caller, user)) === undefined) return { ended: ended.of(user), failed: [] };
      await takeAll(caller, user, ended);
      if (await deleteUser(caller, user, ended)) return { ended: ended.of(user), failed: await untilGone(caller, user) };
      await caller.rest(caller.settle / 4);
    }
    return { ended: ended.of(user), failed: failed('something is left that this keyward does not know: DeleteConflict') };
  } catch (error) {
    return { ended: ended.of(user), failed: failed(whyNot(error)) };
  }
}

async function takeAll(caller: Caller, user: ManagedUser, ended: Ended): Promise<void> {
  const UserName = user.name;
  const { password, keys, services, certificates, sshKeys } = await allCredentials(caller, UserName);
  if (password) await once(ended, 'password', () => caller.patiently((iam, options) => iam.deleteLoginProfile({ UserName }, options)));
  for (const { id } of keys) await once(ended, 'access-key', () => caller.patiently((iam, options) => iam.deleteAccessKey({ UserName, AccessKeyId: id }, options)));
  for (const { id } of certificates) await once(ended, 'certificate', () => caller.patiently((iam, options) => iam.deleteSigningCertificate({ UserName, CertificateId: id }, options)));
  for (const { id } of sshKeys) await once(ended, 'ssh-key', () => caller.patiently((iam, options) => iam.deleteSSHPublicKey({ UserName, SSHPublicKeyId: id }, options)));
  for (const { id } of services)
    await once(ended, 'service-credential', () => caller.patiently((iam, options) => iam.deleteServiceSpecificCredential({ UserName, ServiceSpecificCredentialId: id }, options)));
  await takeDevices(caller, user, ended);
  await takeRights(caller, user, ended);
}

/** A virtual device that is assigned to nobody any more stands in no list of a user, and blocks the next of this name. */
async function takeDevices(caller: Caller, user: ManagedUser, ended: Ended): Promise<void> {
  const UserName = user.name;
  const mine = await caller.pages((iam, at, options) => iam.listMFADevices({ ...at, UserName }, options));
  for (const { SerialNumber } of mine.flatMap((page) => page.MFADevices ?? [])) {
    await once(ended, 'mfa-device', () => caller.patiently((iam, options) => iam.deactivateMFADevice({ UserName, SerialNumber }, options)));
    if (SerialNumber !== undefined && isVirtual(SerialNumber)) await orMissing(caller.patiently((iam, options) => iam.deleteVirtualMFADevice({ SerialNumber }, options)));
  }
  const left = await caller.pages((iam, at, options) => iam.listVirtualMFADevices({ ...at, AssignmentStatus: 'Unassigned' }, options));
  for (const { SerialNumber } of left.flatMap((page) => page.VirtualMFADevices ?? [])) {
    if (SerialNumber?.split(':mfa/')[1]?.toLowerCase() === UserName.toLowerCase())
      await once(ended, 'mfa-device', () => caller.patiently((iam, options) => iam.deleteVirtualMFADevice({ SerialNumber }, options)));
  }
}

function isVirtual(serial: string): boolean {
  return /^arn:[^:]+:iam::\d{12}:mfa\//.test(serial);
}

async function takeRights(caller: Caller, user: ManagedUser, ended: Ended): Promise<void> {
  const UserName = user.name;
  const groups = await caller.pages((iam, at, options) => iam.listGroupsForUser({ ...at, UserName }, options));
  for (const { GroupName } of groups.flatMap((page) => page.Groups ?? []))
    await once(ended, 'group', () => caller.patiently((iam, options) => iam.removeUserFromGroup({ UserName, GroupName }, options)));
  const inline = await caller.pages((iam, at, options) => iam.listUserPolicies({ ...at, UserName }, options));
  for (const PolicyName of inline.flatMap((page) => page.PolicyNames ?? []))
    await once(ended, 'policy', () => caller.patiently((iam, options) => iam.deleteUserPolicy({ UserName, PolicyName }, options)));
  const attached = await caller.pages((iam, at, options) => iam.listAttachedUserPolicies({ ...at, UserName }, options));
  const arns = attached.flatMap((page) => page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []);
  // The deny last of all.
  for (const PolicyArn of arns.sort((a, b) => Number(a === DENY_ALL) - Number(b === DENY_ALL)))
    await once(ended, 'policy', () => caller.patiently((iam, options) => iam.detachUserPolicy({ UserName, PolicyArn }, options)));
}

/** False: AWS says that something is left. Its message is not read. */
async function deleteUser(caller: Caller, { name: UserName }: ManagedUser, ended: Ended): Promise<boolean> {
  try {
    await once(ended, 'login', () => caller.patiently((iam, options) => iam.deleteUser({ UserName }, options)));
    return true;
  } catch (error) {
    if (nameOf(error) !== 'DeleteConflictException') throw error;
    return false;
  }
}

async function untilGone(caller: Caller, user: ManagedUser): Promise<readonly Failed[]> {
  for (let round = 0; round < 40; round += 1) {
    if ((await userNow(caller, user)) === undefined) return [];
    await caller.rest(caller.settle / 10);
  }
  return [{ what: 'removal', subject: user.id, why: 'AWS still shows it after it was deleted' }];
}
