/**
 * Managed policies and their versions: API_CreatePolicy.html, API_GetPolicy.html, API_ListPolicies.html,
 * API_DeletePolicy.html (DeleteConflict while attached or with versions besides the default),
 * API_CreatePolicyVersion.html (at most 5), API_SetDefaultPolicyVersion.html, API_DeletePolicyVersion.html (never the
 * default), API_ListEntitiesForPolicy.html under https://docs.aws.amazon.com/IAM/latest/APIReference/.
 */
import { managedPolicy } from '../authorize.ts';
import { AWS_MANAGED } from '../aws-managed-policies.ts';
import { type Actions, type Call, must } from '../call.ts';
import { IamError } from '../iam-error.ts';
import { newId } from '../ids.ts';
import { paged } from '../paging.ts';
import { ARN, DOCUMENT, NAME_128 } from '../parameters.ts';
import { readPolicy } from '../policy-document.ts';
import { anything, onPolicy, toMake } from '../resources.ts';
import { key, type ManagedPolicy, type PolicyHolder, type PolicyVersion, type State, the } from '../state.ts';
import type { Answer } from '../xml.ts';
import { encodedDocument, sizeWithoutSpace } from './policies-on.ts';
import { tagList } from './users.ts';

function holders(state: State): PolicyHolder[] {
  return [...state.users.values(), ...state.groups.values(), ...state.roles.values()];
}

/** How often each policy is attached and how often it is a boundary, by ARN. */
export function usage(state: State): { attached: Map<string, number>; boundary: Map<string, number> } {
  const [attached, boundary] = [new Map<string, number>(), new Map<string, number>()];
  const count = (map: Map<string, number>, arn: string): unknown => map.set(arn, (map.get(arn) ?? 0) + 1);
  for (const holder of holders(state)) {
    for (const arn of holder.attached) count(attached, arn);
    if (holder.boundary !== undefined) count(boundary, holder.boundary);
  }
  return { attached, boundary };
}

/** A policy as lists and GetPolicy say it. */
export function policyAnswer(policy: ManagedPolicy, used: ReturnType<typeof usage>): Record<string, Answer> {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: used.attached.get(policy.arn) ?? 0,
    PermissionsBoundaryUsageCount: used.boundary.get(policy.arn) ?? 0,
    IsAttachable: true,
    CreateDate: new Date(policy.created),
    UpdateDate: new Date(policy.updated),
  };
}

export function versionAnswer(
  policy: ManagedPolicy,
  version: PolicyVersion,
  document: boolean,
): Record<string, Answer> {
  return {
    VersionId: version.id,
    IsDefaultVersion: version.id === policy.defaultVersion,
    CreateDate: new Date(version.created),
    Document: document ? encodedDocument(version.document) : undefined,
  };
}

function notFound(arn: string): IamError {
  return new IamError('NoSuchEntity', `Policy ${arn} was not found.`);
}

function policyOf(call: Call): ManagedPolicy {
  const arn = call.parameters.text('PolicyArn', ARN);
  const policy = managedPolicy(call.seen, arn);
  if (policy === undefined) throw notFound(arn);
  return policy;
}

function toChange(call: Call): ManagedPolicy {
  const seen = policyOf(call);
  must(!seen.byAws, 'AccessDenied', `Policy ${seen.arn} is managed by AWS and cannot be changed.`);
  const policy = call.latest.policies.get(key(seen.arn));
  if (policy === undefined) throw notFound(seen.arn);
  return policy;
}

function documentOf(call: Call): string {
  const document = call.parameters.text('PolicyDocument', DOCUMENT);
  readPolicy(document);
  must(sizeWithoutSpace(document) <= 6144, 'LimitExceeded', 'Cannot exceed quota for PolicySize: 6144');
  return document;
}

function versionOf(call: Call, policy: ManagedPolicy): PolicyVersion {
  const id = call.parameters.text('VersionId', { pattern: /^v[1-9]\d*$/ });
  const version = policy.versions.find((one) => one.id === id);
  if (version === undefined) throw new IamError('NoSuchEntity', `Policy ${policy.arn} version ${id} does not exist.`);
  return version;
}

function createPolicy(call: Call): Answer {
  const name = call.parameters.text('PolicyName', NAME_128);
  const document = documentOf(call);
  const [path, tags, id, created] = [call.parameters.path(), call.parameters.tags(), newId('ANPA'), call.now];
  const same = [...call.latest.policies.values()].some((one) => key(one.name) === key(name));
  must(!same, 'EntityAlreadyExists', `A policy called ${name} already exists. Duplicate names are not allowed.`);
  call.quota('PoliciesPerAccount', call.latest.policies.size, call.account.quotas.policies);
  const arn = call.arn(`policy${path}${name}`);
  const description = call.parameters.optional('Description', { max: 1000 });
  const make = (): ManagedPolicy => ({
    arn,
    id,
    name,
    path,
    byAws: false,
    description,
    created,
    updated: created,
    defaultVersion: 'v1',
    next: 2,
    versions: [
      {
        id: 'v1',
        document,
        created,
      },
    ],
    tags: new Map(tags),
  });
  call.change((state) => state.policies.set(key(arn), make()));
  return { Policy: { ...policyAnswer(the(call.latest.policies, arn), usage(call.latest)), Tags: tagList(tags) } };
}

