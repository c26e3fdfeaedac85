/** What is there: everybody in the account in one list, and the few lists of one user that this list leaves out. */
import { isSubjectId } from '../../core/access/index.ts';
import type { Instant, SubjectId } from '../../core/access/index.ts';
import { readInstant } from '../../core/access/instant.ts';
import type { TargetPlace } from '../../world.ts';
import { orMissing } from './iam.ts';
import type { Caller } from './iam.ts';
import { tagMap } from './record.ts';
import type { TagMap } from './record.ts';
import { DENY_ALL, roleName, TAGS } from './settings.ts';
import type { AwsSettings } from './settings.ts';

export interface SeenUser {
  readonly name: string;
  /** Never used again, other than the name. */
  readonly userId: string;
  readonly arn: string;
  readonly path: string;
  readonly tags: TagMap;
  readonly boundary: string | undefined;
  readonly groups: readonly string[];
  /** ARNs. */
  readonly policies: readonly string[];
  readonly inline: readonly string[];
}

/** A user that keyward made: under its path, with the id of somebody and of this target on it. */
export interface ManagedUser extends SeenUser {
  readonly id: SubjectId;
  /** Since when everything is denied; undefined: it is not, or the mark is another user's. */
  readonly out: Instant | undefined;
}

export interface Observed {
  /** False where keyward's role is not there: nothing is remembered, so nothing can be given. */
  readonly prepared: boolean;
  /** The account these rights belong to, by the ARNs it answers with; undefined where it shows none at all. */
  readonly accountId: string | undefined;
  readonly tags: TagMap;
  readonly managed: readonly ManagedUser[];
  readonly others: readonly SeenUser[];
}

/** What the credential report says of one user. Up to four hours old, and never evidence that somebody is out. */
export interface Reported {
  readonly mfa: boolean;
}

export async function observe(caller: Caller, settings: AwsSettings, place: TargetPlace): Promise<Observed> {
  const [role, pages] = await Promise.all([
    ownRole(caller, settings),
    caller.pages((iam, at, options) => iam.getAccountAuthorizationDetails({ ...at, Filter: ['User'], MaxItems: 1000 }, options)),
  ]);
  const seen = pages.flatMap((page) => page.UserDetailList ?? []).map(seenUser);
  const managed = seen.flatMap((user) => managedUser(user, settings, place));
  const names = new Set(managed.map((user) => user.userId));
  return {
    prepared: role !== undefined,
    accountId: (role?.arn ?? seen[0]?.arn)?.split(':')[4],
    tags: role?.tags ?? new Map(),
    managed,
    others: seen.filter((user) => !names.has(user.userId)),
  };
}

async function ownRole(caller: Caller, settings: AwsSettings): Promise<{ readonly arn: string; readonly tags: TagMap } | undefined> {
  const RoleName = roleName(settings, 'take-away');
  const found = await orMissing(caller.call((iam, options) => iam.getRole({ RoleName }, options)));
  return found === undefined ? undefined : { arn: found.Role?.Arn ?? '', tags: tagMap(found.Role?.Tags) };
}

interface Detail {
  readonly UserName?: string | undefined;
  readonly UserId?: string | undefined;
  readonly Arn?: string | undefined;
  readonly Path?: string | undefined;
  readonly Tags?: Parameters<typeof tagMap>[0] | undefined;
  readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string | undefined } | undefined;
  readonly GroupList?: readonly string[] | undefined;
  readonly AttachedManagedPolicies?: readonly { readonly PolicyArn?: string | undefined }[] | undefined;
  readonly UserPolicyList?: readonly { readonly PolicyName?: string | undefined }[] | undefined;
}

function seenUser(user: Detail): SeenUser {
  return {
    name: user.UserName ?? '',
    userId: user.UserId ?? '',
    arn: user.Arn ?? '',
    path: user.Path ?? '/',
    tags: tagMap(user.Tags),
    boundary: user.PermissionsBoundary?.PermissionsBoundaryArn,
    groups: [...(user.GroupList ?? [])].sort(),
    policies: (user.AttachedManagedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []).sort(),
    inline: (user.UserPolicyList ?? []).flatMap(({ PolicyName }) => PolicyName ?? []).sort(),
  };
}

function managedUser(user: SeenUser, settings: AwsSettings, place: TargetPlace): readonly ManagedUser[] {
  const id = user.tags.get(TAGS.id);
  const isOurs = user.path.startsWith(settings.path) && user.tags.get(TAGS.target) === place.id;
  if (!isOurs || id === undefined || !isSubjectId(id)) return [];
  const [time = '', userId] = (user.tags.get(TAGS.out) ?? '').split(' ');
  return [{ ...user, id, out: userId === user.userId ? readInstant(time) : undefined }];
}

