/**
 * Users: https://docs.aws.amazon.com/IAM/latest/APIReference/API_User.html, API_CreateUser.html, API_GetUser.html,
 * API_ListUsers.html (leaves out tags and boundary), API_UpdateUser.html, API_DeleteUser.html (everything that must be
 * gone first), API_TagUser.html, API_PutUserPermissionsBoundary.html.
 */
import { managedPolicy } from '../authorize.ts';
import { type Actions, type Call, must } from '../call.ts';
import { IamError, noSuch } from '../iam-error.ts';
import { newId } from '../ids.ts';
import { paged } from '../paging.ts';
import { ARN, NAME_64, PATH } from '../parameters.ts';
import { arnOf, holderOf } from '../principal.ts';
import { anything, boundaryOf, onUser, tagging, toMake } from '../resources.ts';
import { key, type State, the, type User } from '../state.ts';
import type { Answer } from '../xml.ts';

/** What lists say of a user. */
export function userSummary(call: Call, user: User): Record<string, Answer> {
  const used = call.account.passwordLastUsed.get(user.id);
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: arnOf(call.account.id, user),
    CreateDate: new Date(user.created),
    PasswordLastUsed: used === undefined ? undefined : new Date(used),
  };
}

export function tagList(tags: ReadonlyMap<string, string>): Answer {
  return tags.size === 0 ? undefined : [...tags].map(([Key, Value]) => ({ Key, Value }));
}

export function boundaryAnswer(arn: string | undefined): Answer {
  return arn === undefined ? undefined : { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: arn };
}

/** What GetUser and CreateUser say. */
function userDetail(call: Call, user: User): Answer {
  const more = { PermissionsBoundary: boundaryAnswer(user.boundary), Tags: tagList(user.tags) };
  return { User: { ...userSummary(call, user), ...more } };
}

/** The boundary a request asks for; it must be a managed policy that exists. */
export function askedBoundary(call: Call): string | undefined {
  const arn = call.parameters.optional('PermissionsBoundary', ARN);
  if (arn === undefined) return undefined;
  must(
    /^arn:aws:iam::(?:aws|\d{12}):policy\/./.test(arn),
    'InvalidInput',
    `Invalid ARN ${arn} for a permissions boundary.`,
  );
  const policy = managedPolicy(call.latest, arn);
  if (policy === undefined)
    throw new IamError('NoSuchEntity', `Scope ARN: ${arn} does not exist or is not attachable.`);
  return policy.arn;
}

function createUser(call: Call): Answer {
  const name = call.parameters.text('UserName', NAME_64);
  const boundary = askedBoundary(call);
  const tags = call.parameters.tags();
  must(!call.latest.users.has(key(name)), 'EntityAlreadyExists', `User with name ${name} already exists.`);
  call.quota('UsersPerAccount', call.latest.users.size, call.account.quotas.users);
  must(tags.size <= call.account.quotas.tags, 'LimitExceeded', 'The number of tags has reached the maximum limit.');
  const [id, path, created] = [newId('AIDA'), call.parameters.path(), call.now];
  const make = (): User => ({
    kind: 'user',
    id,
    name,
    path,
    created,
    boundary,
    tags: new Map(tags),
    inline: new Map(),
    attached: new Set(),
    groups: new Set(),
    accessKeys: [],
    login: undefined,
    certificates: [],
    sshKeys: [],
    serviceCredentials: [],
  });
  call.change((state) => state.users.set(key(name), make()));
  return userDetail(call, the(call.latest.users, name));
}

function getUser(call: Call): Answer {
  if (call.parameters.raw('UserName') === undefined && call.principal.kind === 'root') {
    const created = new Date(call.account.created);
    return { User: { Path: '/', UserId: call.account.id, Arn: call.arn('root'), CreateDate: created } };
  }
  return userDetail(call, call.user());
}

function rename(state: State, from: string, to: string, path: string | undefined): void {
  const user = the(state.users, from);
  state.users.delete(key(from));
  user.name = to;
  user.path = path ?? user.path;
  state.users.set(key(to), user);
}

function updateUser(call: Call): Answer {
  const user = call.userToChange(call.parameters.text('UserName'));
  const [from, to] = [user.name, call.parameters.optional('NewUserName', NAME_64) ?? user.name];
  const path = call.parameters.optional('NewPath', PATH);
  const other = call.latest.users.get(key(to));
  must(other === undefined || other === user, 'EntityAlreadyExists', `User with name ${to} already exists.`);
  call.change((state) => rename(state, from, to, path));
  return undefined;
}

