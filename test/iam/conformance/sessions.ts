/** Temporary credentials: roles with MFA, sessions that outlive keys. */
import { totp } from '../totp.ts';
import { enabledDevice } from './mfa.ts';
import {
  ADMINISTRATOR,
  assert,
  type Chapter,
  type Credentials,
  DENY_ALL,
  policy,
  refused,
  type World,
} from './world.ts';

const LOOK = policy({ Effect: 'Allow', Action: 'iam:ListUsers', Resource: '*' });

/** A role that lists users, trusting the given statement's principal. */
async function role(world: World, AWS: string, more: object = {}): Promise<{ arn: string; name: string }> {
  const RoleName = world.name('role');
  const AssumeRolePolicyDocument = policy({ Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole', ...more });
  const { Role } = await world.admin.createRole({ RoleName, AssumeRolePolicyDocument });
  await world.admin.putRolePolicy({ RoleName, PolicyName: 'look', PolicyDocument: LOOK });
  return { arn: Role?.Arn ?? '', name: RoleName };
}

async function person(world: World): Promise<{ name: string; arn: string; key: Credentials }> {
  const name = await world.user();
  return { name, arn: (await world.admin.getUser({ UserName: name })).User?.Arn ?? '', key: await world.key(name) };
}

function assume(
  world: World,
  arn: string,
  key: Credentials,
  more: Readonly<Record<string, string>> = {},
): Promise<Credentials> {
  return world.session('AssumeRole', { RoleArn: arn, RoleSessionName: 'session', ...more }, key);
}

export const sessions: Chapter = {
  'GetCallerIdentity says who signs': async (world) => {
    const one = await person(world);
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const said = await world.raw(body, { credentials: one.key, service: 'sts' });
    assert.equal(said.element('Arn'), one.arn);
  },
  'a role is assumed by whom it trusts by name, and does what its policies say': async (world) => {
    const [one, other] = [await person(world), await person(world)];
    const { arn } = await role(world, one.arn);
    const client = world.client(await assume(world, arn, one.key));
    await client.listUsers({ MaxItems: 1 });
    await refused(client.listGroups({}), 'AccessDenied', 403);
    await refused(assume(world, arn, other.key), 'AccessDenied');
  },
  "an explicit deny of the user's own keeps a role away that trusts the user by name": async (world) => {
    const one = await person(world);
    const { arn } = await role(world, one.arn);
    await assume(world, arn, one.key);
    await world.admin.attachUserPolicy({ UserName: one.name, PolicyArn: DENY_ALL });
    await refused(assume(world, arn, one.key), 'AccessDenied');
  },
  'temporary credentials count with their own token only': async (world) => {
    const one = await person(world);
    const { arn } = await role(world, one.arn);
    const [first, second] = [await assume(world, arn, one.key), await assume(world, arn, one.key)];
    await refused(
      world.client({ ...first, sessionToken: second.sessionToken ?? '' }).listUsers({}),
      'InvalidClientTokenId',
      403,
    );
    const { accessKeyId, secretAccessKey } = first;
    await refused(world.client({ accessKeyId, secretAccessKey }).listUsers({}), 'InvalidClientTokenId', 403);
  },
  'a session is no longer than the role lets it be': async (world) => {
    const one = await person(world);
    const { arn, name: RoleName } = await role(world, one.arn);
    await refused(assume(world, arn, one.key, { DurationSeconds: '7200' }), 'ValidationError');
    await world.admin.updateRole({ RoleName, MaxSessionDuration: 7200 });
    await assume(world, arn, one.key, { DurationSeconds: '7200' });
  },
  "a role that trusts the account needs the user's own policy as well": async (world) => {
    const one = await person(world);
    const { arn } = await role(world, one.arn.replace(/:user\/.*/, ':root'));
    await refused(assume(world, arn, one.key), 'AccessDenied');
    const PolicyDocument = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: arn });
    await world.admin.putUserPolicy({ UserName: one.name, PolicyName: 'assume', PolicyDocument });
    await assume(world, arn, one.key);
    await world.admin.attachUserPolicy({ UserName: one.name, PolicyArn: DENY_ALL });
    await refused(assume(world, arn, one.key), 'AccessDenied');
  },
  'a role that wants MFA is assumed with a right code only, and each code once': async (world) => {
    const one = await person(world);
    const { arn } = await role(world, one.arn, { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } });
    const device = await enabledDevice(world, one.name);
    await refused(assume(world, arn, one.key), 'AccessDenied');
    const right = totp(device.seed, Date.now() + 30_000);
    const wrong = right === '000000' ? '000001' : '000000';
    await refused(assume(world, arn, one.key, { SerialNumber: device.serial, TokenCode: wrong }), 'AccessDenied');
    await assume(world, arn, one.key, { SerialNumber: device.serial, TokenCode: right });
    await refused(assume(world, arn, one.key, { SerialNumber: device.serial, TokenCode: right }), 'AccessDenied');
  },
  'a session policy only takes away': async (world) => {
    const one = await person(world);
    const { arn } = await role(world, one.arn);
    const Policy = policy({ Effect: 'Allow', Action: 'iam:ListGroups', Resource: '*' });
    const client = world.client(await assume(world, arn, one.key, { Policy }));
    await refused(client.listUsers({}), 'AccessDenied', 403);
    await refused(client.listGroups({}), 'AccessDenied', 403);
  },
  'a session goes on when the key that asked for it is gone': async (world) => {
    const one = await person(world);
    const { arn } = await role(world, one.arn);
    const client = world.client(await assume(world, arn, one.key));
    await world.admin.deleteAccessKey({ UserName: one.name, AccessKeyId: one.key.accessKeyId });
    await client.listUsers({ MaxItems: 1 });
  },
  "a user's own session with MFA goes on without the key, and ends with AWSDenyAll": async (world) => {
    const one = await person(world);
    await world.admin.attachUserPolicy({ UserName: one.name, PolicyArn: ADMINISTRATOR });
    const device = await enabledDevice(world, one.name);
    const code = { SerialNumber: device.serial, TokenCode: totp(device.seed, Date.now() + 30_000) };
    const client = world.client(await world.session('GetSessionToken', code, one.key));
    await world.admin.updateAccessKey({ UserName: one.name, AccessKeyId: one.key.accessKeyId, Status: 'Inactive' });
    await client.listUsers({ MaxItems: 1 });
    await world.admin.attachUserPolicy({ UserName: one.name, PolicyArn: DENY_ALL });
    await refused(client.listUsers({}), 'AccessDenied', 403);
  },
  "a user's session without MFA calls nothing of IAM": async (world) => {
    const one = await person(world);
    await world.admin.attachUserPolicy({ UserName: one.name, PolicyArn: ADMINISTRATOR });
    const client = world.client(await world.session('GetSessionToken', {}, one.key));
    await refused(client.listUsers({}), 'InvalidClientTokenId', 403);
  },
  'a namesake of a deleted user does not take over the trust of a role': async (world) => {
    const one = await person(world);
    const { arn } = await role(world, one.arn);
    await world.admin.deleteAccessKey({ UserName: one.name, AccessKeyId: one.key.accessKeyId });
    await world.admin.deleteUser({ UserName: one.name });
    await world.admin.createUser({ UserName: one.name });
    await refused(assume(world, arn, await world.key(one.name)), 'AccessDenied');
  },
};
