/**
 * Roles: API_CreateRole.html, API_GetRole.html, API_ListRoles.html, API_UpdateRole.html,
 * API_UpdateAssumeRolePolicy.html, API_DeleteRole.html, API_TagRole.html, API_PutRolePermissionsBoundary.html under
 * https://docs.aws.amazon.com/IAM/latest/APIReference/. Principals of a trust policy must exist, and are kept by their
 * unique id: "if you delete the user …, the relationship is broken … even if you recreate the user"
 * (User Guide, reference_policies_elements_principal.html, "IAM user principals").
 */
import { type Actions, type Call, must } from '../call.ts';
import { IamError, noSuch } from '../iam-error.ts';
import { newId } from '../ids.ts';
import { paged } from '../paging.ts';
import { ARN, DOCUMENT, NAME_64 } from '../parameters.ts';
import { readPolicy } from '../policy-document.ts';
import { arnOf } from '../principal.ts';
import { anything, boundaryOf, onRole, tagging, toMake } from '../resources.ts';
import { key, type Role, type State, the } from '../state.ts';
import type { Answer } from '../xml.ts';
import { encodedDocument } from './policies-on.ts';
import { askedBoundary, boundaryAnswer, tagList } from './users.ts';

/** A role as lists say it. */
export function roleSummary(call: Call, role: Role): Record<string, Answer> {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: arnOf(call.account.id, role),
    CreateDate: new Date(role.created),
    AssumeRolePolicyDocument: encodedDocument(role.trust),
    Description: role.description,
    MaxSessionDuration: role.maxSession,
  };
}

function roleDetail(call: Call, role: Role): Answer {
  const more = { PermissionsBoundary: boundaryAnswer(role.boundary), Tags: tagList(role.tags) };
  return { Role: { ...roleSummary(call, role), ...more } };
}

function idOfPrincipal(state: State, accountId: string, principal: string): string | undefined {
  const arn = principal.replace(/^AWS:/, '');
  if (
    !principal.startsWith('AWS:') ||
    arn === '*' ||
    arn === accountId ||
    arn.endsWith(':root') ||
    arn.startsWith('arn:aws:sts:')
  )
    return arn;
  const holders = [...state.users.values(), ...state.roles.values()];
  return holders.find((one) => arnOf(accountId, one) === arn)?.id;
}

function readTrust(
  call: Call,
  field: string,
): { readonly trust: string; readonly trusted: ReadonlyMap<string, string> } {
  const trust = call.parameters.text(field, DOCUMENT);
  const trusted = new Map<string, string>();
  for (const principal of readPolicy(trust, 'trust').flatMap((one) => one.principals ?? [])) {
    const id = idOfPrincipal(call.latest, call.account.id, principal);
    must(id !== undefined, 'MalformedPolicyDocument', `Invalid principal in policy: "AWS":"${principal.slice(4)}"`);
    trusted.set(principal, id);
  }
  return { trust, trusted };
}

function createRole(call: Call): Answer {
  const name = call.parameters.text('RoleName', NAME_64);
  const { trust, trusted } = readTrust(call, 'AssumeRolePolicyDocument');
  const boundary = askedBoundary(call);
  must(!call.latest.roles.has(key(name)), 'EntityAlreadyExists', `Role with name ${name} already exists.`);
  call.quota('RolesPerAccount', call.latest.roles.size, call.account.quotas.roles);
  const [id, path, created, tags] = [newId('AROA'), call.parameters.path(), call.now, call.parameters.tags()];
  const description = call.parameters.optional('Description', { max: 1000 });
  const maxSession = call.parameters.integer('MaxSessionDuration', 3600, 43_200) ?? 3600;
  const make = (): Role => ({
    kind: 'role',
    id,
    name,
    path,
    created,
    boundary,
    trust,
    trusted,
    description,
    maxSession,
    tags: new Map(tags),
    inline: new Map(),
    attached: new Set(),
  });
  call.change((state) => state.roles.set(key(name), make()));
  return roleDetail(call, the(call.latest.roles, name));
}

function deleteRole(call: Call): Answer {
  const role = call.roleToChange();
  if (role.attached.size > 0)
    throw new IamError('DeleteConflict', 'Cannot delete entity, must detach all policies first.');
  if (role.inline.size > 0) throw new IamError('DeleteConflict', 'Cannot delete entity, must delete policies first.');
  call.change((state) => state.roles.delete(key(role.name)));
  return undefined;
}

function updateRole(call: Call): Answer {
  const role = call.roleToChange();
  const description = call.parameters.optional('Description', { max: 1000 }) ?? role.description;
  const maxSession = call.parameters.integer('MaxSessionDuration', 3600, 43_200) ?? role.maxSession;
  call.change((state) => Object.assign(the(state.roles, role.name), { description, maxSession }));
  return {};
}

export const roles: Actions = {
  CreateRole: { needs: toMake('role', 'RoleName'), run: createRole },
  GetRole: { needs: onRole, run: (call) => roleDetail(call, call.role()) },
  UpdateRole: { needs: onRole, run: updateRole },
  DeleteRole: { needs: onRole, run: deleteRole },
  ListRoles: {
    needs: anything,
    run(call) {
      const prefix = call.parameters.pathPrefix();
      const found = [...call.seen.roles.values()].filter((role) => role.path.startsWith(prefix));
      const { page, rest } = paged(call, found, (role) => key(role.name));
      return { Roles: page.map((role) => roleSummary(call, role)), ...rest };
    },
  },
  UpdateAssumeRolePolicy: {
    needs: onRole,
    run(call) {
      const role = call.roleToChange();
      const read = readTrust(call, 'PolicyDocument');
      call.change((state) => Object.assign(the(state.roles, role.name), read));
      return undefined;
    },
  },
  PutRolePermissionsBoundary: {
    needs: boundaryOf('role'),
    run(call) {
      const role = call.roleToChange();
      call.parameters.text('PermissionsBoundary', ARN);
      const boundary = askedBoundary(call);
      call.change((state) => (the(state.roles, role.name).boundary = boundary));
      return undefined;
    },
  },
  DeleteRolePermissionsBoundary: {
    needs: boundaryOf('role'),
    run(call) {
      const role = call.roleToChange();
      if (role.boundary === undefined) throw noSuch('permissions boundary of role', role.name);
      call.change((state) => (the(state.roles, role.name).boundary = undefined));
      return undefined;
    },
  },
  TagRole: {
    needs: tagging('role'),
    run(call) {
      const role = call.roleToChange();
      const tags = call.parameters.tags();
      const all = new Set([...role.tags.keys(), ...tags.keys()]);
      must(all.size <= call.account.quotas.tags, 'LimitExceeded', 'The number of tags has reached the maximum limit.');
      call.change((state) => tags.forEach((value, tag) => the(state.roles, role.name).tags.set(tag, value)));
      return undefined;
    },
  },
  UntagRole: {
    needs: tagging('role'),
    run(call) {
      const role = call.roleToChange();
      const tags = call.parameters.list('TagKeys') ?? [];
      call.change((state) => tags.forEach((tag) => the(state.roles, role.name).tags.delete(tag)));
      return undefined;
    },
  },
  ListRoleTags: {
    needs: onRole,
    run(call) {
      const { page, rest } = paged(call, call.role().tags, ([tag]) => tag);
      return { Tags: page.map(([Key, Value]) => ({ Key, Value })), ...rest };
    },
  },
};
