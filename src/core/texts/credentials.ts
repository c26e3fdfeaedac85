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
