/**
 * Groups: API_CreateGroup.html, API_GetGroup.html, API_ListGroups.html, API_UpdateGroup.html, API_DeleteGroup.html,
 * API_AddUserToGroup.html, API_RemoveUserFromGroup.html, API_ListGroupsForUser.html under
 * https://docs.aws.amazon.com/IAM/latest/APIReference/. A user is in at most 10 groups. Adding and removing have only
 * the group as their resource (Service Authorization Reference).
 */
import { groupsOf } from '../authorize.ts';
import { type Actions, type Call, must } from '../call.ts';
import { IamError } from '../iam-error.ts';
import { newId } from '../ids.ts';
import { paged } from '../paging.ts';
import { NAME_128, PATH } from '../parameters.ts';
import { arnOf } from '../principal.ts';
import { anything, onGroup, onUser, toMake } from '../resources.ts';
import { type Group, key, type PolicyHolder, the } from '../state.ts';
import type { Answer } from '../xml.ts';
import { userSummary } from './users.ts';

function groupAnswer(call: Call, group: PolicyHolder): Record<string, Answer> {
  return {
    Path: group.path,
    GroupName: group.name,
    GroupId: group.id,
    Arn: arnOf(call.account.id, group),
    CreateDate: new Date(group.created),
  };
}

function createGroup(call: Call): Answer {
  const name = call.parameters.text('GroupName', NAME_128);
  must(!call.latest.groups.has(key(name)), 'EntityAlreadyExists', `Group with name ${name} already exists.`);
  call.quota('GroupsPerAccount', call.latest.groups.size, call.account.quotas.groups);
  const [id, path, created] = [newId('AGPA'), call.parameters.path(), call.now];
  const make = (): Group => ({
    kind: 'group',
    id,
    name,
    path,
    created,
    boundary: undefined,
    inline: new Map(),
    attached: new Set(),
    tags: new Map(),
  });
  call.change((state) => state.groups.set(key(name), make()));
  return { Group: groupAnswer(call, the(call.latest.groups, name)) };
}

function getGroup(call: Call): Answer {
  const group = call.group();
  const members = [...call.seen.users.values()].filter((user) => user.groups.has(group.id));
  const { page, rest } = paged(call, members, (user) => key(user.name));
  return { Group: groupAnswer(call, group), Users: page.map((user) => userSummary(call, user)), ...rest };
}

function updateGroup(call: Call): Answer {
  const group = call.groupToChange();
  const [from, to] = [group.name, call.parameters.optional('NewGroupName', NAME_128) ?? group.name];
  const path = call.parameters.optional('NewPath', PATH);
  const other = call.latest.groups.get(key(to));
  must(other === undefined || other === group, 'EntityAlreadyExists', `Group with name ${to} already exists.`);
  call.change((state) => {
    const one = the(state.groups, from);
    state.groups.delete(key(from));
    one.name = to;
    one.path = path ?? one.path;
    state.groups.set(key(to), one);
  });
  return undefined;
}

function deleteGroup(call: Call): Answer {
  const group = call.groupToChange();
  const conflict = (what: string): IamError => new IamError('DeleteConflict', `Cannot delete entity, ${what}.`);
  if ([...call.latest.users.values()].some((user) => user.groups.has(group.id)))
    throw conflict('must remove users from group first');
  if (group.attached.size > 0) throw conflict('must detach all policies first');
  if (group.inline.size > 0) throw conflict('must delete policies first');
  call.change((state) => state.groups.delete(key(group.name)));
  return undefined;
}

function addUser(call: Call): Answer {
  const group = call.groupToChange();
  const user = call.userToChange(call.parameters.text('UserName'));
  if (user.groups.has(group.id)) return undefined;
  call.quota('GroupsPerUser', user.groups.size, call.account.quotas.groupsOfUser);
  call.change((state) => the(state.users, user.name).groups.add(group.id));
  return undefined;
}

function removeUser(call: Call): Answer {
  const group = call.groupToChange();
  const user = call.userToChange(call.parameters.text('UserName'));
  if (!user.groups.has(group.id)) {
    throw new IamError('NoSuchEntity', `User ${user.name} is not in group ${group.name}.`);
  }
  call.change((state) => the(state.users, user.name).groups.delete(group.id));
  return undefined;
}

export const groups: Actions = {
  CreateGroup: { needs: toMake('group', 'GroupName'), run: createGroup },
  GetGroup: { needs: onGroup, run: getGroup },
  UpdateGroup: { needs: onGroup, run: updateGroup },
  DeleteGroup: { needs: onGroup, run: deleteGroup },
  ListGroups: {
    needs: anything,
    run(call) {
      const prefix = call.parameters.pathPrefix();
      const found = [...call.seen.groups.values()].filter((group) => group.path.startsWith(prefix));
      const { page, rest } = paged(call, found, (group) => key(group.name));
      return { Groups: page.map((group) => groupAnswer(call, group)), ...rest };
    },
  },
  ListGroupsForUser: {
    needs: onUser,
    run(call) {
      const found = groupsOf(call.seen, call.user(call.parameters.text('UserName')));
      const { page, rest } = paged(call, found, (group) => key(group.name));
      return { Groups: page.map((group) => groupAnswer(call, group)), ...rest };
    },
  },
  AddUserToGroup: { needs: onGroup, run: addUser },
  RemoveUserFromGroup: { needs: onGroup, run: removeUser },
};
