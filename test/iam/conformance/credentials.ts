/** Access keys, passwords, certificates, SSH keys, service-specific credentials. */
import { certificate } from './certificate.ts';
import { ADMINISTRATOR, assert, type Chapter, policy, refused, sshLine } from './world.ts';

const GOOD = 'Correct-Horse-7-Battery';

export const credentials: Chapter = {
  'a user has at most 2 access keys': async (world) => {
    const UserName = await world.user();
    await world.key(UserName);
    await world.key(UserName);
    await refused(world.admin.createAccessKey({ UserName }), 'LimitExceededException', 409);
    assert.equal((await world.admin.listAccessKeys({ UserName })).AccessKeyMetadata?.length, 2);
  },
  'an inactive key is refused, and works again when active': async (world) => {
    const UserName = await world.user();
    await world.admin.attachUserPolicy({ UserName, PolicyArn: ADMINISTRATOR });
    const key = await world.key(UserName);
    const client = world.client(key);
    await client.getUser({ UserName });
    await world.admin.updateAccessKey({ UserName, AccessKeyId: key.accessKeyId, Status: 'Inactive' });
    await refused(client.getUser({ UserName }), 'InvalidClientTokenId', 403);
    await world.admin.updateAccessKey({ UserName, AccessKeyId: key.accessKeyId, Status: 'Active' });
    await client.getUser({ UserName });
  },
  'a deleted key is refused, and deleting it again is NoSuchEntity': async (world) => {
    const UserName = await world.user();
    await world.admin.attachUserPolicy({ UserName, PolicyArn: ADMINISTRATOR });
    const key = await world.key(UserName);
    await world.admin.deleteAccessKey({ UserName, AccessKeyId: key.accessKeyId });
    await refused(world.client(key).getUser({ UserName }), 'InvalidClientTokenId', 403);
    const again = world.admin.deleteAccessKey({ UserName, AccessKeyId: key.accessKeyId });
    await refused(again, 'NoSuchEntityException', 404);
  },
  'GetAccessKeyLastUsed says N/A before a key was used, and when it was used': async (world) => {
    const UserName = await world.user();
    const key = await world.key(UserName);
    const before = await world.admin.getAccessKeyLastUsed({ AccessKeyId: key.accessKeyId });
    assert.deepEqual([before.UserName, before.AccessKeyLastUsed?.ServiceName], [UserName, 'N/A']);
    await assert.rejects(world.client(key).listUsers({}));
    const after = await world.admin.getAccessKeyLastUsed({ AccessKeyId: key.accessKeyId });
    assert.equal(after.AccessKeyLastUsed?.ServiceName, 'iam');
  },
  'a password is there once: CreateLoginProfile twice is EntityAlreadyExists, GetLoginProfile none is NoSuchEntity':
    async (world) => {
      const UserName = await world.user();
      await refused(world.admin.getLoginProfile({ UserName }), 'NoSuchEntityException', 404);
      await world.admin.createLoginProfile({ UserName, Password: GOOD });
      await refused(world.admin.createLoginProfile({ UserName, Password: GOOD }), 'EntityAlreadyExistsException', 409);
      await world.admin.deleteLoginProfile({ UserName });
      await refused(world.admin.deleteLoginProfile({ UserName }), 'NoSuchEntityException', 404);
    },
  'PasswordResetRequired is kept, changed and returned': async (world) => {
    const UserName = await world.user();
    await world.admin.createLoginProfile({ UserName, Password: GOOD, PasswordResetRequired: true });
    assert.equal((await world.admin.getLoginProfile({ UserName })).LoginProfile?.PasswordResetRequired, true);
    await world.admin.updateLoginProfile({ UserName, PasswordResetRequired: false });
    assert.equal((await world.admin.getLoginProfile({ UserName })).LoginProfile?.PasswordResetRequired, false);
  },
  'ChangePassword with the old password ends PasswordResetRequired': async (world) => {
    const one = await world.userWith(policy({ Effect: 'Allow', Action: 'iam:ChangePassword', Resource: '*' }));
    await world.admin.createLoginProfile({ UserName: one.name, Password: GOOD, PasswordResetRequired: true });
    await assert.rejects(one.client.changePassword({ OldPassword: 'Something-Else-9', NewPassword: `${GOOD}-2` }));
    await one.client.changePassword({ OldPassword: GOOD, NewPassword: `${GOOD}-2` });
    const { LoginProfile } = await world.admin.getLoginProfile({ UserName: one.name });
    assert.equal(LoginProfile?.PasswordResetRequired, false);
  },
  'the password policy of the account is obeyed': async (world) => {
    const rules = { MinimumPasswordLength: 12, RequireSymbols: true, RequireNumbers: true, PasswordReusePrevention: 3 };
    await world.admin.updateAccountPasswordPolicy(rules);
    const read = (await world.admin.getAccountPasswordPolicy({})).PasswordPolicy;
    assert.deepEqual([read?.MinimumPasswordLength, read?.RequireSymbols, read?.PasswordReusePrevention], [12, true, 3]);
    const UserName = await world.user();
    for (const Password of ['Short-1', 'NoSymbolButLong1', 'No-Number-But-Long']) {
      await refused(world.admin.createLoginProfile({ UserName, Password }), 'PasswordPolicyViolationException', 400);
    }
    await world.admin.createLoginProfile({ UserName, Password: GOOD });
    const same = world.admin.updateLoginProfile({ UserName, Password: GOOD });
    await refused(same, 'PasswordPolicyViolationException', 400);
    await world.admin.updateLoginProfile({ UserName, Password: `${GOOD}-2` });
    await world.admin.deleteAccountPasswordPolicy({});
    await refused(world.admin.getAccountPasswordPolicy({}), 'NoSuchEntityException', 404);
  },
  'without a password policy a password has 8 characters and three kinds of them': async (world) => {
    const UserName = await world.user();
    for (const Password of ['aB3!', 'onlyletters1']) {
      await refused(world.admin.createLoginProfile({ UserName, Password }), 'PasswordPolicyViolationException', 400);
    }
  },
  'a user has at most 2 signing certificates; one that is none is refused': async (world) => {
    const UserName = await world.user();
    const bad = world.admin.uploadSigningCertificate({ UserName, CertificateBody: 'no certificate' });
    await refused(bad, 'MalformedCertificateException', 400);
    await world.admin.uploadSigningCertificate({ UserName, CertificateBody: certificate() });
    await world.admin.uploadSigningCertificate({ UserName, CertificateBody: certificate() });
    const third = world.admin.uploadSigningCertificate({ UserName, CertificateBody: certificate() });
    await refused(third, 'LimitExceededException', 409);
  },
  'a signing certificate can be made inactive and deleted; the same one is not taken twice': async (world) => {
    const [UserName, CertificateBody] = [await world.user(), certificate()];
    const { Certificate } = await world.admin.uploadSigningCertificate({ UserName, CertificateBody });
    const CertificateId = Certificate?.CertificateId;
    const again = world.admin.uploadSigningCertificate({ UserName, CertificateBody });
    await refused(again, 'DuplicateCertificateException', 409);
    await world.admin.updateSigningCertificate({ UserName, CertificateId, Status: 'Inactive' });
    const { Certificates } = await world.admin.listSigningCertificates({ UserName });
    assert.deepEqual(
      Certificates?.map((one) => one.Status),
      ['Inactive'],
    );
    await world.admin.deleteSigningCertificate({ UserName, CertificateId });
    await refused(world.admin.deleteSigningCertificate({ UserName, CertificateId }), 'NoSuchEntityException', 404);
  },
  'a user has at most 5 SSH public keys, none twice, RSA of 2048 bits and more only': async (world) => {
    const UserName = await world.user();
    const upload = (SSHPublicKeyBody: string): Promise<unknown> =>
      world.admin.uploadSSHPublicKey({ UserName, SSHPublicKeyBody });
    await refused(
      upload('ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGPnlFvBMu6cWvXKz0cKyF8Qx0rnQ'),
      'InvalidPublicKeyException',
      400,
    );
    await refused(upload(sshLine(false, 1024)), 'InvalidPublicKeyException', 400);
    for (let at = 0; at < 4; at += 1) await upload(sshLine());
    await refused(upload(sshLine(true)), 'DuplicateSSHPublicKeyException', 400);
    await upload(sshLine());
    await refused(upload(sshLine()), 'LimitExceededException', 409);
    assert.equal((await world.admin.listSSHPublicKeys({ UserName })).SSHPublicKeys?.length, 5);
  },
  'an SSH public key comes back as a line and as PEM, can be made inactive and deleted': async (world) => {
    const [UserName, line] = [await world.user(), sshLine()];
    const { SSHPublicKey } = await world.admin.uploadSSHPublicKey({ UserName, SSHPublicKeyBody: line });
    const SSHPublicKeyId = SSHPublicKey?.SSHPublicKeyId;
    const ssh = await world.admin.getSSHPublicKey({ UserName, SSHPublicKeyId, Encoding: 'SSH' });
    const pem = await world.admin.getSSHPublicKey({ UserName, SSHPublicKeyId, Encoding: 'PEM' });
    assert.equal(ssh.SSHPublicKey?.SSHPublicKeyBody?.split(' ')[1], line.split(' ')[1]);
    assert.match(pem.SSHPublicKey?.SSHPublicKeyBody ?? '', /^-----BEGIN (?:RSA )?PUBLIC KEY-----/);
    await world.admin.updateSSHPublicKey({ UserName, SSHPublicKeyId, Status: 'Inactive' });
    assert.equal((await world.admin.listSSHPublicKeys({ UserName })).SSHPublicKeys?.[0]?.Status, 'Inactive');
    await world.admin.deleteSSHPublicKey({ UserName, SSHPublicKeyId });
    await refused(world.admin.deleteSSHPublicKey({ UserName, SSHPublicKeyId }), 'NoSuchEntityException', 404);
  },
  'service-specific credentials are listed without ServiceName, at most 2 a service': async (world) => {
    const UserName = await world.user();
    const make = (ServiceName: string) => world.admin.createServiceSpecificCredential({ UserName, ServiceName });
    await make('codecommit.amazonaws.com');
    await make('codecommit.amazonaws.com');
    await refused(make('codecommit.amazonaws.com'), 'LimitExceededException', 409);
    await make('cassandra.amazonaws.com');
    const all = await world.admin.listServiceSpecificCredentials({ UserName });
    const some = await world.admin.listServiceSpecificCredentials({ UserName, ServiceName: 'cassandra.amazonaws.com' });
    assert.deepEqual([all.ServiceSpecificCredentials?.length, some.ServiceSpecificCredentials?.length], [3, 1]);
  },
  "everybody's service-specific credentials are listed at once, not together with one user's name": async (world) => {
    const [one, other] = [await world.user(), await world.user()];
    for (const UserName of [one, other])
      await world.admin.createServiceSpecificCredential({ UserName, ServiceName: 'codecommit.amazonaws.com' });
    const { ServiceSpecificCredentials } = await world.admin.listServiceSpecificCredentials({ AllUsers: true, MaxItems: 1000 });
    const names = (ServiceSpecificCredentials ?? []).map(({ UserName }) => UserName);
    assert.deepEqual([names.includes(one), names.includes(other)], [true, true]);
    await refused(world.admin.listServiceSpecificCredentials({ AllUsers: true, UserName: one }), 'ValidationError', 400);
  },
  'a service-specific credential can be made inactive, reset and deleted; unknown services are refused': async (
    world,
  ) => {
    const UserName = await world.user();
    const unknown = world.admin.createServiceSpecificCredential({ UserName, ServiceName: 's3.amazonaws.com' });
    await refused(unknown, 'ServiceNotSupportedException', 404);
    const made = await world.admin.createServiceSpecificCredential({
      UserName,
      ServiceName: 'codecommit.amazonaws.com',
    });
    const ServiceSpecificCredentialId = made.ServiceSpecificCredential?.ServiceSpecificCredentialId;
    const reset = await world.admin.resetServiceSpecificCredential({ UserName, ServiceSpecificCredentialId });
    assert.notEqual(reset.ServiceSpecificCredential?.ServicePassword, made.ServiceSpecificCredential?.ServicePassword);
    await world.admin.updateServiceSpecificCredential({ UserName, ServiceSpecificCredentialId, Status: 'Inactive' });
    const { ServiceSpecificCredentials } = await world.admin.listServiceSpecificCredentials({ UserName });
    assert.equal(ServiceSpecificCredentials?.[0]?.Status, 'Inactive');
    await world.admin.deleteServiceSpecificCredential({ UserName, ServiceSpecificCredentialId });
    const again = world.admin.deleteServiceSpecificCredential({ UserName, ServiceSpecificCredentialId });
    await refused(again, 'NoSuchEntityException', 404);
  },
};