function deletePolicy(call: Call): Answer {
  const policy = toChange(call);
  const used = usage(call.latest);
  const inUse = used.attached.has(policy.arn) || used.boundary.has(policy.arn);
  must(!inUse, 'DeleteConflict', 'Cannot delete a policy attached to entities.');
  must(
    policy.versions.length === 1,
    'DeleteConflict',
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions.",
  );
  call.change((state) => state.policies.delete(key(policy.arn)));
  return undefined;
}

function createVersion(call: Call): Answer {
  const policy = toChange(call);
  const document = documentOf(call);
  call.quota('VersionsPerPolicy', policy.versions.length, 5);
  const [id, created, makeDefault] = [`v${policy.next}`, call.now, call.parameters.boolean('SetAsDefault') === true];
  call.change((state) => {
    const one = the(state.policies, policy.arn);
    one.versions.push({ id, document, created });
    one.next += 1;
    one.updated = created;
    if (makeDefault) one.defaultVersion = id;
  });
  const made: PolicyVersion = { id, document, created };
  return { PolicyVersion: versionAnswer(policy, made, false) };
}

function deleteVersion(call: Call): Answer {
  const policy = toChange(call);
  const { id } = versionOf(call, policy);
  must(id !== policy.defaultVersion, 'DeleteConflict', 'Cannot delete the default version of a policy.');
  call.change((state) => {
    const versions = the(state.policies, policy.arn).versions;
    versions.splice(
      versions.findIndex((one) => one.id === id),
      1,
    );
  });
  return undefined;
}

function listPolicies(call: Call): Answer {
  const scope = call.parameters.oneOf('Scope', ['All', 'AWS', 'Local']) ?? 'All';
  const prefix = call.parameters.pathPrefix();
  const attachedOnly = call.parameters.boolean('OnlyAttached') === true;
  const use = call.parameters.oneOf('PolicyUsageFilter', ['PermissionsPolicy', 'PermissionsBoundary']);
  const used = usage(call.seen);
  const counts = use === 'PermissionsBoundary' ? used.boundary : used.attached;
  const all = [
    ...(scope === 'Local' ? [] : AWS_MANAGED.values()),
    ...(scope === 'AWS' ? [] : call.seen.policies.values()),
  ];
  const found = all.filter((one) => one.path.startsWith(prefix) && (!(attachedOnly || use) || counts.has(one.arn)));
  const { page, rest } = paged(call, found, (one) => one.arn);
  return { Policies: page.map((one) => policyAnswer(one, used)), ...rest };
}

function listEntities(call: Call): Answer {
  const policy = policyOf(call);
  const filter = call.parameters.oneOf('EntityFilter', [
    'User',
    'Role',
    'Group',
    'LocalManagedPolicy',
    'AWSManagedPolicy',
  ]);
  const prefix = call.parameters.pathPrefix();
  const boundary = call.parameters.oneOf('PolicyUsageFilter', ['PermissionsPolicy', 'PermissionsBoundary']);
  const fits = (holder: PolicyHolder): boolean =>
    holder.path.startsWith(prefix) &&
    (filter === undefined || filter.toLowerCase() === holder.kind) &&
    ((boundary !== 'PermissionsBoundary' && holder.attached.has(policy.arn)) ||
      (boundary !== 'PermissionsPolicy' && holder.boundary === policy.arn));
  const { page, rest } = paged(call, holders(call.seen).filter(fits), (one) => `${one.kind} ${key(one.name)}`);
  const of = (kind: PolicyHolder['kind']): PolicyHolder[] => page.filter((one) => one.kind === kind);
  return {
    PolicyUsers: of('user').map((one) => ({ UserName: one.name, UserId: one.id })),
    PolicyGroups: of('group').map((one) => ({ GroupName: one.name, GroupId: one.id })),
    PolicyRoles: of('role').map((one) => ({ RoleName: one.name, RoleId: one.id })),
    ...rest,
  };
}

export const managedPolicies: Actions = {
  CreatePolicy: { needs: toMake('policy', 'PolicyName'), run: createPolicy },
  GetPolicy: {
    needs: onPolicy,
    run(call) {
      const policy = policyOf(call);
      return {
        Policy: {
          ...policyAnswer(policy, usage(call.seen)),
          Description: policy.description,
          Tags: tagList(policy.tags),
        },
      };
    },
  },
  DeletePolicy: { needs: onPolicy, run: deletePolicy },
  ListPolicies: { needs: anything, run: listPolicies },
  CreatePolicyVersion: { needs: onPolicy, run: createVersion },
  GetPolicyVersion: {
    needs: onPolicy,
    run(call) {
      const policy = policyOf(call);
      return { PolicyVersion: versionAnswer(policy, versionOf(call, policy), true) };
    },
  },
  ListPolicyVersions: {
    needs: onPolicy,
    run(call) {
      const policy = policyOf(call);
      const { page, rest } = paged(call, policy.versions, (one) => one.id.padStart(12));
      return { Versions: page.map((one) => versionAnswer(policy, one, false)), ...rest };
    },
  },
  DeletePolicyVersion: { needs: onPolicy, run: deleteVersion },
  SetDefaultPolicyVersion: {
    needs: onPolicy,
    run(call) {
      const policy = toChange(call);
      const { id } = versionOf(call, policy);
      call.change((state) => (the(state.policies, policy.arn).defaultVersion = id));
      return undefined;
    },
  },
  ListEntitiesForPolicy: { needs: onPolicy, run: listEntities },
};
