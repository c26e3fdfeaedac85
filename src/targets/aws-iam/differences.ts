/**
 * What a look finds: what is managed and not as it is meant to be, and what a person must see to: logins that are not
 * keyward's, logins without MFA, passwords and keys that are too old, rules for passwords that ask too little.
 */
import { DAY, formatInstant, isFoundAccountName } from '../../core/access/index.ts';
import type { Instant } from '../../core/access/index.ts';
import { agesText } from '../../core/texts/index.ts';
import type { Differs, Manifest, WayIn } from '../../core/texts/index.ts';
import { rowOf } from './credentials.ts';
import type { Dates, Everybodys, Held } from './credentials.ts';
import { extraDevices, extrasOf, isDue } from './extras.ts';
import type { Caller } from './iam.ts';
import { isMissing } from './iam.ts';
import type { Meant } from './meant.ts';
import { extraGroups, extraPolicies } from './giving.ts';
import { isDeniedAll } from './observed.ts';
import type { ManagedUser, Observed, SeenUser } from './observed.ts';
import type { ReportedKey } from './report.ts';
import type { AwsSettings, PasswordRules } from './settings.ts';

/** One login, what is meant for it, and everything it is opened with. */
export interface Login {
  readonly meant: Meant | undefined;
  readonly user: ManagedUser;
  readonly has: Held;
}

interface Comparing extends Login {
  readonly settings: AwsSettings;
  readonly now: Instant;
  /** No release lists its revocation yet: so long it stays, denied. */
  readonly waits: boolean;
}

/** One login against what is meant; `deliver` puts it right. */
export function differencesOf({ meant, user, has, settings, now, waits }: Comparing): readonly Differs[] {
  const say = (what: string, of?: string): Differs => ({ what, subject: of === undefined ? user.name : `${user.name}/${of}` });
  const extras = extrasOf(user, has);
  const open = extras.filter((one) => one.active).map((one) => say(one.kind, one.id));
  if (meant === undefined) {
    const denied = isDeniedAll(user) && user.out !== undefined;
    const isOver = user.out !== undefined && user.out + settings.holdDays * DAY <= now && !waits;
    return [...(denied ? [] : [say('not-denied')]), ...(isOver ? [say('not-removed')] : []), ...open, ...(has.password ? [say('password')] : [])];
  }
  const left = extras.filter((one) => !one.active && (one.closed === undefined || isDue(one, settings, now)));
  const lacks = (what: string, wanted: readonly string[], there: readonly string[]): readonly Differs[] =>
    wanted.filter((one) => !there.includes(one)).map((one) => say(`missing-${what}`, one));
  return [
    ...(isDeniedAll(user) ? [say('denied')] : []),
    ...(user.boundary === settings.boundary || isDeniedAll(user) ? [] : [say('missing-boundary')]),
    ...extraGroups(meant, user).map((one) => say('group', one)),
    ...extraPolicies(meant, user).map((one) => say('policy', one)),
    ...user.inline.map((one) => say('inline-policy', one)),
    ...lacks('group', meant.groups, user.groups),
    ...lacks('policy', [...meant.fences, ...meant.policies], user.policies),
    ...open,
    ...left.map((one) => say(`inactive-${one.kind}`, one.id)),
    ...extraDevices(meant, has).map((one) => say('mfa-device', one.id)),
    ...(has.password && !meant.console ? [say('password')] : []),
    ...(!has.password && meant.console ? [say('missing-password')] : []),
  ];
}

export interface Ways {
  readonly observed: Observed;
  readonly held: readonly (Login & { readonly unkept: readonly Instant[] })[];
  readonly everybody: Everybodys;
  readonly weak: readonly string[];
  readonly manifest: Manifest;
  readonly settings: AwsSettings;
  readonly now: Instant;
}

