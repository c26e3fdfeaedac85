/**
 * Credentials that a login has beside what keyward gives it: access keys, SSH keys, certificates and service credentials,
 * each made by somebody's hand. What is active is made inactive by whoever delivers, with a tag that says since when; the
 * role `apply` takes it away after the holding time, since that cannot be undone. An MFA device of a login without a
 * password cannot be made inactive, so it is only taken away.
 */
import { DAY, formatInstant } from '../../core/access/index.ts';
import type { Instant } from '../../core/access/index.ts';
import { readInstant } from '../../core/access/instant.ts';
import { writeTo } from './bound.ts';
import type { Held } from './credentials.ts';
import type { Caller } from './iam.ts';
import type { Meant } from './meant.ts';
import type { Listed, ManagedUser } from './observed.ts';
import { closeCertificates, closeKeys, closeServices, closeSshKeys } from './quarantine.ts';
import type { Ended } from './quarantine.ts';
import { deleteCertificates, deleteDevices, deleteKeys, deleteServices, deleteSshKeys } from './removal.ts';
import { TAGS } from './settings.ts';
import type { AwsSettings } from './settings.ts';

type Act = (caller: Caller, user: ManagedUser, all: readonly Listed[], ended: Ended) => Promise<void>;

interface Extra extends Listed {
  readonly kind: 'access-key' | 'ssh-key' | 'certificate' | 'service-credential';
  /** Since when it is inactive; undefined: keyward did not write it down yet. */
  readonly closed: Instant | undefined;
  readonly close: Act;
  readonly remove: Act;
}

export function extrasOf(user: ManagedUser, { keys, sshKeys, certificates, services }: Held): readonly Extra[] {
  const of = (kind: Extra['kind'], all: readonly Listed[], close: Act, remove: Act): readonly Extra[] =>
    all.map((one) => ({ ...one, kind, close, remove, closed: readInstant(user.tags.get(tagOf(one)) ?? '') }));
  return [
    ...of('access-key', keys, closeKeys, deleteKeys),
    ...of('ssh-key', sshKeys, closeSshKeys, deleteSshKeys),
    ...of('certificate', certificates, closeCertificates, deleteCertificates),
    ...of('service-credential', services, closeServices, deleteServices),
  ];
}

/** AWS takes 128 characters for a key of a tag; ids of credentials have about 20. */
function tagOf({ id }: Pick<Listed, 'id'>): string {
  return `${TAGS.closed}${id}`.slice(0, 128);
}

/** Inactive for the holding time: the next delivery with the role `apply` takes it away. */
export function isDue({ active, closed }: Pick<Extra, 'active' | 'closed'>, { holdDays }: AwsSettings, now: Instant): boolean {
  return !active && closed !== undefined && closed + holdDays * DAY <= now;
}

/** Devices where there is nothing to prove oneself for. */
export function extraDevices(meant: Meant, { devices }: Held): readonly Listed[] {
  return meant.console ? [] : devices;
}

/** What is to be done about them, each by itself. */
export function takingExtras(caller: Caller, settings: AwsSettings, meant: Meant, user: ManagedUser, has: Held, now: Instant, ended: Ended): readonly (() => Promise<unknown>)[] {
  const all = extrasOf(user, has);
  const ids = new Set(all.map(tagOf));
  const stale = [...user.tags.keys()].filter((key) => key.startsWith(TAGS.closed) && !ids.has(key));
  return [
    ...all.filter((one) => !isDue(one, settings, now)).flatMap((one) => holding(caller, settings, user, one, now, ended)),
    ...all.filter((one) => isDue(one, settings, now)).map((one) => () => one.remove(caller, user, [one], ended)),
    ...extraDevices(meant, has).map((one) => () => deleteDevices(caller, user, [one], ended)),
    ...(stale.length > 0 ? [() => writeTo(caller, user, 'forget-closed', (iam, options) => iam.untagUser({ UserName: user.name, TagKeys: stale }, options))] : []),
  ];
}

function holding(caller: Caller, { holdDays }: AwsSettings, user: ManagedUser, one: Extra, now: Instant, ended: Ended): readonly (() => Promise<unknown>)[] {
  const Tags = [{ Key: tagOf(one), Value: formatInstant(now) }];
  const marks = one.active || one.closed === undefined;
  return [
    ...(one.active ? [() => one.close(caller, user, [one], ended)] : []),
    ...(marks && holdDays > 0 ? [() => writeTo(caller, user, 'mark-closed', (iam, options) => iam.tagUser({ UserName: user.name, Tags }, options), one.id)] : []),
    ...(holdDays === 0 ? [() => one.remove(caller, user, [one], ended)] : []),
  ];
}