/** Everything denied: by AWS's own policy, or by it as the boundary where no policy can be attached any more. */
export function isDeniedAll({ policies, boundary }: Pick<SeenUser, 'policies' | 'boundary'>): boolean {
  return policies.includes(DENY_ALL) || boundary === DENY_ALL;
}

export interface Listed {
  readonly id: string;
  readonly active: boolean;
}

/** What lets somebody in as this user. */
export interface Credentials {
  readonly password: boolean;
  readonly keys: readonly Listed[];
  readonly services: readonly Listed[];
}

/** Three calls: the lists that the account's own list leaves out, but for those that `allCredentials` adds. */
export async function credentialsOf(caller: Caller, UserName: string): Promise<Credentials> {
  const [password, keys, services] = await Promise.all([
    orMissing(caller.call((iam, options) => iam.getLoginProfile({ UserName }, options))),
    caller.pages((iam, at, options) => iam.listAccessKeys({ ...at, UserName }, options)),
    // Without a name of a service: one that is new to this keyward is found as well.
    caller.pages((iam, at, options) => iam.listServiceSpecificCredentials({ ...at, UserName }, options)),
  ]);
  return {
    password: password !== undefined,
    keys: listed(keys.flatMap((page) => page.AccessKeyMetadata ?? []), (one) => one.AccessKeyId),
    services: listed(services.flatMap((page) => page.ServiceSpecificCredentials ?? []), (one) => one.ServiceSpecificCredentialId),
  };
}

export interface AllCredentials extends Credentials {
  readonly certificates: readonly Listed[];
  readonly sshKeys: readonly Listed[];
}

export async function allCredentials(caller: Caller, UserName: string): Promise<AllCredentials> {
  const [some, certificates, sshKeys] = await Promise.all([
    credentialsOf(caller, UserName),
    caller.pages((iam, at, options) => iam.listSigningCertificates({ ...at, UserName }, options)),
    caller.pages((iam, at, options) => iam.listSSHPublicKeys({ ...at, UserName }, options)),
  ]);
  return {
    ...some,
    certificates: listed(certificates.flatMap((page) => page.Certificates ?? []), (one) => one.CertificateId),
    sshKeys: listed(sshKeys.flatMap((page) => page.SSHPublicKeys ?? []), (one) => one.SSHPublicKeyId),
  };
}

/** What has no id cannot be taken away and must not be passed over. */
function listed<T extends { readonly Status?: string | undefined }>(all: readonly T[], idOf: (one: T) => string | undefined): readonly Listed[] {
  return all.map((one) => {
    const id = idOf(one);
    if (id === undefined) throw new Error('AWS listed something without its id');
    // Whatever is not plainly inactive counts as active.
    return { id, active: one.Status !== 'Inactive' };
  });
}

const COLUMNS = ['user', 'arn', 'mfa_active'] as const;

/** The credential report by ARN; made when there is none younger than four hours. */
export async function credentialReport(caller: Caller): Promise<ReadonlyMap<string, Reported>> {
  for (let round = 0; ; round += 1) {
    const { State } = await caller.call((iam, options) => iam.generateCredentialReport({}, options));
    if (State === 'COMPLETE') break;
    if (round > 50) throw new Error('the credential report does not come');
    await caller.rest(Math.min(caller.settle / 10, 1000));
  }
  const { Content } = await caller.call((iam, options) => iam.getCredentialReport({}, options));
  const [head = '', ...rows] = new TextDecoder().decode(Content).split('\n').filter((line) => line !== '');
  const [, arnAt = -1, mfaAt = -1] = COLUMNS.map((column) => head.split(',').indexOf(column));
  if (arnAt < 0 || mfaAt < 0) throw new Error('the credential report has not the columns that are documented');
  return new Map(rows.map((row) => row.split(',')).map((cells) => [cells[arnAt] ?? '', { mfa: cells[mfaAt] === 'true' }]));
}

/** One user as it is now, by name; undefined where the name is somebody else's or nobody's by now. */
export async function userNow(caller: Caller, user: Pick<SeenUser, 'name' | 'userId'>): Promise<Pick<SeenUser, 'boundary' | 'tags' | 'policies'> | undefined> {
  const UserName = user.name;
  const found = await orMissing(caller.call((iam, options) => iam.getUser({ UserName }, options)));
  if (found?.User?.UserId !== user.userId) return undefined;
  const attached = await orMissing(caller.pages((iam, at, options) => iam.listAttachedUserPolicies({ ...at, UserName }, options)));
  return {
    boundary: found.User.PermissionsBoundary?.PermissionsBoundaryArn,
    tags: tagMap(found.User.Tags),
    policies: (attached ?? []).flatMap((page) => page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []),
  };
}

