/** What a look finds: what is managed and not as it is meant to be, and ways in that keyward does not manage. */
import type { Differs, Manifest, WayIn } from '../../core/texts/index.ts';
import type { Caller } from './iam.ts';
import { isMissing } from './iam.ts';
import type { Meant } from './meant.ts';
import { extraGroups, extraPolicies } from './giving.ts';
import { isDeniedAll } from './observed.ts';
import type { Credentials, ManagedUser, Observed, Reported } from './observed.ts';
import type { AwsSettings, PasswordRules } from './settings.ts';

/** One user against what is meant; `deliver` puts it right. */
export function differencesOf(meant: Meant | undefined, user: ManagedUser | undefined, has: Credentials | undefined, settings: AwsSettings): readonly Differs[] {
  const name = user?.name ?? meant?.name ?? '';
  const say = (what: string, of?: string): Differs => ({ what, subject: of === undefined ? name : `${name}/${of}` });
  if (user === undefined) return meant === undefined ? [] : [say('missing-login')];
  const open = [
    ...(has?.keys ?? []).filter((one) => one.active).map((one) => say('access-key', one.id)),
    ...(has?.services ?? []).filter((one) => one.active).map((one) => say('service-credential', one.id)),
  ];
  if (meant === undefined) {
    const denied = isDeniedAll(user) && user.out !== undefined;
    return [...(denied ? [] : [say('not-denied')]), ...open, ...(has?.password === true ? [say('password')] : [])];
  }
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
    ...(has?.password === true && !meant.console ? [say('password')] : []),
    ...(has?.password !== true && meant.console ? [say('missing-password')] : []),
  ];
}

/** Logins that are not keyward's, logins without MFA, and password rules weaker than signed. */
export function waysIn(
  observed: Observed,
  meant: readonly Meant[],
  report: ReadonlyMap<string, Reported>,
  weak: readonly string[],
  manifest: Manifest,
): readonly WayIn[] {
  const way = (kind: WayIn['kind'], account: string | undefined, subject: string): WayIn => {
    const known = manifest.accepted.some((one) => one.kind === kind && one.account === account && one.subject === subject);
    return { kind, account, subject, state: known ? 'accepted' : 'unknown', comment: undefined };
  };
  const consoles = new Set(meant.filter((one) => one.console).map((one) => `${one.id} ${one.name}`));
  const withoutMfa = observed.managed.filter((user) => consoles.has(`${user.id} ${user.name}`) && report.get(user.arn)?.mfa !== true && !isDeniedAll(user));
  return [
    ...observed.others.map((user) => way('user', undefined, user.arn)),
    ...withoutMfa.map((user) => way('mfa', user.name, 'missing')),
    ...weak.map((rule) => way('password-policy', undefined, rule)),
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
