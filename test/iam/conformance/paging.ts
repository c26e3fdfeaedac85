/** Lists, page by page. */
import { paginateGetAccountAuthorizationDetails, paginateListUsers } from '@aws-sdk/client-iam';
import { assert, type Chapter, policy, refused, type World } from './world.ts';

async function people(world: World, count: number): Promise<{ path: string; names: string[] }> {
  const path = `/${world.name('many')}/`;
  const names: string[] = [];
  for (let at = 0; at < count; at += 1) names.push(await world.user(path));
  return { path, names: names.sort() };
}

export const paging: Chapter = {
  'a list of more than 100 is cut at 100 with IsTruncated and a Marker': async (world) => {
    const { path: PathPrefix, names } = await people(world, 103);
    const first = await world.admin.listUsers({ PathPrefix });
    assert.ok((first.Users?.length ?? 0) <= 100 && first.IsTruncated === true && first.Marker !== undefined);
    const found: string[] = [];
    for await (const page of paginateListUsers({ client: world.admin }, { PathPrefix })) {
      found.push(...(page.Users ?? []).map((user) => user.UserName ?? ''));
    }
    assert.deepEqual(found.sort(), names);
  },
  'MaxItems is obeyed, and the last page is not truncated': async (world) => {
    const { path: PathPrefix, names } = await people(world, 5);
    const sizes: number[] = [];
    let Marker: string | undefined;
    do {
      const page = await world.admin.listUsers({ PathPrefix, MaxItems: 2, Marker });
      sizes.push(page.Users?.length ?? 0);
      Marker = page.IsTruncated === true ? page.Marker : undefined;
    } while (Marker !== undefined && sizes.length < 20);
    assert.equal(
      sizes.reduce((sum, size) => sum + size, 0),
      names.length,
    );
    assert.ok(sizes.length >= 3 && sizes.every((size) => size <= 2));
  },
  'nobody is left out when somebody on an earlier page goes away in between': async (world) => {
    const { path: PathPrefix, names } = await people(world, 6);
    const first = await world.admin.listUsers({ PathPrefix, MaxItems: 3 });
    const shown = (first.Users ?? []).map((user) => user.UserName ?? '');
    await world.admin.deleteUser({ UserName: shown[0] });
    const rest = await world.admin.listUsers({ PathPrefix, Marker: first.Marker });
    const all = [...shown, ...(rest.Users ?? []).map((user) => user.UserName ?? '')];
    assert.deepEqual([...new Set(all)].sort(), names);
  },
  'MaxItems of 0 or 1,001 and a marker of nobody or of another list are refused': async (world) => {
    await refused(world.admin.listUsers({ MaxItems: 0 }), 'ValidationError', 400);
    await refused(world.admin.listUsers({ MaxItems: 1001 }), 'ValidationError', 400);
    await refused(world.admin.listUsers({ Marker: 'nonsense' }), 'ValidationError', 400);
    await people(world, 2);
    const { Marker } = await world.admin.listUsers({ MaxItems: 1 });
    await refused(world.admin.listGroups({ Marker }), 'ValidationError', 400);
  },
  'the lists of one user are paged too': async (world) => {
    const UserName = await world.user();
    const PolicyDocument = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' });
    for (const PolicyName of ['a', 'b', 'c']) await world.admin.putUserPolicy({ UserName, PolicyName, PolicyDocument });
    await world.key(UserName);
    await world.key(UserName);
    const inline = await world.admin.listUserPolicies({ UserName, MaxItems: 2 });
    const keys = await world.admin.listAccessKeys({ UserName, MaxItems: 1 });
    assert.deepEqual([inline.PolicyNames?.length, inline.IsTruncated], [2, true]);
    assert.deepEqual([keys.AccessKeyMetadata?.length, keys.IsTruncated], [1, true]);
  },
  'GetAccountAuthorizationDetails is paged over users with groups, policies, tags and boundary': async (world) => {
    const { path, names } = await people(world, 4);
    const [UserName = '', GroupName] = [names[0], await world.group()];
    await world.admin.addUserToGroup({ UserName, GroupName });
    await world.admin.tagUser({ UserName, Tags: [{ Key: 'a', Value: 'b' }] });
    const PolicyArn = await world.managedPolicy();
    await world.admin.attachUserPolicy({ UserName, PolicyArn });
    await world.admin.putUserPermissionsBoundary({ UserName, PermissionsBoundary: PolicyArn });
    const found = [];
    let pages = 0;
    for await (const page of paginateGetAccountAuthorizationDetails(
      { client: world.admin, pageSize: 3 },
      { Filter: ['User'] },
    )) {
      pages += 1;
      assert.deepEqual([page.GroupDetailList ?? [], page.Policies ?? []], [[], []]);
      found.push(...(page.UserDetailList ?? []).filter((user) => user.Path === path));
    }
    assert.ok(pages >= 2);
    assert.deepEqual(found.map((user) => user.UserName ?? '').sort(), names);
    const one = found.find((user) => user.UserName === UserName);
    assert.deepEqual([one?.GroupList, one?.Tags], [[GroupName], [{ Key: 'a', Value: 'b' }]]);
    assert.equal(one?.AttachedManagedPolicies?.[0]?.PolicyArn, PolicyArn);
    assert.equal(one?.PermissionsBoundary?.PermissionsBoundaryArn, PolicyArn);
  },
};
