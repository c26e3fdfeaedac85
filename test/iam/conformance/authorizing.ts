/** What policies allow: groups, explicit denies, boundaries, resources, conditions; and what the simulator says. */
import { assert, type Chapter, DENY_ALL, policy, READ_ONLY, refused, type World } from './world.ts';

const anything = (Action: string | string[], more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource: '*',
  ...more,
});

async function arnOf(world: World, UserName: string): Promise<string> {
  return (await world.admin.getUser({ UserName })).User?.Arn ?? '';
}

/** Decisions by action, as the simulator says. */
async function simulated(
  world: World,
  UserName: string,
  ActionNames: string[],
  ResourceArns?: string[],
): Promise<(string | undefined)[]> {
  const PolicySourceArn = await arnOf(world, UserName);
  const said = await world.admin.simulatePrincipalPolicy({ PolicySourceArn, ActionNames, ResourceArns });
  return (said.EvaluationResults ?? []).map((one) => one.EvalDecision);
}

export const authorizing: Chapter = {
  'a user without policies may do nothing': async (world) => {
    const UserName = await world.user();
    const client = world.client(await world.key(UserName));
    await refused(client.listUsers({}), 'AccessDenied', 403);
    await refused(client.getUser({ UserName }), 'AccessDenied', 403);
  },
  'what a group may do, its members may': async (world) => {
    const [UserName, GroupName] = [await world.user(), await world.group()];
    await world.admin.putGroupPolicy({
      GroupName,
      PolicyName: 'look',
      PolicyDocument: policy(anything('iam:ListUsers')),
    });
    const client = world.client(await world.key(UserName));
    await refused(client.listUsers({}), 'AccessDenied');
    await world.admin.addUserToGroup({ UserName, GroupName });
    await client.listUsers({ MaxItems: 1 });
  },
  'AWSDenyAll wins over everything that allows': async (world) => {
    const one = await world.userWith(policy(anything('*')));
    await one.client.listUsers({ MaxItems: 1 });
    await world.admin.attachUserPolicy({ UserName: one.name, PolicyArn: DENY_ALL });
    await refused(one.client.listUsers({}), 'AccessDenied', 403);
    const undo = one.client.detachUserPolicy({ UserName: one.name, PolicyArn: DENY_ALL });
    await refused(undo, 'AccessDenied', 403);
  },
  'AWSDenyAll as a boundary denies everything too': async (world) => {
    const one = await world.userWith(policy(anything('*')));
    await world.admin.putUserPermissionsBoundary({ UserName: one.name, PermissionsBoundary: DENY_ALL });
    await refused(one.client.listUsers({}), 'AccessDenied', 403);
  },
  'a boundary allows nothing by itself, and nothing beyond it is allowed': async (world) => {
    const one = await world.userWith(policy(anything(['iam:ListUsers', 'iam:CreateGroup'])));
    const boundary = await world.managedPolicy(policy(anything(['iam:ListUsers', 'iam:ListGroups'])));
    await world.admin.putUserPermissionsBoundary({ UserName: one.name, PermissionsBoundary: boundary });
    await one.client.listUsers({ MaxItems: 1 });
    await refused(one.client.listGroups({}), 'AccessDenied', 403);
    await refused(one.client.createGroup({ GroupName: world.name() }), 'AccessDenied', 403);
  },
  'a policy on a path holds for users under it only': async (world) => {
    const Resource = 'arn:aws:iam::*:user/people/*';
    const { client } = await world.userWith(
      policy({ Effect: 'Allow', Action: ['iam:GetUser', 'iam:DeleteUser'], Resource }),
    );
    const [inside, outside] = [await world.user('/people/'), await world.user()];
    await client.getUser({ UserName: inside });
    await refused(client.getUser({ UserName: outside }), 'AccessDenied', 403);
    await client.deleteUser({ UserName: inside });
    await refused(client.deleteUser({ UserName: outside }), 'AccessDenied', 403);
  },
  'iam:PolicyARN limits what may be attached': async (world) => {
    const Condition = { ArnEquals: { 'iam:PolicyARN': DENY_ALL } };
    const { client } = await world.userWith(policy(anything('iam:AttachUserPolicy', { Condition })));
    const UserName = await world.user();
    await refused(client.attachUserPolicy({ UserName, PolicyArn: READ_ONLY }), 'AccessDenied', 403);
    await client.attachUserPolicy({ UserName, PolicyArn: DENY_ALL });
  },
  'iam:PermissionsBoundary limits who may be made, and with which boundary': async (world) => {
    const boundary = await world.managedPolicy();
    const Condition = { StringEquals: { 'iam:PermissionsBoundary': boundary } };
    const actions = ['iam:CreateUser', 'iam:PutUserPermissionsBoundary'];
    const { client } = await world.userWith(policy(anything(actions, { Condition })));
    await refused(client.createUser({ UserName: world.name() }), 'AccessDenied', 403);
    await refused(client.createUser({ UserName: world.name(), PermissionsBoundary: READ_ONLY }), 'AccessDenied', 403);
    const UserName = world.name();
    await client.createUser({ UserName, PermissionsBoundary: boundary });
    const other = client.putUserPermissionsBoundary({ UserName, PermissionsBoundary: READ_ONLY });
    await refused(other, 'AccessDenied', 403);
  },
  'aws:RequestTag, aws:ResourceTag and aws:PrincipalTag hold': async (world) => {
    const { client, name } = await world.userWith(
      policy(
        anything('iam:CreateUser', { Condition: { StringEquals: { 'aws:RequestTag/team': 'a' } } }),
        anything('iam:GetUser', {
          Condition: { StringEquals: { 'aws:ResourceTag/team': '${aws:PrincipalTag/team}' } },
        }),
      ),
    );
    await world.admin.tagUser({ UserName: name, Tags: [{ Key: 'team', Value: 'a' }] });
    const [mine, other] = [world.name(), world.name()];
    await client.createUser({ UserName: mine, Tags: [{ Key: 'team', Value: 'a' }] });
    await refused(client.createUser({ UserName: other, Tags: [{ Key: 'team', Value: 'b' }] }), 'AccessDenied', 403);
    await world.admin.createUser({ UserName: other, Tags: [{ Key: 'team', Value: 'b' }] });
    await client.getUser({ UserName: mine });
    await refused(client.getUser({ UserName: other }), 'AccessDenied', 403);
  },
  '${aws:username} in a resource is the caller alone': async (world) => {
    const Resource = 'arn:aws:iam::*:user/${aws:username}';
    const { client, name } = await world.userWith(policy({ Effect: 'Allow', Action: 'iam:ListAccessKeys', Resource }));
    await client.listAccessKeys({ UserName: name });
    await refused(client.listAccessKeys({ UserName: await world.user() }), 'AccessDenied', 403);
  },
  'an end in a policy holds (DateLessThan aws:CurrentTime)': async (world) => {
    const until = (milliseconds: number): object => ({
      Condition: { DateLessThan: { 'aws:CurrentTime': new Date(Date.now() + milliseconds).toISOString() } },
    });
    const still = await world.userWith(policy(anything('iam:ListUsers', until(3_600_000))));
    const over = await world.userWith(policy(anything('iam:ListUsers', until(-3_600_000))));
    await still.client.listUsers({ MaxItems: 1 });
    await refused(over.client.listUsers({}), 'AccessDenied', 403);
  },
  'adding to a group is authorized on the group': async (world) => {
    const [group, other] = [await world.group('/people/'), await world.group()];
    const Resource = 'arn:aws:iam::*:group/people/*';
    const { client } = await world.userWith(policy({ Effect: 'Allow', Action: 'iam:AddUserToGroup', Resource }));
    const UserName = await world.user('/elsewhere/');
    await client.addUserToGroup({ UserName, GroupName: group });
    await refused(client.addUserToGroup({ UserName, GroupName: other }), 'AccessDenied', 403);
  },
  'SimulatePrincipalPolicy says allowed, implicitDeny and explicitDeny': async (world) => {
    const UserName = await world.user();
    const document = policy(anything('s3:GetObject'), { Effect: 'Deny', Action: 's3:DeleteObject', Resource: '*' });
    await world.admin.putUserPolicy({ UserName, PolicyName: 'one', PolicyDocument: document });
    const said = await simulated(world, UserName, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject']);
    assert.deepEqual(said, ['allowed', 'implicitDeny', 'explicitDeny']);
  },
  'SimulatePrincipalPolicy counts groups and the deny that is attached': async (world) => {
    const [UserName, GroupName] = [await world.user(), await world.group()];
    await world.admin.attachGroupPolicy({ GroupName, PolicyArn: READ_ONLY });
    await world.admin.addUserToGroup({ UserName, GroupName });
    assert.deepEqual(await simulated(world, UserName, ['iam:GetUser', 'iam:CreateUser']), ['allowed', 'implicitDeny']);
    await world.admin.attachUserPolicy({ UserName, PolicyArn: DENY_ALL });
    assert.deepEqual(await simulated(world, UserName, ['iam:GetUser', 'iam:CreateUser']), [
      'explicitDeny',
      'explicitDeny',
    ]);
  },
  'SimulatePrincipalPolicy counts the boundary': async (world) => {
    const UserName = await world.user();
    await world.admin.putUserPolicy({ UserName, PolicyName: 'all', PolicyDocument: policy(anything('*')) });
    const boundary = await world.managedPolicy(policy(anything('s3:GetObject')));
    await world.admin.putUserPermissionsBoundary({ UserName, PermissionsBoundary: boundary });
    assert.deepEqual(await simulated(world, UserName, ['s3:GetObject', 's3:PutObject']), ['allowed', 'implicitDeny']);
    await world.admin.putUserPermissionsBoundary({ UserName, PermissionsBoundary: DENY_ALL });
    assert.deepEqual(await simulated(world, UserName, ['s3:GetObject']), ['explicitDeny']);
  },
  'SimulatePrincipalPolicy goes by resource, and names who does not exist': async (world) => {
    const UserName = await world.user();
    const Resource = 'arn:aws:s3:::mine/*';
    await world.admin.putUserPolicy({
      UserName,
      PolicyName: 'x',
      PolicyDocument: policy({ Effect: 'Allow', Action: 's3:*', Resource }),
    });
    const said = await simulated(world, UserName, ['s3:GetObject'], ['arn:aws:s3:::mine/a', 'arn:aws:s3:::other/a']);
    assert.deepEqual(said, ['allowed', 'implicitDeny']);
    const PolicySourceArn = `${await arnOf(world, UserName)}-nobody`;
    const nobody = world.admin.simulatePrincipalPolicy({ PolicySourceArn, ActionNames: ['s3:GetObject'] });
    await refused(nobody, 'NoSuchEntityException', 404);
  },
};