export function waysIn({ observed, held, everybody, weak, manifest, settings, now }: Ways): readonly WayIn[] {
  const way = (kind: WayIn['kind'], account: string | undefined, subject: string, comment?: string): WayIn => {
    const known = manifest.accepted.some((one) => one.kind === kind && one.account === account && one.subject === subject);
    return { kind, account, subject, state: known ? 'accepted' : 'unknown', comment };
  };
  const old = (name: string, all: readonly Aged[]): readonly WayIn[] =>
    all.flatMap((one) => tooOld(one, settings, now).map((what) => (isFoundAccountName(name) ? way('old', name, what, agesText(one)) : way('old', undefined, `${name}/${what}`, agesText(one)))));
  const withoutMfa = held.filter(({ meant, user, has }) => meant?.console === true && has.devices.length === 0 && !isDeniedAll(user));
  return [
    ...observed.others.map((user) => {
      const aged = agedOf(everybody, user);
      return way('user', undefined, user.arn, aged.length === 0 ? undefined : aged.map((one) => `${one.what} ${agesText(one)}`).join('; '));
    }),
    ...held.flatMap(({ user, unkept }) => unkept.map((end) => way('end', user.name, formatInstant(end), 'of single rights: waits for a delivery, what remains allows too much to deny the rest'))),
    ...withoutMfa.map(({ user }) => way('mfa', user.name, 'missing')),
    ...held.flatMap(({ user, has }) => old(user.name, isDeniedAll(user) ? [] : agedOfHeld(has))),
    ...observed.others.flatMap((user) => old(user.name, agedOf(everybody, user))),
    ...weak.map((rule) => way('password-policy', undefined, rule)),
  ];
}

interface Aged extends Dates {
  readonly kind: 'password' | 'access-key';
  readonly what: string;
}

function agedOfHeld({ passwordDates, told }: Held): readonly Aged[] {
  const keys = told.filter((one) => one.kind === 'access-key' && one.state === 'active');
  return [
    ...(passwordDates === undefined ? [] : [{ kind: 'password' as const, what: 'password', ...passwordDates }]),
    ...keys.map(({ subject = '', made, used }) => ({ kind: 'access-key' as const, what: `access-key/${subject}`, made, used })),
  ];
}

/** Of users that are not keyward's nothing is asked: the report says what it says. */
function agedOf(everybody: Everybodys, user: SeenUser): readonly Aged[] {
  const row = rowOf(everybody, user);
  const password = row?.password;
  const key = (one: ReportedKey, at: number): Aged => ({ kind: 'access-key', what: `access-key-${at + 1}`, ...one });
  return [...(password === undefined ? [] : [{ kind: 'password' as const, what: 'password', ...password }]), ...(row?.keys ?? []).map(key)];
}

/** Nothing is too old whose age nobody tells. */
function tooOld({ kind, what, made, used }: Aged, { oldest }: AwsSettings, now: Instant): readonly string[] {
  const isOver = (time: Instant | undefined, days: number | undefined): boolean => time !== undefined && days !== undefined && time + days * DAY < now;
  return [
    ...(isOver(made, kind === 'password' ? oldest.password : oldest.accessKey) ? [what] : []),
    ...(isOver(used ?? made, oldest.unused) ? [`unused-${what}`] : []),
  ];
}

/** The rules of the account that ask less than the signed ones; `none` where it has no rules at all. */
export async function weakRules(caller: Caller, wanted: PasswordRules): Promise<readonly string[]> {
  try {
    const { PasswordPolicy: rules } = await caller.call((iam, options) => iam.getAccountPasswordPolicy({}, options));
    return [
      ...((rules?.MinimumPasswordLength ?? 0) < wanted.length ? ['length'] : []),
      ...(wanted.numbers && rules?.RequireNumbers !== true ? ['numbers'] : []),
      ...(wanted.symbols && rules?.RequireSymbols !== true ? ['symbols'] : []),
      ...((rules?.PasswordReusePrevention ?? 0) < wanted.remembered ? ['remembered'] : []),
    ];
  } catch (error) {
    if (isMissing(error)) return ['none'];
    throw error;
  }
}
