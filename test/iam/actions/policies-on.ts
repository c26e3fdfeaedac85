/**
 * What users, groups and roles have alike: attached managed policies and inline policies.
 *
 * API_AttachUserPolicy.html, API_DetachUserPolicy.html, API_ListAttachedUserPolicies.html, API_PutUserPolicy.html,
 * API_GetUserPolicy.html, API_ListUserPolicies.html, API_DeleteUserPolicy.html and the same for groups and roles.
 * Documents are given back encoded as RFC 3986 says. Sizes of inline policies, without white space: user 2,048, group
 * 5,120, role 10,240 characters in all (User Guide, reference_iam-quotas.html).
 */
import { managedPolicy } from '../authorize.ts';
import { type Action, type Actions, type Call, must } from '../call.ts';
import { IamError, noSuch } from '../iam-error.ts';
import { paged } from '../paging.ts';
import { ARN, DOCUMENT, NAME_128 } from '../parameters.ts';
import { readPolicy } from '../policy-document.ts';
import { policyOn } from '../resources.ts';
import { type PolicyHolder, type State, the } from '../state.ts';
import type { Answer } from '../xml.ts';

type Kind = 'user' | 'group' | 'role';

const INLINE_SIZE = { user: 2048, group: 5120, role: 10_240 } as const;
const NAME_FIELD = { user: 'UserName', group: 'GroupName', role: 'RoleName' } as const;

/** RFC 3986, as IAM writes documents. */
export function encodedDocument(document: string): string {
  return encodeURIComponent(document).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function sizeWithoutSpace(document: string): number {
  return document.replace(/\s/g, '').length;
}

function name(call: Call, kind: Kind): string {
  return call.parameters.text(NAME_FIELD[kind]);
}

function read(call: Call, kind: Kind): PolicyHolder {
  return kind === 'user' ? call.user(name(call, kind)) : kind === 'group' ? call.group() : call.role();
}

function toChange(call: Call, kind: Kind): PolicyHolder {
  return kind === 'user'
    ? call.userToChange(name(call, kind))
    : kind === 'group'
      ? call.groupToChange()
      : call.roleToChange();
}

function inState(state: State, kind: Kind, holder: string): PolicyHolder {
  return kind === 'user'
    ? the(state.users, holder)
    : kind === 'group'
      ? the(state.groups, holder)
      : the(state.roles, holder);
}

function attach(kind: Kind): Action['run'] {
  return (call) => {
    const holder = toChange(call, kind);
    const asked = call.parameters.text('PolicyArn', ARN);
    const arn = managedPolicy(call.seen, asked) && managedPolicy(call.latest, asked)?.arn;
    if (arn === undefined) throw new IamError('NoSuchEntity', `Policy ${asked} does not exist or is not attachable.`);
    if (holder.attached.has(arn)) return undefined;
    const limit = call.account.quotas.attachedPolicies;
    call.quota(`PoliciesPer${kind.slice(0, 1).toUpperCase()}${kind.slice(1)}`, holder.attached.size, limit);
    call.change((state) => inState(state, kind, holder.name).attached.add(arn));
    return undefined;
  };
}

function detach(kind: Kind): Action['run'] {
  return (call) => {
    const holder = toChange(call, kind);
    const asked = call.parameters.text('PolicyArn', ARN);
    const arn = [...holder.attached].find((one) => one.toLowerCase() === asked.toLowerCase());
    if (arn === undefined) throw new IamError('NoSuchEntity', `Policy ${asked} was not found.`);
    call.change((state) => inState(state, kind, holder.name).attached.delete(arn));
    return undefined;
  };
}

/** `PolicyName` and `PolicyArn` of what is attached. */
export function attachedAnswer(
  state: State,
  holder: PolicyHolder,
): { PolicyName: string; PolicyArn: string; path: string }[] {
  return [...holder.attached].map((arn) => {
    const policy = managedPolicy(state, arn);
    return { PolicyName: policy?.name ?? arn, PolicyArn: arn, path: policy?.path ?? '/' };
  });
}

function listAttached(kind: Kind): Action['run'] {
  return (call) => {
    const prefix = call.parameters.pathPrefix();
    const attached = attachedAnswer(call.seen, read(call, kind)).filter((one) => one.path.startsWith(prefix));
    const { page, rest } = paged(call, attached, (one) => one.PolicyArn);
    return { AttachedPolicies: page.map(({ PolicyName, PolicyArn }) => ({ PolicyName, PolicyArn })), ...rest };
  };
}

function put(kind: Kind): Action['run'] {
  return (call) => {
    const holder = toChange(call, kind);
    const policy = call.parameters.text('PolicyName', NAME_128);
    const document = call.parameters.text('PolicyDocument', DOCUMENT);
    readPolicy(document);
    const others = [...holder.inline].filter(([one]) => one !== policy).map(([, text]) => sizeWithoutSpace(text));
    const size = others.reduce((sum, one) => sum + one, sizeWithoutSpace(document));
    must(
      size <= INLINE_SIZE[kind],
      'LimitExceeded',
      `Maximum policy size of ${INLINE_SIZE[kind]} bytes exceeded for ${kind} ${holder.name}`,
    );
    call.change((state) => inState(state, kind, holder.name).inline.set(policy, document));
    return undefined;
  };
}

function inlineOf(call: Call, holder: PolicyHolder): { readonly policy: string; readonly document: string } {
  const policy = call.parameters.text('PolicyName', NAME_128);
  const document = holder.inline.get(policy);
  if (document === undefined) throw noSuch(`${holder.kind} policy`, policy);
  return { policy, document };
}

function get(kind: Kind): Action['run'] {
  return (call): Answer => {
    const holder = read(call, kind);
    const { policy, document } = inlineOf(call, holder);
    return { [NAME_FIELD[kind]]: holder.name, PolicyName: policy, PolicyDocument: encodedDocument(document) };
  };
}

function remove(kind: Kind): Action['run'] {
  return (call) => {
    const holder = toChange(call, kind);
    const { policy } = inlineOf(call, holder);
    call.change((state) => inState(state, kind, holder.name).inline.delete(policy));
    return undefined;
  };
}

function list(kind: Kind): Action['run'] {
  return (call) => {
    const { page, rest } = paged(call, read(call, kind).inline.keys(), (one) => one);
    return { PolicyNames: page, ...rest };
  };
}

function actionsFor(kind: Kind, title: string): Actions {
  const needs = policyOn(kind);
  return {
    [`Attach${title}Policy`]: { needs, run: attach(kind) },
    [`Detach${title}Policy`]: { needs, run: detach(kind) },
    [`ListAttached${title}Policies`]: { needs, run: listAttached(kind) },
    [`Put${title}Policy`]: { needs, run: put(kind) },
    [`Get${title}Policy`]: { needs, run: get(kind) },
    [`Delete${title}Policy`]: { needs, run: remove(kind) },
    [`List${title}Policies`]: { needs, run: list(kind) },
  };
}

export const policiesOn: Actions = {
  ...actionsFor('user', 'User'),
  ...actionsFor('group', 'Group'),
  ...actionsFor('role', 'Role'),
};
