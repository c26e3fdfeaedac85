/** A target that runs sshd. */
import type { PublicKey } from '../ssh/public-key.ts';
import type { ServerId, SubjectId } from './ids.ts';
import type { Instant } from './instant.ts';

/** Kinds of ways in to a server that keyward does not manage. */
export const SERVER_WAYS = ['key', 'ca', 'keys-command', 'sudo', 'group', 'uid-0', 'sshd', 'password'] as const;
/** The same at a provider: whose login is not keyward's, and what makes one of keyward's weaker than it should be. */
export const PROVIDER_WAYS = ['user', 'mfa', 'password-policy', 'old', 'end'] as const;
export const WAY_IN_KINDS = [...SERVER_WAYS, ...PROVIDER_WAYS] as const;
export type WayInKind = (typeof WAY_IN_KINDS)[number];

/** An unmanaged way in that is known; any other is drift. */
export interface Accepted {
  readonly kind: WayInKind;
  /** The account it opens, as it is called there; absent when it is not about one account. */
  readonly account?: string;
  /** A fingerprint `SHA256:…` for `key` and `ca`, else one word without spaces. */
  readonly subject: string;
}

export interface Server {
  readonly id: ServerId;
  /** The name the policy gives; nothing outside the policy knows it. */
  readonly name: string;
  /** Host name or IP address. */
  readonly address: string;
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The host keys it has now. */
  readonly hostKeys: readonly PublicKey[];
  /** Host keys it may have next. */
  readonly nextHostKeys: readonly PublicKey[];
  /** Whose account is taken over as it is there, instead of being made. */
  readonly adopt: readonly SubjectId[];
  readonly accepted: readonly Accepted[];
  /** When it was taken out: it keeps its couriers, and nobody is granted anything. */
  readonly removed?: Instant;
}
