/**
 * What an account needs before keyward can work there, as documents: the boundary of every login, what a login without
 * MFA may do, the groups, and three roles: look, take away, apply. Each role has exactly the calls that its work makes;
 * a test holds every policy against every call really made.
 *
 * What a policy cannot limit is said where it stands: UpdateAccessKey may also make a key active again, AddUserToGroup
 * has only the group as its resource, and the content of a new policy is free, which the boundary answers for.
 */
import { DENY_ALL, MFA_POLICY, policyArn, roleName, TAGS, UNTIL_PREFIX } from './settings.ts';
import type { AwsSettings } from './settings.ts';
import type { Wanted } from '../../world.ts';

/** One thing to be made. `trust`: a role's, beside the policy that says what it may do. */
export interface Part {
  readonly kind: 'policy' | 'group' | 'role';
  readonly name: string;
  readonly path: string;
  readonly document?: string;
  readonly trust?: string;
  /** Who may take it was named, and is no default. */
  readonly trustIsNamed?: boolean;
}

interface Statement {
  readonly Sid: string;
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: readonly string[];
  readonly NotAction?: readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export function partsOf(settings: AwsSettings, wanted: Wanted): readonly Part[] {
  const { path } = settings;
  const role = (name: 'look' | 'take-away' | 'apply', statements: readonly Statement[]): Part => ({
    kind: 'role',
    name: roleName(settings, name),
    path,
    document: document(statements),
    trust: trust(settings, name === 'apply' ? undefined : wanted.trusts),
    trustIsNamed: name !== 'apply' && wanted.trusts !== undefined,
  });
  const own = settings.boundary === policyArn(settings, 'boundary');
  return [
    ...(own ? [{ kind: 'policy' as const, name: 'boundary', path, document: document(boundary(settings)) }] : []),
    { kind: 'policy', name: MFA_POLICY, path, document: document(withoutMfa(settings)) },
    ...wanted.groups.map((name): Part => ({ kind: 'group', name, path })),
    role('look', look(settings)),
    role('take-away', [...look(settings), ...takeAway(settings)]),
    role('apply', [...look(settings), ...takeAway(settings), ...apply(settings, wanted), ...never()]),
  ];
}

function document(Statement: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement }, undefined, 2);
}

function arn({ accountId, boundary: own }: AwsSettings, rest: string): string {
  return `${own.split(':').slice(0, 2).join(':')}:iam::${accountId}:${rest}`;
}

/** Whoever asks, where it is a login of keyward's. */
function ownUser(settings: AwsSettings): string {
  return arn(settings, `user${settings.path}\${aws:username}`);
}

function people(settings: AwsSettings): string {
  return arn(settings, `user${settings.path}*`);
}

/** Only with MFA, unless a pipeline's own principal was named: that has no device. */
function trust(settings: AwsSettings, who: string | undefined): string {
  const byMfa = { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } };
  const statement = { Effect: 'Allow', Principal: { AWS: who ?? arn(settings, 'root') }, Action: 'sts:AssumeRole', ...(who === undefined ? byMfa : {}) };
  return JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, undefined, 2);
}

/** Everything may be granted, but nothing that changes what keyward made, its roles, or the trail that shows it. */
function boundary(settings: AwsSettings): readonly Statement[] {
  const { path } = settings;
  const mine = ['user', 'group', 'policy', 'role'].map((kind) => arn(settings, `${kind}${path}*`));
  const ownHands = ['iam:Get*', 'iam:List*', 'iam:Simulate*', 'iam:ChangePassword', 'iam:EnableMFADevice', 'iam:ResyncMFADevice', 'sts:AssumeRole'];
  const trail = ['cloudtrail:DeleteTrail', 'cloudtrail:StopLogging', 'cloudtrail:UpdateTrail', 'cloudtrail:PutEventSelectors'];
  return [
    { Sid: 'Bound', Effect: 'Allow', Action: ['*'], Resource: '*' },
    { Sid: 'KeywardsOwn', Effect: 'Deny', NotAction: ownHands, Resource: mine },
    // Who sets up a device for somebody else has the second half of that login.
    { Sid: 'OwnHands', Effect: 'Deny', Action: ['iam:ChangePassword', 'iam:EnableMFADevice', 'iam:ResyncMFADevice'], NotResource: ownUser(settings) },
    { Sid: 'Trail', Effect: 'Deny', Action: trail, Resource: '*' },
  ];
}

