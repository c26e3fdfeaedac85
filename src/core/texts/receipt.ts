/** The receipt: what a target answers. Section 6 of docs/formats.md. */
import { WAY_IN_KINDS } from '../access/index.ts';
import type { Instant, SubjectId, TargetId, WayInKind } from '../access/index.ts';
import {
  account,
  count,
  foundAccount,
  hash,
  id,
  name,
  number,
  oneOf,
  orDash,
  reason,
  row,
  subject,
  time,
  word,
  words,
} from './fields.ts';
import type { Hash } from './fields.ts';
import { CAPS, many, one, some, text } from './grammar.ts';
import type { Table } from './grammar.ts';
import type { ReceiverReason } from './reasons.ts';

/** What of a person can run on a server and be ended, then what an admin login can have at a provider. */
const RUNNING_KINDS = [
  ...(['session', 'tunnel', 'tmux', 'process', 'cron', 'at', 'linger', 'sudo'] as const),
  ...(['login', 'password', 'access-key', 'certificate', 'ssh-key', 'service-credential', 'mfa-device', 'group', 'policy'] as const),
] as const;
type RunningKind = (typeof RUNNING_KINDS)[number];

/** What an admin login at a provider is opened with, and what it proves itself by beside that. */
export const CREDENTIAL_KINDS = ['password', 'access-key', 'certificate', 'ssh-key', 'service-credential', 'mfa-device'] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** What is examined. */
const LOOKED_AT = ['account', 'key-line', 'sudoers-file', 'process', 'job', 'group', 'policy', ...CREDENTIAL_KINDS] as const;
type LookedAt = (typeof LOOKED_AT)[number];

/** A number and the hash of the text it belongs to. */
export interface Numbered {
  readonly number: number;
  readonly hash: Hash;
}
export interface Enrolled {
  /** How often. */
  readonly times: number;
  readonly last: Instant;
}
export interface AccountState {
  readonly id: SubjectId;
  readonly account: string;
  readonly state: 'open' | 'locked';
}
/** So many of one kind, ended in this run or running now. */
export interface Running {
  readonly id: SubjectId;
  readonly account: string;
  readonly kind: RunningKind;
  readonly count: number;
}
/** One credential of a managed login, as the provider tells of it. */
export interface Credential {
  readonly account: string;
  readonly kind: CredentialKind;
  /** The provider's name for it; a password has none. */
  readonly subject: string | undefined;
  readonly state: 'active' | 'inactive';
  /** When it was made or last changed; undefined where the provider does not tell. */
  readonly made: Instant | undefined;
  /** The day of its last use, as its first second; undefined where it was never used, or nobody tells. */
  readonly used: Instant | undefined;
}
export interface Root {
  readonly id: SubjectId;
  readonly account: string;
  readonly how: 'sudo' | 'group' | 'enrolled';
}
export interface Differs {
  readonly what: string;
  readonly subject: string;
}
export interface Failed {
  readonly what: string;
  readonly subject: string;
  readonly why: string;
}
export interface Refused {
  readonly kind: string;
  readonly hash: Hash;
  readonly why: ReceiverReason;
}
export interface Looked {
  readonly what: LookedAt;
  readonly count: number;
}
/** An unmanaged way in. */
export interface WayIn {
  readonly kind: WayInKind;
  readonly account: string | undefined;
  readonly subject: string;
  readonly state: 'accepted' | 'unknown';
  /** What stood beside the key. */
  readonly comment: string | undefined;
}

export interface Receipt {
  readonly organization: string;
  readonly target: TargetId;
  readonly nonce: Hash;
  /** By the target's clock. */
  readonly time: Instant;
  readonly enrolled: Enrolled;
  /** The newest it took. */
  readonly release: Numbered;
  /** The set it knows. */
  readonly signerSet: Numbered;
  /** Of the manifest in force; undefined before the first. */
  readonly manifest: Hash | undefined;
  readonly receiver: Hash;
  readonly inForce: Hash;
  readonly clock: 'right' | 'behind';
  readonly openssh: string;
  readonly revocations: readonly Hash[];
  readonly accounts: readonly AccountState[];
  readonly ended: readonly Running[];
  readonly running: readonly Running[];
  readonly credentials: readonly Credential[];
  readonly root: readonly Root[];
  readonly differs: readonly Differs[];
  readonly failed: readonly Failed[];
  readonly refused: readonly Refused[];
  readonly conflicts: readonly Numbered[];
  readonly looked: readonly Looked[];
  readonly waysIn: readonly WayIn[];
}

const numbered = row<Numbered>({ number, hash });
const running = row<Running>({ id: subject, account, kind: oneOf(...RUNNING_KINDS), count });

/** Lines that what enrolling found has as well. */
export const enrolledLine = row<Enrolled>({ times: number, last: time });
export const lookedLine = row<Looked>({ what: oneOf(...LOOKED_AT), count });
export const wayInLine = row<WayIn>({
  kind: oneOf(...WAY_IN_KINDS),
  account: orDash(foundAccount),
  subject: word,
  state: oneOf('accepted', 'unknown'),
  comment: orDash(words),
});

const TABLE: Table<Receipt> = {
  organization: one('organization', name),
  target: one('target', id('srv', 'aws')),
  nonce: one('nonce', hash),
  time: one('time', time),
  enrolled: one('enrolled', enrolledLine),
  release: one('release', numbered),
  signerSet: one('signer-set', numbered),
  manifest: one('manifest', orDash(hash)),
  receiver: one('receiver', hash),
  inForce: one('in-force', hash),
  clock: one('clock', oneOf('right', 'behind')),
  openssh: one('openssh', word),
  revocations: many('revocation', hash),
  accounts: many('account', row<AccountState>({ id: subject, account, state: oneOf('open', 'locked') })),
  ended: many('ended', running),
  running: many('running', running),
  credentials: many(
    'credential',
    row<Credential>({
      account: foundAccount,
      kind: oneOf(...CREDENTIAL_KINDS),
      subject: orDash(word),
      state: oneOf('active', 'inactive'),
      made: orDash(time),
      used: orDash(time),
    }),
  ),
  root: many('root', row<Root>({ id: subject, account, how: oneOf('sudo', 'group', 'enrolled') })),
  differs: many('differs', row<Differs>({ what: word, subject: word })),
  failed: many('failed', row<Failed>({ what: word, subject: word, why: words })),
  refused: many('refused', row<Refused>({ kind: word, hash, why: reason })),
  conflicts: many('conflict', numbered),
  looked: some('looked', lookedLine),
  waysIn: many('way-in', wayInLine),
};

/** Reads and writes receipts. Reading one says nothing about who wrote it: see `verifyReceipt`. */
export const receipt = text('receipt', TABLE, CAPS.receipt);
