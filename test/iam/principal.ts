/** Who signs a call: the account's root, a user with a key, a user's session, a role's session. */
import type { State } from './state.ts';
import type { PolicyHolder } from './state.ts';

export interface Principal {
  readonly kind: 'root' | 'user' | 'role';
  /** Id of the user or role; the account's id for root. */
  readonly id: string;
  /** Where the credentials are temporary. */
  readonly session: Session | undefined;
}

/** Temporary credentials of STS. They outlive the key that asked for them
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_disable-perms.html). */
export interface Session {
  readonly keyId: string;
  readonly secret: string;
  readonly token: string;
  readonly issued: number;
  readonly expires: number;
  /** The role session's name; undefined for a user's own session. */
  readonly name: string | undefined;
  readonly mfa: boolean;
  /** Began with a password at the console: it may ask IAM without MFA as well. */
  readonly console?: true;
  /** A session policy, which can only take away. */
  readonly policy: string | undefined;
}

/** The user or role behind a principal, as the given state has it; undefined for root and for what is gone. */
export function holderOf(state: State, principal: Principal): PolicyHolder | undefined {
  const holders = principal.kind === 'user' ? state.users : state.roles;
  if (principal.kind === 'root') return undefined;
  for (const holder of holders.values()) if (holder.id === principal.id) return holder;
  return undefined;
}

/** `arn:aws:iam::123456789012:user/people/alice` */
export function arnOf(accountId: string, holder: Pick<PolicyHolder, 'kind' | 'path' | 'name'>): string {
  return `arn:aws:iam::${accountId}:${holder.kind}${holder.path}${holder.name}`;
}

/** The caller's ARN as GetCallerIdentity says it. */
export function callerArn(accountId: string, principal: Principal, holder: PolicyHolder | undefined): string {
  if (principal.kind === 'root') return `arn:aws:iam::${accountId}:root`;
  if (holder === undefined) return `arn:aws:iam::${accountId}:${principal.kind}/${principal.id}`;
  if (principal.kind === 'user') return arnOf(accountId, holder);
  return `arn:aws:sts::${accountId}:assumed-role/${holder.name}/${principal.session?.name ?? ''}`;
}
