/** What a receipt tells of an admin login's credentials, for whoever shows it: how old each is, and when it was last used. */
import { formatInstant } from '../access/index.ts';
import type { Instant } from '../access/index.ts';
import { CREDENTIAL_KINDS } from './receipt.ts';
import type { Credential, CredentialKind, Differs, Receipt } from './receipt.ts';

export interface CredentialRead {
  readonly account: string;
  readonly kind: CredentialKind;
  /** The provider's name for it; a password has none. */
  readonly subject?: string;
  readonly active: boolean;
  /** When it was made or last changed; absent where the provider does not tell. */
  readonly made?: Instant;
  /** The day of its last use; absent where no use is known. */
  readonly used?: Instant;
}

/** By login, a password first. */
export function credentialsRead({ credentials }: Pick<Receipt, 'credentials'>): readonly CredentialRead[] {
  const place = ({ account, kind }: Credential): string => `${account} ${CREDENTIAL_KINDS.indexOf(kind)}`;
  const sorted = credentials.toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
  return sorted.map(({ account, kind, subject, state, made, used }) => ({
    account,
    kind,
    active: state === 'active',
    ...(subject === undefined ? {} : { subject }),
    ...(made === undefined ? {} : { made }),
    ...(used === undefined ? {} : { used }),
  }));
}

/** Active credentials of one kind at one target. */
export interface CredentialSum {
  readonly kind: CredentialKind;
  readonly count: number;
  /** The one that was made first. */
  readonly oldest?: { readonly account: string; readonly made: Instant };
  /** Of passwords and access keys, whose use is told: the one that nobody used for longest, since its last use or its making. */
  readonly idlest?: { readonly account: string; readonly since: Instant };
}

export function credentialSums({ credentials }: Pick<Receipt, 'credentials'>): readonly CredentialSum[] {
  const active = credentials.filter(({ state }) => state === 'active');
  return CREDENTIAL_KINDS.flatMap((kind) => {
    const own = active.filter((one) => one.kind === kind);
    const oldest = first(own.flatMap(({ account, made }) => (made === undefined ? [] : [{ account, at: made }])));
    const isTold = kind === 'password' || kind === 'access-key';
    const idlest = first(own.flatMap(({ account, made, used = made }) => (used === undefined || !isTold ? [] : [{ account, at: used }])));
    const sum: CredentialSum = {
      kind,
      count: own.length,
      ...(oldest === undefined ? {} : { oldest: { account: oldest.account, made: oldest.at } }),
      ...(idlest === undefined ? {} : { idlest: { account: idlest.account, since: idlest.at } }),
    };
    return own.length === 0 ? [] : [sum];
  });
}

function first<T extends { readonly at: Instant }>(all: readonly T[]): T | undefined {
  return all.toSorted((a, b) => a.at - b.at)[0];
}

/** Of the credential that a difference is about; undefined where it is about something else. */
export function agesOf({ credentials }: Pick<Receipt, 'credentials'>, { what, subject }: Differs): string | undefined {
  const named = (one: Credential): string => (one.subject === undefined ? one.account : `${one.account}/${one.subject}`);
  const found = credentials.find((one) => (what === one.kind || what === `inactive-${one.kind}`) && subject === named(one));
  return found === undefined ? undefined : agesText(found);
}

/** `made 2026-10-01, last used 2026-11-24` */
export function agesText({ made, used }: { readonly made?: Instant | undefined; readonly used?: Instant | undefined }): string {
  const day = (time: Instant): string => formatInstant(time).slice(0, 10);
  return [...(made === undefined ? [] : [`made ${day(made)}`]), used === undefined ? 'no use is known' : `last used ${day(used)}`].join(', ');
}
