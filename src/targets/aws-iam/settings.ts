/** What the signed manifest says of the whole account, and the names of what keyward owns there. */
import { Failure } from '../../core/failure.ts';

/** Detaching it is the last thing done to a login; AWS's own policy, the same in every account. */
export const DENY_ALL = 'arn:aws:iam::aws:policy/AWSDenyAll';

/**
 * Tags on a user, and on the role `take away`, where keyward remembers the release. `out`: when everything was denied, and
 * the UserId it was denied to. `closed`: since when one credential is inactive, its id behind it. `text`: a held
 * revocation, in pieces.
 */
export const TAGS = {
  id: 'keyward:id',
  target: 'keyward:target',
  out: 'keyward:out',
  closed: 'keyward:closed:',
  release: 'keyward:release',
  signerSet: 'keyward:signer-set',
  manifest: 'keyward:manifest',
  text: 'keyward:text:',
} as const;

export interface PasswordRules {
  readonly length: number;
  readonly numbers: boolean;
  readonly symbols: boolean;
  /** How many earlier passwords may not be used again. */
  readonly remembered: number;
}

export interface AwsSettings {
  readonly accountId: string;
  /** Begins and ends with `/`; everything keyward makes lies under it. */
  readonly path: string;
  /** ARN of the permissions boundary that every login has. */
  readonly boundary: string;
  readonly holdDays: number;
  readonly password: PasswordRules;
  readonly oldest: Oldest;
}

/** Days after which something is too old, or too long unused; undefined: no limit. */
export interface Oldest {
  readonly password: number | undefined;
  readonly accessKey: number | undefined;
  readonly unused: number | undefined;
}

/** Throws `text` for a setting that is missing or has not its form: such a manifest was not made by this keyward. */
export function readSettings(given: Readonly<Record<string, string>>): AwsSettings {
  const one = (name: string, form: RegExp): string => {
    const value = given[name];
    if (value !== undefined && form.test(value)) return value;
    throw new Failure('text', `the signed manifest has no ${name} that this keyward understands`, {
      next: 'approve a release with this keyward',
    });
  };
  const limit = (name: string): number | undefined => (given[name] === undefined ? undefined : Number(one(name, /^[1-9]\d{0,3}$/)));
  return {
    accountId: one('account-id', /^\d{12}$/),
    path: one('path', /^\/(?:[A-Za-z0-9_-]+\/)+$/),
    boundary: one('boundary', /^arn:aws[a-z-]*:iam::\d{12}:policy\/\S+$/),
    holdDays: Number(one('hold-days', /^\d{1,4}$/)),
    password: {
      length: Number(one('password-length', /^\d{1,3}$/)),
      numbers: one('password-numbers', /^(yes|no)$/) === 'yes',
      symbols: one('password-symbols', /^(yes|no)$/) === 'yes',
      remembered: Number(one('password-remembered', /^\d{1,2}$/)),
    },
    oldest: { password: limit('oldest-password'), accessKey: limit('oldest-access-key'), unused: limit('oldest-unused') },
  };
}

/** `arn:aws` or the partition's own. */
function partition({ boundary }: AwsSettings): string {
  return boundary.split(':').slice(0, 2).join(':');
}

export function policyArn(settings: AwsSettings, name: string): string {
  return `${partition(settings)}:iam::${settings.accountId}:policy${settings.path}${name}`;
}

export function userArn(settings: AwsSettings, name: string): string {
  return `${partition(settings)}:iam::${settings.accountId}:user${settings.path}${name}`;
}

/** Denies everything but setting up MFA while a session has none. Made by `provider init`. */
export const MFA_POLICY = 'mfa-required';
/** Denies everything from a time on; one for each time, made when it is first needed, never changed. */
export const UNTIL_PREFIX = 'until-';

/** `until-20270131T180000Z` for a time as texts spell it. */
export function untilPolicy(settings: AwsSettings, time: string): string {
  return policyArn(settings, `${UNTIL_PREFIX}${time.replaceAll(/[-:]/g, '')}`);
}

/** What the three roles are called; names of roles are unique in the whole account, so the path is in it. */
export function roleName({ path }: AwsSettings, role: 'look' | 'take-away' | 'apply'): string {
  return `${path.split('/').filter((part) => part !== '').join('-')}-${role}`;
}
