/**
 * Which resource an action is authorized on, and the condition keys it brings:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html.
 * Where that page names no resource type, only `"Resource": "*"` fits.
 *
 * A user, group or role that is not there has no path, so the resource is the bare name: who may only touch a path gets
 * AccessDenied for it, not NoSuchEntity. Known from the messages of the real service ("on resource: user bob"), not
 * from its documentation.
 */
import type { Call, Need } from './call.ts';
import { arnOf } from './principal.ts';
import { key, type PolicyHolder } from './state.ts';

type Needs = (call: Call) => readonly Need[];

/** The action knows no resource type. */
export const anything: Needs = () => [{ resource: '*' }];

function holderNeed(call: Call, kind: 'user' | 'group' | 'role', name: string): Need {
  const map = kind === 'user' ? call.seen.users : kind === 'group' ? call.seen.groups : call.seen.roles;
  const holder: PolicyHolder | undefined = map.get(key(name));
  if (holder === undefined) return { resource: call.arn(`${kind}/${name}`), shown: `${kind} ${name}` };
  const context: Record<string, readonly string[]> = {};
  for (const [tag, value] of holder.tags) {
    context[`aws:ResourceTag/${tag}`] = [value];
    context[`iam:ResourceTag/${tag}`] = [value];
  }
  return { resource: arnOf(call.account.id, holder), context };
}

export const onUser: Needs = (call) => [holderNeed(call, 'user', call.userName())];
export const onGroup: Needs = (call) => [holderNeed(call, 'group', call.parameters.text('GroupName'))];
export const onRole: Needs = (call) => [holderNeed(call, 'role', call.parameters.text('RoleName'))];

const BY_KIND = { user: onUser, group: onGroup, role: onRole } as const;

function withContext(needs: readonly Need[], more: Readonly<Record<string, readonly string[]>>): readonly Need[] {
  return needs.map((need) => ({ ...need, context: { ...need.context, ...more } }));
}

function requestTags(call: Call): Record<string, readonly string[]> {
  const tags = call.parameters.tags();
  const context: Record<string, readonly string[]> = {};
  for (const [tag, value] of tags) context[`aws:RequestTag/${tag}`] = [value];
  const keys = [...tags.keys(), ...(call.parameters.list('TagKeys') ?? [])];
  if (keys.length > 0) context['aws:TagKeys'] = keys;
  return context;
}

/** What is to be made: name and path from the request, with the tags and the boundary it asks for. */
export function toMake(kind: 'user' | 'group' | 'role' | 'policy', nameField: string): Needs {
  return (call) => {
    const boundary = call.parameters.optional('PermissionsBoundary');
    const context: Record<string, readonly string[]> = requestTags(call);
    if (boundary !== undefined) context['iam:PermissionsBoundary'] = [boundary];
    return [{ resource: call.arn(`${kind}${call.parameters.path()}${call.parameters.text(nameField)}`), context }];
  };
}

/** Tagging: the resource, with `aws:RequestTag/…` and `aws:TagKeys`. */
export function tagging(kind: 'user' | 'role'): Needs {
  return (call) => withContext(BY_KIND[kind](call), requestTags(call));
}

/** Attaching and inline policies: `iam:PolicyARN` from the request, `iam:PermissionsBoundary` as it is now. */
export function policyOn(kind: 'user' | 'group' | 'role'): Needs {
  return (call) => {
    const context: Record<string, readonly string[]> = {};
    const arn = call.parameters.optional('PolicyArn');
    if (arn !== undefined) context['iam:PolicyARN'] = [arn];
    const map = kind === 'user' ? call.seen.users : kind === 'role' ? call.seen.roles : undefined;
    const name = kind === 'user' ? call.userName() : call.parameters.optional('RoleName');
    const boundary = map?.get(key(name ?? ''))?.boundary;
    if (boundary !== undefined) context['iam:PermissionsBoundary'] = [boundary];
    return withContext(BY_KIND[kind](call), context);
  };
}

/** Putting a boundary: `iam:PermissionsBoundary` is the new one; deleting: the one that is there. */
export function boundaryOf(kind: 'user' | 'role'): Needs {
  return (call) => {
    const asked = call.parameters.optional('PermissionsBoundary');
    return asked === undefined
      ? policyOn(kind)(call)
      : withContext(BY_KIND[kind](call), { 'iam:PermissionsBoundary': [asked] });
  };
}

export const onPolicy: Needs = (call) => [{ resource: call.parameters.text('PolicyArn') }];

/** A virtual MFA device by name and path, or by serial number. */
export const onNewMfa: Needs = (call) => [
  { resource: call.arn(`mfa${call.parameters.path()}${call.parameters.text('VirtualMFADeviceName')}`) },
];
export const onMfa: Needs = (call) => [{ resource: call.parameters.text('SerialNumber') }];