/** What keeps a user from being deleted, in AWS's words; undefined where nothing does. */
function conflict(state: State, user: User): string | undefined {
  if (user.login !== undefined) return 'must delete login profile first';
  if (user.accessKeys.length > 0) return 'must delete access keys first';
  if (user.certificates.length > 0) return 'must delete signing certificates first';
  if (user.sshKeys.length > 0) return 'must delete SSH public keys first';
  if (user.serviceCredentials.length > 0) return 'must delete service specific credentials first';
  if ([...state.mfa.values()].some((one) => one.owner === user.id)) return 'must deactivate MFA devices first';
  if (user.groups.size > 0) return 'must remove users from group first';
  if (user.attached.size > 0) return 'must detach all policies first';
  return user.inline.size > 0 ? 'must delete policies first' : undefined;
}

function deleteUser(call: Call): Answer {
  const user = call.userToChange(call.parameters.text('UserName'));
  const left = conflict(call.latest, user);
  if (left !== undefined) throw new IamError('DeleteConflict', `Cannot delete entity, ${left}.`);
  call.change((state) => state.users.delete(key(user.name)));
  return undefined;
}

function listUsers(call: Call): Answer {
  const prefix = call.parameters.pathPrefix();
  const users = [...call.seen.users.values()].filter((user) => user.path.startsWith(prefix));
  const { page, rest } = paged(call, users, (user) => key(user.name));
  return { Users: page.map((user) => userSummary(call, user)), ...rest };
}

/** GetUser without a name is about the caller, root included. */
function ownOrNamed(call: Call): ReturnType<typeof onUser> {
  const own = call.parameters.raw('UserName') === undefined && holderOf(call.seen, call.principal) === undefined;
  return own ? [] : onUser(call);
}

export const users: Actions = {
  CreateUser: { needs: toMake('user', 'UserName'), run: createUser },
  GetUser: { needs: ownOrNamed, run: getUser },
  UpdateUser: {
    needs: (call) => {
      const name = call.parameters.optional('NewUserName');
      const path = call.parameters.optional('NewPath');
      const user = call.seen.users.get(key(call.parameters.text('UserName')));
      const renamed = { path: path ?? user?.path ?? '/', name: name ?? user?.name ?? '', kind: 'user' as const };
      return [...onUser(call), { resource: arnOf(call.account.id, renamed) }];
    },
    run: updateUser,
  },
  DeleteUser: { needs: onUser, run: deleteUser },
  ListUsers: { needs: anything, run: listUsers },
  PutUserPermissionsBoundary: {
    needs: boundaryOf('user'),
    run(call) {
      const name = call.userToChange(call.parameters.text('UserName')).name;
      call.parameters.text('PermissionsBoundary', ARN);
      const boundary = askedBoundary(call);
      call.change((state) => (the(state.users, name).boundary = boundary));
      return undefined;
    },
  },
  DeleteUserPermissionsBoundary: {
    needs: boundaryOf('user'),
    run(call) {
      const user = call.userToChange(call.parameters.text('UserName'));
      if (user.boundary === undefined) throw noSuch('permissions boundary of user', user.name);
      call.change((state) => (the(state.users, user.name).boundary = undefined));
      return undefined;
    },
  },
  TagUser: {
    needs: tagging('user'),
    run(call) {
      const user = call.userToChange(call.parameters.text('UserName'));
      const tags = call.parameters.tags();
      const all = new Set([...user.tags.keys(), ...tags.keys()]);
      must(all.size <= call.account.quotas.tags, 'LimitExceeded', 'The number of tags has reached the maximum limit.');
      call.change((state) => tags.forEach((value, tag) => the(state.users, user.name).tags.set(tag, value)));
      return undefined;
    },
  },
  UntagUser: {
    needs: tagging('user'),
    run(call) {
      const user = call.userToChange(call.parameters.text('UserName'));
      const tags = call.parameters.list('TagKeys') ?? [];
      call.change((state) => tags.forEach((tag) => the(state.users, user.name).tags.delete(tag)));
      return undefined;
    },
  },
  ListUserTags: {
    needs: onUser,
    run(call) {
      const { page, rest } = paged(call, call.user(call.parameters.text('UserName')).tags, ([tag]) => tag);
      return { Tags: page.map(([Key, Value]) => ({ Key, Value })), ...rest };
    },
  },
};
