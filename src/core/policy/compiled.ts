/**
 * The compiled policy: what the written one means. Nothing here knows how a policy is spelled; everything is resolved to
 * ids, keys and instants.
 */
import type {
  Accepted,
  Grant,
  Person,
  ProviderId,
  Server,
  Signer,
  SubjectId,
  Sum,
  TargetId,
} from '../access/index.ts';
import type { Finding, Place } from '../failure.ts';
import type { PublicKey } from '../ssh/public-key.ts';

/** What may carry: `couriers/<name>.pub`. */
export interface Courier {
  readonly name: string;
  readonly keys: readonly PublicKey[];
}

/** What holds for the whole of a provider: `account-id`, `123456789012`. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** A provider and who gets an admin login there. */
export interface Provider {
  readonly name: string;
  readonly id: ProviderId;
  /** Which adapter speaks to it: `aws-iam`. */
  readonly kind: string;
  readonly settings: readonly Setting[];
  readonly accepted: readonly Accepted[];
  /** All that its rules may give, whoever gets it: groups, and managed policies by ARN. Sorted. */
  readonly mayGive: { readonly groups: readonly string[]; readonly policies: readonly string[] };
  /** By rule as it stands in the policy, then by handle; only what holds at the compiled instant. */
  readonly grants: readonly Grant[];
}

/**
 * All grants, kept by rule and made when asked for: ten thousand people on ten thousand servers are 10^8 grants, which
 * no memory holds at once. Only what holds at the compiled instant is there.
 */
export interface Grants extends Iterable<Grant> {
  /** How many there are, counted without making them. */
  readonly count: number;
  /** What one person is granted, by rule as it stands in the policy, then by server name. */
  of(person: SubjectId): readonly Grant[];
  /** What is granted on one server, by rule as it stands in the policy, then by handle. */
  on(server: TargetId): readonly Grant[];
  /** What everybody is given on one server, added up, by account. People whom the same rules reach here and there have one sum. */
  sumsOn(server: TargetId): readonly Sum[];
  /** One person on one server. */
  between(person: SubjectId, server: TargetId): readonly Grant[];
}

/** A whole policy without an error in it. */
export interface Compiled {
  readonly organization: string;
  /** How many signers it takes. */
  readonly threshold: number;
  /** Employees and machines by handle, those who left included: their ids and keys are still needed. */
  readonly people: readonly Person[];
  /** By name, removed ones included: they stay in every release until their line is deleted. */
  readonly servers: readonly Server[];
  readonly grants: Grants;
  /** By handle. */
  readonly signers: readonly Signer[];
  /** By name. */
  readonly couriers: readonly Courier[];
  /** By name. Read and checked; delivering to them comes later. */
  readonly providers: readonly Provider[];
  /** Names of revocations taken back (`bob-1a2b3c4d`), sorted; a file `revoked/<name>` exists for each. */
  readonly undone: readonly string[];
  /** Where the policy names each target. */
  readonly places: ReadonlyMap<TargetId, Place>;
}

/** What was examined, so that "nothing found" says of how much. */
export interface Looked {
  readonly files: number;
  readonly people: number;
  readonly servers: number;
  readonly rules: number;
  readonly keys: number;
  readonly tests: number;
}

/** The answer of `compilePolicy`: every finding, and the policy when none of them is an error. */
export interface Compilation {
  /** By file, line and column. */
  readonly findings: readonly Finding[];
  readonly looked: Looked;
  readonly policy?: Compiled;
}

/**
 * The files a policy is made of, by path relative to the repository: `access-policy.yaml`, `access-policy.d/*.yaml`,
 * `keys/*.pub`, `servers/*.pub`, `signers/*.pub`, `couriers/*.pub`, `revoked/*`. Others are passed over.
 */
export type PolicyFiles = ReadonlyMap<string, Uint8Array>;

/** SHA-256, handed in. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;