/**
 * Until a session has MFA, the one thing to do is setting it up, and for that a login needs rights of its own: its groups
 * need not have them. A device's name is free at the console, so the right to make one cannot be limited to one name.
 */
function withoutMfa(settings: AwsSettings): readonly Statement[] {
  const NotAction = [
    ...['iam:ChangePassword', 'iam:GetUser', 'iam:GetAccountPasswordPolicy', 'iam:ListMFADevices', 'iam:ListVirtualMFADevices'],
    ...['iam:CreateVirtualMFADevice', 'iam:EnableMFADevice', 'iam:ResyncMFADevice', 'sts:GetSessionToken'],
  ];
  return [
    { Sid: 'FirstMfa', Effect: 'Deny', NotAction, Resource: '*', Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } },
    {
      Sid: 'OwnMfa',
      Effect: 'Allow',
      Action: ['iam:ChangePassword', 'iam:GetUser', 'iam:ListMFADevices', 'iam:EnableMFADevice', 'iam:ResyncMFADevice'],
      Resource: ownUser(settings),
    },
    { Sid: 'NewMfa', Effect: 'Allow', Action: ['iam:CreateVirtualMFADevice'], Resource: arn(settings, 'mfa/*') },
    { Sid: 'LookForMfa', Effect: 'Allow', Action: ['iam:ListVirtualMFADevices', 'iam:GetAccountPasswordPolicy'], Resource: '*' },
  ];
}

function look(settings: AwsSettings): readonly Statement[] {
  return [
    {
      Sid: 'LookAtAll',
      Effect: 'Allow',
      Action: [
        ...['iam:GetAccountAuthorizationDetails', 'iam:GenerateCredentialReport', 'iam:GetCredentialReport', 'iam:GetAccountPasswordPolicy'],
        // Everybody's at once; AWS names no other resource for that.
        ...['iam:ListServiceSpecificCredentials', 'iam:ListVirtualMFADevices'],
      ],
      Resource: '*',
    },
    { Sid: 'LookAtOwn', Effect: 'Allow', Action: ['iam:GetRole'], Resource: memory(settings) },
    // What remains after the end of a single right.
    {
      Sid: 'LookAtRights',
      Effect: 'Allow',
      Action: ['iam:GetPolicy', 'iam:GetPolicyVersion', 'iam:ListGroupPolicies', 'iam:ListAttachedGroupPolicies', 'iam:GetGroupPolicy'],
      Resource: '*',
    },
    {
      Sid: 'LookAtLogins',
      Effect: 'Allow',
      Action: [
        ...['iam:GetLoginProfile', 'iam:ListAccessKeys', 'iam:GetAccessKeyLastUsed', 'iam:ListSSHPublicKeys', 'iam:ListSigningCertificates'],
        'iam:ListMFADevices',
      ],
      Resource: people(settings),
    },
  ];
}

function memory(settings: AwsSettings): string {
  return arn(settings, `role${settings.path}${roleName(settings, 'take-away')}`);
}

