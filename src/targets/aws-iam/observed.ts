/** What is there: everybody in the account in one list, and the few lists of one user that this list leaves out. */
import { instantOf, isSubjectId } from '../../core/access/index.ts';
import type { Instant, SubjectId } from '../../core/access/index.ts';
import { readInstant } from '../../core/access/instant.ts';
import type { TargetPlace } from '../../world.ts';
import { NoAnswer } from './answers.ts';
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
  readonly created: Instant | undefined;
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

export async function observe(caller: Caller, settings: AwsSettings, place: TargetPlace): Promise<Observed> {
  const [role, pages] = await Promise.all([
    ownRole(caller, settings),
    caller.pages((iam, at, options) => iam.getAccountAuthorizationDetails({ ...at, Filter: ['User'], MaxItems: 1000 }, options)),
  ]);
  // Told twice where somebody is made or goes while the list is read.
  const all = pages.flatMap((page) => page.UserDetailList ?? []).map(seenUser);
  const seen = [...new Map(all.map((user) => [user.userId, user])).values()];
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
  if (found === undefined) return undefined;
  const { Arn, Tags } = found.Role ?? {};
  // Which account it is, this alone says before anything is written.
  if (Arn === undefined || !ARN.test(Arn)) throw new NoAnswer('what AWS answered is no role');
  return { arn: Arn, tags: tagMap(Tags) };
}

const ARN = /^arn:[a-z-]+:iam::\d{12}:[!-~]{1,1024}$/;

interface Detail {
  readonly UserName?: string | undefined;
  readonly UserId?: string | undefined;
  readonly Arn?: string | undefined;
  readonly Path?: string | undefined;
  readonly CreateDate?: Date | undefined;
  readonly Tags?: Parameters<typeof tagMap>[0] | undefined;
  readonly PermissionsBoundary?: { readonly PermissionsBoundaryArn?: string | undefined } | undefined;
  readonly GroupList?: readonly string[] | undefined;
  readonly AttachedManagedPolicies?: readonly { readonly PolicyArn?: string | undefined }[] | undefined;
  readonly UserPolicyList?: readonly { readonly PolicyName?: string | undefined }[] | undefined;
}

/** Throws where it is not said who it is: whom nobody can name cannot be looked at, and must not be passed over. */
function seenUser(user: Detail): SeenUser {
  const { UserName: name, UserId: userId, Arn: arn } = user;
  if (name === undefined || name === '' || userId === undefined || userId === '' || arn === undefined || !ARN.test(arn)) throw new NoAnswer('AWS listed a user without saying who it is');
  return {
    ...{ name, userId, arn },
    created: moment(user.CreateDate),
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

/** Whole seconds, as texts have them. */
export function moment(date: Date | undefined): Instant | undefined {
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : instantOf(Math.floor(date.getTime() / 1000));
}

export interface Listed {
  readonly id: string;
  readonly active: boolean;
  readonly made: Instant | undefined;
}

/** What lets somebody in as this user. */
export interface Credentials {
  readonly password: boolean;
  readonly keys: readonly Listed[];
  readonly services: readonly Listed[];
}

/** Three calls: the lists that the account's own list leaves out, but for those that `allCredentials` adds. */
export async function credentialsOf(caller: Caller, UserName: string): Promise<Credentials> {
  const [password, keys, services] = await Promise.all([passwordOf(caller, UserName), keysOf(caller, UserName), servicesOf(caller, UserName)]);
  return { password: password !== undefined, keys, services };
}

export async function passwordOf(caller: Caller, UserName: string): Promise<{ readonly made: Instant | undefined } | undefined> {
  const found = await orMissing(caller.call((iam, options) => iam.getLoginProfile({ UserName }, options)));
  return found === undefined ? undefined : { made: moment(found.LoginProfile?.CreateDate) };
}

export async function keysOf(caller: Caller, UserName: string): Promise<readonly Listed[]> {
  const pages = await caller.pages((iam, at, options) => iam.listAccessKeys({ ...at, UserName }, options));
  return pages.flatMap((page) => page.AccessKeyMetadata ?? []).map((one) => listed(one.AccessKeyId, one.Status, one.CreateDate));
}

/** Without a name of a service: one that is new to this keyward is found as well. */
export async function servicesOf(caller: Caller, UserName: string): Promise<readonly Listed[]> {
  const pages = await caller.pages((iam, at, options) => iam.listServiceSpecificCredentials({ ...at, UserName }, options));
  return pages.flatMap((page) => page.ServiceSpecificCredentials ?? []).map((one) => listed(one.ServiceSpecificCredentialId, one.Status, one.CreateDate));
}

export async function certificatesOf(caller: Caller, UserName: string): Promise<readonly Listed[]> {
  const pages = await caller.pages((iam, at, options) => iam.listSigningCertificates({ ...at, UserName }, options));
  return pages.flatMap((page) => page.Certificates ?? []).map((one) => listed(one.CertificateId, one.Status, one.UploadDate));
}

export async function sshKeysOf(caller: Caller, UserName: string): Promise<readonly Listed[]> {
  const pages = await caller.pages((iam, at, options) => iam.listSSHPublicKeys({ ...at, UserName }, options));
  return pages.flatMap((page) => page.SSHPublicKeys ?? []).map((one) => listed(one.SSHPublicKeyId, one.Status, one.UploadDate));
}

export interface AllCredentials extends Credentials {
  readonly certificates: readonly Listed[];
  readonly sshKeys: readonly Listed[];
}

export async function allCredentials(caller: Caller, UserName: string): Promise<AllCredentials> {
  const [some, certificates, sshKeys] = await Promise.all([credentialsOf(caller, UserName), certificatesOf(caller, UserName), sshKeysOf(caller, UserName)]);
  return { ...some, certificates, sshKeys };
}

/** What has no id cannot be taken away and must not be passed over. */
export function listed(id: string | undefined, status: string | undefined, made: Date | undefined): Listed {
  if (id === undefined) throw new NoAnswer('AWS listed something without its id');
  // Whatever is not plainly inactive counts as active.
  return { id, active: status !== 'Inactive', made: moment(made) };
}

/** One user as it is now, by name; undefined where the name is somebody else's or nobody's by now. */
export async function userNow(caller: Caller, user: Pick<SeenUser, 'name' | 'userId'>): Promise<Pick<SeenUser, 'boundary' | 'tags' | 'policies'> | undefined> {
  const UserName = user.name;
  // Side by side, since a deny waits for both; what is said of a namesake is not looked at, a refusal neither.
  const [found, listed] = await Promise.allSettled([
    orMissing(caller.call((iam, options) => iam.getUser({ UserName }, options))),
    orMissing(caller.pages((iam, at, options) => iam.listAttachedUserPolicies({ ...at, UserName }, options))),
  ]);
  if (found.status === 'rejected') throw found.reason;
  const now = found.value?.User;
  if (now?.UserId !== user.userId) return undefined;
  if (listed.status === 'rejected') throw listed.reason;
  return {
    boundary: now.PermissionsBoundary?.PermissionsBoundaryArn,
    tags: tagMap(now.Tags),
    policies: (listed.value ?? []).flatMap((page) => page.AttachedPolicies ?? []).flatMap(({ PolicyArn }) => PolicyArn ?? []),
  };
}

