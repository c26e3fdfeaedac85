/** DeleteUser is refused for each of the nine kinds of things a user can have, and for nothing else. */
import { certificate } from './certificate.ts';
import { enabledDevice } from './mfa.ts';
import { assert, type Chapter, policy, READ_ONLY, refused, sshLine, type World } from './world.ts';

/** Each kind: gives it to a user; the function it returns takes it away. */
export const NINE: Readonly<Record<string, (world: World, UserName: string) => Promise<() => Promise<unknown>>>> = {
  'a password': async ({ admin }, UserName) => {
    await admin.createLoginProfile({ UserName, Password: 'Correct-Horse-7-Battery' });
    return () => admin.deleteLoginProfile({ UserName });
  },
  'an access key': async ({ admin }, UserName) => {
    const { AccessKey } = await admin.createAccessKey({ UserName });
    return () => admin.deleteAccessKey({ UserName, AccessKeyId: AccessKey?.AccessKeyId });
  },
  'a signing certificate': async ({ admin }, UserName) => {
    const { Certificate } = await admin.uploadSigningCertificate({ UserName, CertificateBody: certificate() });
    return () => admin.deleteSigningCertificate({ UserName, CertificateId: Certificate?.CertificateId });
  },
  'an SSH public key': async ({ admin }, UserName) => {
    const { SSHPublicKey } = await admin.uploadSSHPublicKey({ UserName, SSHPublicKeyBody: sshLine() });
    return () => admin.deleteSSHPublicKey({ UserName, SSHPublicKeyId: SSHPublicKey?.SSHPublicKeyId });
  },
  'a service-specific credential': async ({ admin }, UserName) => {
    const made = await admin.createServiceSpecificCredential({ UserName, ServiceName: 'codecommit.amazonaws.com' });
    const ServiceSpecificCredentialId = made.ServiceSpecificCredential?.ServiceSpecificCredentialId;
    return () => admin.deleteServiceSpecificCredential({ UserName, ServiceSpecificCredentialId });
  },
  'an MFA device': async (world, UserName) => {
    const { serial: SerialNumber } = await enabledDevice(world, UserName);
    return () => world.admin.deactivateMFADevice({ UserName, SerialNumber });
  },
  'a group': async (world, UserName) => {
    const GroupName = await world.group();
    await world.admin.addUserToGroup({ UserName, GroupName });
    return () => world.admin.removeUserFromGroup({ UserName, GroupName });
  },
  'a managed policy': async ({ admin }, UserName) => {
    await admin.attachUserPolicy({ UserName, PolicyArn: READ_ONLY });
    return () => admin.detachUserPolicy({ UserName, PolicyArn: READ_ONLY });
  },
  'an inline policy': async ({ admin }, UserName) => {
    const PolicyDocument = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' });
    await admin.putUserPolicy({ UserName, PolicyName: 'one', PolicyDocument });
    return () => admin.deleteUserPolicy({ UserName, PolicyName: 'one' });
  },
};

const each = Object.entries(NINE).map(([kind, give]): [string, Chapter[string]] => [
  `a user with ${kind} is not deleted, and is deleted without it`,
  async (world) => {
    const UserName = await world.user();
    const take = await give(world, UserName);
    await refused(world.admin.deleteUser({ UserName }), 'DeleteConflictException', 409);
    await take();
    await world.admin.deleteUser({ UserName });
    await refused(world.admin.getUser({ UserName }), 'NoSuchEntityException', 404);
  },
]);

export const deleting: Chapter = {
  ...Object.fromEntries(each),
  'tags and a boundary keep nobody from being deleted': async (world) => {
    const UserName = world.name('user');
    await world.admin.createUser({ UserName, Tags: [{ Key: 'a', Value: 'b' }], PermissionsBoundary: READ_ONLY });
    await world.admin.deleteUser({ UserName });
  },
  'deleting who is not there is NoSuchEntity': async (world) => {
    await refused(world.admin.deleteUser({ UserName: world.name() }), 'NoSuchEntityException', 404);
    assert.equal(Object.keys(NINE).length, 9);
  },
};