/** Never gives and never deletes. */
function takeAway(settings: AwsSettings): readonly Statement[] {
  const Resource = people(settings);
  const keys = (...names: readonly string[]) => ({ 'ForAllValues:StringLike': { 'aws:TagKeys': names } });
  return [
    // Who is not there has no path, so the path cannot be asked for; the list of the whole account tells as much.
    { Sid: 'LookWhoIsThere', Effect: 'Allow', Action: ['iam:GetUser'], Resource: arn(settings, 'user/*') },
    {
      Sid: 'LookClosely',
      Effect: 'Allow',
      Action: ['iam:ListAttachedUserPolicies', 'iam:SimulatePrincipalPolicy'],
      Resource,
    },
    { Sid: 'Deny', Effect: 'Allow', Action: ['iam:AttachUserPolicy'], Resource, Condition: { ArnEquals: { 'iam:PolicyARN': DENY_ALL } } },
    { Sid: 'Bind', Effect: 'Allow', Action: ['iam:PutUserPermissionsBoundary'], Resource, Condition: { StringEquals: { 'iam:PermissionsBoundary': DENY_ALL } } },
    {
      Sid: 'Close',
      Effect: 'Allow',
      Action: ['iam:UpdateAccessKey', 'iam:DeleteLoginProfile', 'iam:UpdateServiceSpecificCredential', 'iam:UpdateSSHPublicKey', 'iam:UpdateSigningCertificate'],
      Resource,
    },
    { Sid: 'Mark', Effect: 'Allow', Action: ['iam:TagUser'], Resource, Condition: keys(TAGS.out, `${TAGS.text}*`, `${TAGS.closed}*`) },
    { Sid: 'LetGo', Effect: 'Allow', Action: ['iam:UntagUser'], Resource, Condition: keys(`${TAGS.text}*`, `${TAGS.closed}*`) },
    {
      Sid: 'Remember',
      Effect: 'Allow',
      Action: ['iam:TagRole', 'iam:UntagRole'],
      Resource: memory(settings),
      Condition: keys(TAGS.release, TAGS.signerSet, TAGS.manifest, `${TAGS.text}*`),
    },
  ];
}

/** Gives only what rules may give, only under the boundary, and removes only under the path. */
function apply(settings: AwsSettings, { policies }: Wanted): readonly Statement[] {
  const Resource = people(settings);
  const own = [policyArn(settings, MFA_POLICY), policyArn(settings, `${UNTIL_PREFIX}*`)];
  const groups = arn(settings, `group${settings.path}*`);
  return [
    { Sid: 'Make', Effect: 'Allow', Action: ['iam:CreateUser'], Resource, Condition: { StringEquals: { 'iam:PermissionsBoundary': settings.boundary } } },
    { Sid: 'MarkNew', Effect: 'Allow', Action: ['iam:TagUser'], Resource, Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': [TAGS.id, TAGS.target] } } },
    { Sid: 'Unmark', Effect: 'Allow', Action: ['iam:UntagUser'], Resource, Condition: { 'ForAllValues:StringEquals': { 'aws:TagKeys': [TAGS.out] } } },
    { Sid: 'Free', Effect: 'Allow', Action: ['iam:PutUserPermissionsBoundary'], Resource, Condition: { StringEquals: { 'iam:PermissionsBoundary': settings.boundary } } },
    { Sid: 'Attach', Effect: 'Allow', Action: ['iam:AttachUserPolicy'], Resource, Condition: { ArnLike: { 'iam:PolicyARN': [...own, ...policies] } } },
    { Sid: 'Until', Effect: 'Allow', Action: ['iam:CreatePolicy'], Resource: policyArn(settings, `${UNTIL_PREFIX}*`) },
    { Sid: 'Group', Effect: 'Allow', Action: ['iam:AddUserToGroup'], Resource: groups },
    { Sid: 'Ungroup', Effect: 'Allow', Action: ['iam:RemoveUserFromGroup'], Resource: arn(settings, 'group/*') },
    { Sid: 'Console', Effect: 'Allow', Action: ['iam:CreateLoginProfile'], Resource },
    {
      Sid: 'Remove',
      Effect: 'Allow',
      Action: [
        ...['iam:DetachUserPolicy', 'iam:DeleteUserPolicy', 'iam:DeleteAccessKey', 'iam:DeleteSigningCertificate', 'iam:DeleteSSHPublicKey'],
        ...['iam:DeleteServiceSpecificCredential', 'iam:DeactivateMFADevice', 'iam:ListGroupsForUser', 'iam:ListUserPolicies', 'iam:DeleteUser'],
      ],
      Resource,
    },
    { Sid: 'Devices', Effect: 'Allow', Action: ['iam:DeleteVirtualMFADevice'], Resource: arn(settings, 'mfa/*') },
  ];
}

/** Whatever else somebody grants this role. */
function never(): readonly Statement[] {
  return [
    {
      Sid: 'Never',
      Effect: 'Deny',
      Action: ['iam:CreatePolicyVersion', 'iam:SetDefaultPolicyVersion', 'iam:DeleteUserPermissionsBoundary', 'iam:PutUserPolicy', 'iam:PutGroupPolicy', 'iam:CreateAccessKey'],
      Resource: '*',
    },
  ];
}
