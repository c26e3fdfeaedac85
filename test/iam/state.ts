/** What an account holds. Times are milliseconds since 1970; maps are keyed by the name in lower case, since names are
 * "not distinguished by case" (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html). */

/** What users, groups and roles have in common. */
export interface PolicyHolder {
  readonly kind: 'user' | 'group' | 'role';
  /** AIDA…, AGPA…, AROA…: never used again. */
  readonly id: string;
  name: string;
  path: string;
  readonly created: number;
  /** Name → document as written. */
  readonly inline: Map<string, string>;
  /** ARNs of managed policies. */
  readonly attached: Set<string>;
  /** ARN of the permissions boundary. Groups have none. */
  boundary: string | undefined;
  readonly tags: Map<string, string>;
}

export type Activity = 'Active' | 'Inactive';

export interface AccessKey {
  readonly id: string;
  readonly secret: string;
  readonly created: number;
  status: Activity;
}

export interface LoginProfile {
  password: string;
  /** Earlier ones, the newest first. */
  earlier: string[];
  readonly created: number;
  changed: number;
  resetRequired: boolean;
}

export interface SigningCertificate {
  readonly id: string;
  readonly body: string;
  readonly fingerprint: string;
  readonly uploaded: number;
  status: Activity;
}

export interface SshPublicKey {
  readonly id: string;
  /** As one line `ssh-rsa AAAA…`, without comment. */
  readonly line: string;
  readonly fingerprint: string;
  readonly uploaded: number;
  status: Activity;
}

export interface ServiceCredential {
  readonly id: string;
  readonly service: string;
  readonly userName: string;
  password: string;
  readonly created: number;
  readonly expires: number | undefined;
  status: Activity;
}

export interface User extends PolicyHolder {
  readonly kind: 'user';
  /** Ids of groups. */
  readonly groups: Set<string>;
  readonly accessKeys: AccessKey[];
  login: LoginProfile | undefined;
  readonly certificates: SigningCertificate[];
  readonly sshKeys: SshPublicKey[];
  readonly serviceCredentials: ServiceCredential[];
}

export interface Group extends PolicyHolder {
  readonly kind: 'group';
}

export interface Role extends PolicyHolder {
  readonly kind: 'role';
  trust: string;
  /** Principals of the trust policy → the ids they had when it was written: a namesake is somebody else. */
  trusted: ReadonlyMap<string, string>;
  description: string | undefined;
  /** Seconds. */
  maxSession: number;
}

export interface MfaDevice {
  readonly serial: string;
  readonly name: string;
  readonly virtual: boolean;
  /** base32; undefined for devices that are not virtual. */
  readonly seed: string | undefined;
  readonly created: number;
  readonly tags: Map<string, string>;
  /** Id of the user. */
  owner: string | undefined;
  enabled: number | undefined;
  /** Number of the last 30 seconds for which a code was taken: each code counts once. */
  lastStep: number;
}

export interface PolicyVersion {
  readonly id: string;
  readonly document: string;
  readonly created: number;
}

export interface ManagedPolicy {
  readonly arn: string;
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly byAws: boolean;
  readonly description: string | undefined;
  readonly created: number;
  updated: number;
  readonly versions: PolicyVersion[];
  defaultVersion: string;
  /** Number of the next version. */
  next: number;
  readonly tags: Map<string, string>;
}

export interface PasswordPolicy {
  readonly minimumLength: number;
  readonly symbols: boolean;
  readonly numbers: boolean;
  readonly uppercase: boolean;
  readonly lowercase: boolean;
  readonly mayChange: boolean;
  /** Days. */
  readonly maxAge: number | undefined;
  readonly reuse: number | undefined;
  readonly hardExpiry: boolean | undefined;
}

export interface State {
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
  readonly roles: Map<string, Role>;
  /** Customers' policies by ARN in lower case. */
  readonly policies: Map<string, ManagedPolicy>;
  /** By serial in lower case. */
  readonly mfa: Map<string, MfaDevice>;
  /** Access key id → user. */
  readonly keys: Map<string, User>;
  passwordPolicy: PasswordPolicy | undefined;
  readonly aliases: Set<string>;
}

export function emptyState(): State {
  return {
    users: new Map(),
    groups: new Map(),
    roles: new Map(),
    policies: new Map(),
    mfa: new Map(),
    keys: new Map(),
    passwordPolicy: undefined,
    aliases: new Set(),
  };
}

/** The key of a name in the maps. */
export function key(name: string): string {
  return name.toLowerCase();
}

/** The entry a change is about. It was there when the change was checked, so it is there when it is carried out. */
export function the<T>(map: ReadonlyMap<string, T>, name: string): T {
  const found = map.get(key(name));
  if (found === undefined) throw new Error(`a change to ${name}, which is not there`);
  return found;
}
