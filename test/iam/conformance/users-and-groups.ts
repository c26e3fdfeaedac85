/** Users, names, tags, boundaries, groups. */
import { assert, type Chapter, DENY_ALL, READ_ONLY, refused } from './world.ts';

export const usersAndGroups: Chapter = {
  'CreateUser gives a unique id, an ARN with the path, and keeps the tags': async (world) => {
    const UserName = world.name('user');
    const Tags = [{ Key: 'id', Value: 'one' }];
    const { User } = await world.admin.createUser({ UserName, Path: '/people/eu/', Tags });
    assert.match(User?.UserId ?? '', /^AIDA[A-Z0-9]{12,}$/);
    assert.match(User?.Arn ?? '', new RegExp(`^arn:aws:iam::\\d{12}:user/people/eu/${UserName}$`));
    const read = (await world.admin.getUser({ UserName })).User;
    assert.deepEqual([read?.Tags, read?.UserId, read?.Path], [Tags, User?.UserId, '/people/eu/']);
  },
  'CreateUser keeps the permissions boundary and GetUser returns it': async (world) => {
    const UserName = world.name('user');
    await world.admin.createUser({ UserName, PermissionsBoundary: READ_ONLY });
    const { User } = await world.admin.getUser({ UserName });
    assert.equal(User?.PermissionsBoundary?.PermissionsBoundaryArn, READ_ONLY);
  },
  'PutUserPermissionsBoundary replaces, DeleteUserPermissionsBoundary removes, twice is NoSuchEntity': async (
    world,
  ) => {
    const UserName = await world.user();
    await world.admin.putUserPermissionsBoundary({ UserName, PermissionsBoundary: READ_ONLY });
    await world.admin.putUserPermissionsBoundary({ UserName, PermissionsBoundary: DENY_ALL });
    const { User } = await world.admin.getUser({ UserName });
    assert.equal(User?.PermissionsBoundary?.PermissionsBoundaryArn, DENY_ALL);
    await world.admin.deleteUserPermissionsBoundary({ UserName });
    assert.equal((await world.admin.getUser({ UserName })).User?.PermissionsBoundary, undefined);
    await refused(world.admin.deleteUserPermissionsBoundary({ UserName }), 'NoSuchEntityException', 404);
  },
  'a boundary that does not exist is refused': async (world) => {
    const PermissionsBoundary = 'arn:aws:iam::aws:policy/NoSuchPolicyAnywhere';
    await refused(
      world.admin.createUser({ UserName: world.name(), PermissionsBoundary }),
      'NoSuchEntityException',
      404,
    );
  },
  'a user name that is taken is EntityAlreadyExists, whatever the case': async (world) => {
    const UserName = await world.user();
    await refused(world.admin.createUser({ UserName }), 'EntityAlreadyExistsException', 409);
    await refused(world.admin.createUser({ UserName: UserName.toUpperCase() }), 'EntityAlreadyExistsException', 409);
  },
  'a group name that is taken is EntityAlreadyExists, whatever the case': async (world) => {
    const GroupName = await world.group();
    await refused(world.admin.createGroup({ GroupName: GroupName.toUpperCase() }), 'EntityAlreadyExistsException', 409);
  },
  'a user name of 65 characters or with a slash is refused': async (world) => {
    await refused(world.admin.createUser({ UserName: 'x'.repeat(65) }), 'ValidationError', 400);
    await refused(world.admin.createUser({ UserName: 'a/b' }), 'ValidationError', 400);
  },
  'a path that does not begin and end with a slash is refused': async (world) => {
    await refused(world.admin.createUser({ UserName: world.name(), Path: '/people' }), 'ValidationError', 400);
    await refused(
      world.admin.createUser({ UserName: world.name(), Path: `/${'x'.repeat(511)}/` }),
      'ValidationError',
      400,
    );
  },
  'a user made again under the same name has another id': async (world) => {
    const UserName = await world.user();
    const before = (await world.admin.getUser({ UserName })).User?.UserId;
    await world.admin.deleteUser({ UserName });
    await refused(world.admin.getUser({ UserName }), 'NoSuchEntityException', 404);
    const after = (await world.admin.createUser({ UserName })).User?.UserId;
    assert.notEqual(after, before);
  },
  'UpdateUser renames and moves, keeping the id': async (world) => {
    const UserName = await world.user();
    const NewUserName = world.name('renamed');
    const id = (await world.admin.getUser({ UserName })).User?.UserId;
    await world.admin.updateUser({ UserName, NewUserName, NewPath: '/moved/' });
    const { User } = await world.admin.getUser({ UserName: NewUserName });
    assert.deepEqual([User?.UserId, User?.Path], [id, '/moved/']);
    await refused(world.admin.getUser({ UserName }), 'NoSuchEntityException');
  },
  'TagUser and UntagUser change what ListUserTags says': async (world) => {
    const UserName = await world.user();
    await world.admin.tagUser({
      UserName,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
    await world.admin.tagUser({ UserName, Tags: [{ Key: 'a', Value: '3' }] });
    await world.admin.untagUser({ UserName, TagKeys: ['b'] });
    assert.deepEqual((await world.admin.listUserTags({ UserName })).Tags, [{ Key: 'a', Value: '3' }]);
  },
  'a user has at most 50 tags': async (world) => {
    const UserName = await world.user();
    const Tags = Array.from({ length: 50 }, (_, at) => ({ Key: `k${at}`, Value: 'v' }));
    await world.admin.tagUser({ UserName, Tags });
    const more = world.admin.tagUser({ UserName, Tags: [{ Key: 'one-more', Value: 'v' }] });
    await refused(more, 'LimitExceededException', 409);
  },
  'a tag key that begins with aws: is refused': async (world) => {
    const Tags = [{ Key: 'aws:mine', Value: 'x' }];
    await refused(world.admin.createUser({ UserName: world.name(), Tags }), 'InvalidInputException', 400);
  },
  'ListUsers leaves out tags and boundary, and goes by the path prefix': async (world) => {
    const Path = `/${world.name('path')}/`;
    const UserName = world.name('user');
    await world.admin.createUser({ UserName, Path, Tags: [{ Key: 'a', Value: 'b' }], PermissionsBoundary: READ_ONLY });
    await world.user('/elsewhere/');
    const { Users } = await world.admin.listUsers({ PathPrefix: Path });
    assert.deepEqual(
      Users?.map((user) => user.UserName),
      [UserName],
    );
    assert.deepEqual([Users?.[0]?.Tags, Users?.[0]?.PermissionsBoundary], [undefined, undefined]);
  },
  'GetUser without a name answers about the caller': async (world) => {
    const one = await world.userWith(
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:GetUser","Resource":"*"}]}',
    );
    assert.equal((await one.client.getUser({})).User?.UserName, one.name);
  },
  'adding to a group twice changes nothing; removing twice is NoSuchEntity': async (world) => {
    const [UserName, GroupName] = [await world.user(), await world.group()];
    await world.admin.addUserToGroup({ UserName, GroupName });
    await world.admin.addUserToGroup({ UserName, GroupName });
    assert.equal((await world.admin.getGroup({ GroupName })).Users?.length, 1);
    assert.equal((await world.admin.listGroupsForUser({ UserName })).Groups?.length, 1);
    await world.admin.removeUserFromGroup({ UserName, GroupName });
    await refused(world.admin.removeUserFromGroup({ UserName, GroupName }), 'NoSuchEntityException', 404);
  },
  'a user is in at most 10 groups': async (world) => {
    const UserName = await world.user();
    for (let at = 0; at < 10; at += 1) await world.admin.addUserToGroup({ UserName, GroupName: await world.group() });
    const eleventh = world.admin.addUserToGroup({ UserName, GroupName: await world.group() });
    await refused(eleventh, 'LimitExceededException', 409);
  },
  'a group with members is not deleted': async (world) => {
    const [UserName, GroupName] = [await world.user(), await world.group()];
    await world.admin.addUserToGroup({ UserName, GroupName });
    await refused(world.admin.deleteGroup({ GroupName }), 'DeleteConflictException', 409);
  },
  'a group with a policy is not deleted': async (world) => {
    const GroupName = await world.group();
    await world.admin.attachGroupPolicy({ GroupName, PolicyArn: READ_ONLY });
    await refused(world.admin.deleteGroup({ GroupName }), 'DeleteConflictException', 409);
  },
};
