/** Managed and inline policies. */
import { ADMINISTRATOR, assert, type Chapter, DENY_ALL, policy, READ_ONLY, refused } from './world.ts';

const SMALL = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' });

export const policies: Chapter = {
  'the policies that AWS manages are there': async (world) => {
    for (const name of ['AdministratorAccess', 'AWSDenyAll', 'ReadOnlyAccess', 'IAMUserChangePassword']) {
      const { Policy } = await world.admin.getPolicy({ PolicyArn: `arn:aws:iam::aws:policy/${name}` });
      assert.equal(Policy?.PolicyName, name);
    }
  },
  'AWSDenyAll denies everything by its text': async (world) => {
    const { Policy } = await world.admin.getPolicy({ PolicyArn: DENY_ALL });
    const read = await world.admin.getPolicyVersion({ PolicyArn: DENY_ALL, VersionId: Policy?.DefaultVersionId });
    const document = JSON.parse(decodeURIComponent(read.PolicyVersion?.Document ?? '')) as {
      Statement: { Effect: string }[];
    };
    assert.deepEqual(
      document.Statement.map((one) => one.Effect),
      ['Deny'],
    );
  },
  'a policy that AWS manages cannot be changed': async (world) => {
    const change = world.admin.createPolicyVersion({
      PolicyArn: ADMINISTRATOR,
      PolicyDocument: SMALL,
      SetAsDefault: true,
    });
    await assert.rejects(change);
  },
  'attaching twice changes nothing; detaching twice is NoSuchEntity': async (world) => {
    const UserName = await world.user();
    await world.admin.attachUserPolicy({ UserName, PolicyArn: READ_ONLY });
    await world.admin.attachUserPolicy({ UserName, PolicyArn: READ_ONLY });
    const { AttachedPolicies } = await world.admin.listAttachedUserPolicies({ UserName });
    assert.deepEqual(AttachedPolicies, [{ PolicyName: 'ReadOnlyAccess', PolicyArn: READ_ONLY }]);
    await world.admin.detachUserPolicy({ UserName, PolicyArn: READ_ONLY });
    await refused(world.admin.detachUserPolicy({ UserName, PolicyArn: READ_ONLY }), 'NoSuchEntityException', 404);
  },
  'attaching a policy that is not there is NoSuchEntity': async (world) => {
    const [UserName, PolicyArn] = [await world.user(), 'arn:aws:iam::aws:policy/NoSuchPolicyAnywhere'];
    await refused(world.admin.attachUserPolicy({ UserName, PolicyArn }), 'NoSuchEntityException', 404);
  },
  'a user has at most 10 managed policies, and a boundary beside them': async (world) => {
    const UserName = await world.user();
    for (let at = 0; at < 10; at += 1) {
      await world.admin.attachUserPolicy({ UserName, PolicyArn: await world.managedPolicy() });
    }
    await refused(world.admin.attachUserPolicy({ UserName, PolicyArn: DENY_ALL }), 'LimitExceededException', 409);
    await world.admin.putUserPermissionsBoundary({ UserName, PermissionsBoundary: DENY_ALL });
  },
  'a policy name that is taken is EntityAlreadyExists, whatever the case': async (world) => {
    const PolicyName = world.name('policy');
    await world.admin.createPolicy({ PolicyName, PolicyDocument: SMALL });
    const again = world.admin.createPolicy({ PolicyName: PolicyName.toUpperCase(), PolicyDocument: SMALL });
    await refused(again, 'EntityAlreadyExistsException', 409);
  },
  'a policy has at most 5 versions, and the default one is not deleted': async (world) => {
    const PolicyArn = await world.managedPolicy();
    for (let at = 2; at <= 5; at += 1) {
      await world.admin.createPolicyVersion({ PolicyArn, PolicyDocument: SMALL, SetAsDefault: at === 5 });
    }
    const sixth = world.admin.createPolicyVersion({ PolicyArn, PolicyDocument: SMALL });
    await refused(sixth, 'LimitExceededException', 409);
    const last = world.admin.deletePolicyVersion({ PolicyArn, VersionId: 'v5' });
    await refused(last, 'DeleteConflictException', 409);
    await world.admin.deletePolicyVersion({ PolicyArn, VersionId: 'v1' });
    const { Versions } = await world.admin.listPolicyVersions({ PolicyArn });
    assert.equal(Versions?.length, 4);
  },
  'a policy that is attached, or has old versions, is not deleted': async (world) => {
    const [UserName, PolicyArn] = [await world.user(), await world.managedPolicy()];
    await world.admin.attachUserPolicy({ UserName, PolicyArn });
    await refused(world.admin.deletePolicy({ PolicyArn }), 'DeleteConflictException', 409);
    await world.admin.detachUserPolicy({ UserName, PolicyArn });
    await world.admin.createPolicyVersion({ PolicyArn, PolicyDocument: SMALL });
    await refused(world.admin.deletePolicy({ PolicyArn }), 'DeleteConflictException', 409);
    await world.admin.deletePolicyVersion({ PolicyArn, VersionId: 'v2' });
    await world.admin.deletePolicy({ PolicyArn });
    await refused(world.admin.getPolicy({ PolicyArn }), 'NoSuchEntityException', 404);
  },
  "a policy that is somebody's boundary is not deleted": async (world) => {
    const PolicyArn = await world.managedPolicy();
    await world.admin.createUser({ UserName: world.name(), PermissionsBoundary: PolicyArn });
    await refused(world.admin.deletePolicy({ PolicyArn }), 'DeleteConflictException', 409);
  },
  'ListPolicies counts attachments and uses as a boundary': async (world) => {
    const PolicyArn = await world.managedPolicy();
    await world.admin.attachUserPolicy({ UserName: await world.user(), PolicyArn });
    await world.admin.createUser({ UserName: world.name(), PermissionsBoundary: PolicyArn });
    const { Policy } = await world.admin.getPolicy({ PolicyArn });
    assert.deepEqual([Policy?.AttachmentCount, Policy?.PermissionsBoundaryUsageCount], [1, 1]);
  },
  'ListEntitiesForPolicy names users, groups and roles': async (world) => {
    const [UserName, GroupName, PolicyArn] = [await world.user(), await world.group(), await world.managedPolicy()];
    await world.admin.attachUserPolicy({ UserName, PolicyArn });
    await world.admin.attachGroupPolicy({ GroupName, PolicyArn });
    const found = await world.admin.listEntitiesForPolicy({ PolicyArn });
    assert.deepEqual([found.PolicyUsers?.[0]?.UserName, found.PolicyGroups?.[0]?.GroupName], [UserName, GroupName]);
  },
  'an inline policy comes back as it was written, encoded': async (world) => {
    const UserName = await world.user();
    const PolicyDocument = policy({
      Sid: 'A',
      Effect: 'Allow',
      Action: ['s3:Get*'],
      Resource: "arn:aws:s3:::it's (here)/*",
    });
    await world.admin.putUserPolicy({ UserName, PolicyName: 'one', PolicyDocument });
    const read = await world.admin.getUserPolicy({ UserName, PolicyName: 'one' });
    assert.notEqual(read.PolicyDocument, PolicyDocument);
    assert.equal(decodeURIComponent(read.PolicyDocument ?? ''), PolicyDocument);
    assert.deepEqual((await world.admin.listUserPolicies({ UserName })).PolicyNames, ['one']);
    await world.admin.deleteUserPolicy({ UserName, PolicyName: 'one' });
    await refused(world.admin.getUserPolicy({ UserName, PolicyName: 'one' }), 'NoSuchEntityException', 404);
  },
  'inline policies of a user are at most 2,048 characters': async (world) => {
    const resources = Array.from({ length: 60 }, (_, at) => `arn:aws:s3:::a-bucket-with-a-long-name-${at}/*`);
    const PolicyDocument = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: resources });
    const put = world.admin.putUserPolicy({ UserName: await world.user(), PolicyName: 'big', PolicyDocument });
    await refused(put, 'LimitExceededException', 409);
  },
  'a managed policy is at most 6,144 characters': async (world) => {
    const resources = Array.from({ length: 150 }, (_, at) => `arn:aws:s3:::a-bucket-with-a-long-name-${at}/*`);
    const PolicyDocument = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: resources });
    await refused(
      world.admin.createPolicy({ PolicyName: world.name(), PolicyDocument }),
      'LimitExceededException',
      409,
    );
  },
  'documents that are no policies are MalformedPolicyDocument': async (world) => {
    const bad = [
      '{',
      '{}',
      policy({ Effect: 'Maybe', Action: '*', Resource: '*' }),
      policy({ Effect: 'Allow', Resource: '*' }),
      policy({ Effect: 'Allow', Action: 'GetUser', Resource: '*' }),
      policy({ Effect: 'Allow', Action: 'iam:GetUser' }),
      policy(...[1, 2].map(() => ({ Sid: 'Same', Effect: 'Allow', Action: 'iam:GetUser', Resource: '*' }))),
      policy({ Effect: 'Allow', Action: 'iam:GetUser', Resource: '*', Principal: '*' }),
      policy({
        Effect: 'Allow',
        Action: 'iam:GetUser',
        Resource: '*',
        Condition: { StringMaybe: { 'aws:username': 'x' } },
      }),
      JSON.stringify({ Version: '2020-01-01', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }),
    ];
    for (const PolicyDocument of bad) {
      const made = world.admin.createPolicy({ PolicyName: world.name('bad'), PolicyDocument });
      await refused(made, 'MalformedPolicyDocumentException', 400);
    }
  },
  'a role trusts only principals that exist': async (world) => {
    const arn = (await world.admin.getUser({ UserName: await world.user() })).User?.Arn ?? '';
    const trust = (AWS: string): string => policy({ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' });
    await world.admin.createRole({ RoleName: world.name('role'), AssumeRolePolicyDocument: trust(arn) });
    const nobody = world.admin.createRole({
      RoleName: world.name('role'),
      AssumeRolePolicyDocument: trust(`${arn}-nobody`),
    });
    await refused(nobody, 'MalformedPolicyDocumentException', 400);
  },
};
