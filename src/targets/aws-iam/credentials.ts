/**
 * What opens each login. Three calls a login on a clean account: what AWS tells of everybody at once is taken from there
 * (the credential report, everybody's service credentials, everybody's virtual MFA devices), the rest is asked for each.
 * Where a list of everybody cannot be had, or has no line for a login, that login is asked about instead: what was not
 * looked at is never taken for nothing.
 */
import { DAY, instantOf } from '../../core/access/index.ts';
import type { Instant } from '../../core/access/index.ts';
import type { Credential } from '../../core/texts/index.ts';
import { NoAnswer } from './answers.ts';
import { isStranger, Stopped } from './iam.ts';
import type { Caller } from './iam.ts';
import { certificatesOf, keysOf, listed, moment, passwordOf, servicesOf, sshKeysOf } from './observed.ts';
import type { AllCredentials, Listed, SeenUser } from './observed.ts';
import { credentialReport } from './report.ts';
import type { Reported } from './report.ts';
import { TAGS } from './settings.ts';

/** What AWS tells of everybody at once; undefined where it did not. Names in small letters: AWS compares them so. */
export interface Everybodys {
  readonly report: ReadonlyMap<string, Reported> | undefined;
  readonly services: ReadonlyMap<string, readonly Listed[]> | undefined;
  readonly devices: ReadonlyMap<string, readonly Listed[]> | undefined;
}

/** `report` must come: a look without it could not say who has MFA. `if-it-comes`: a delivery goes on without. */
export async function everybodys(caller: Caller, report: 'must-come' | 'if-it-comes'): Promise<Everybodys> {
  const [reported, services, devices] = await Promise.all([
    report === 'must-come' ? credentialReport(caller) : unlessRefused(credentialReport(caller)),
    unlessRefused(servicesOfEverybody(caller)),
    unlessRefused(devicesOfEverybody(caller)),
  ]);
  return { report: reported, services, devices };
}

/** A list that these rights or this service do not give; each login is asked about then. */
async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Stopped || isStranger(error) || !(error instanceof Error && '$metadata' in error)) throw error;
    return undefined;
  }
}

async function servicesOfEverybody(caller: Caller): Promise<ReadonlyMap<string, readonly Listed[]>> {
  const pages = await caller.pages((iam, at, options) => iam.listServiceSpecificCredentials({ ...at, AllUsers: true, MaxItems: 1000 }, options));
  const all = pages.flatMap((page) => page.ServiceSpecificCredentials ?? []);
  return byName(all.map((one) => [one.UserName, listed(one.ServiceSpecificCredentialId, one.Status, one.CreateDate)]));
}

async function devicesOfEverybody(caller: Caller): Promise<ReadonlyMap<string, readonly Listed[]>> {
  const pages = await caller.pages((iam, at, options) => iam.listVirtualMFADevices({ ...at, AssignmentStatus: 'Assigned', MaxItems: 1000 }, options));
  const all = pages.flatMap((page) => page.VirtualMFADevices ?? []);
  // The root account's own device has no user with a name.
  return byName(all.flatMap((one) => (one.User?.UserName === undefined ? [] : [[one.User.UserName, listed(one.SerialNumber, 'Active', one.EnableDate)] as const])));
}

function byName(all: readonly (readonly [string | undefined, Listed])[]): ReadonlyMap<string, readonly Listed[]> {
  const found = new Map<string, Listed[]>();
  for (const [name, one] of all) {
    if (name === undefined) throw new NoAnswer('AWS listed something without saying whose it is');
    const key = name.toLowerCase();
    found.set(key, [...(found.get(key) ?? []), one]);
  }
  return found;
}

/** Everything of one login, each with its age and last use as far as AWS tells. */
export interface Held extends AllCredentials {
  readonly devices: readonly Listed[];
  readonly told: readonly Credential[];
  readonly passwordDates: Dates | undefined;
}

/** When it was made or changed, and the day of its last use. */
export interface Dates {
  readonly made: Instant | undefined;
  readonly used: Instant | undefined;
}

/**
 * Who should have a password is looked up in the report, who should have none is asked about: the one of the two that
 * would be found late is harmless. For certificates it is the other way round.
 */
export async function heldBy(caller: Caller, everybody: Everybodys, user: SeenUser, expectsPassword: boolean): Promise<Held> {
  const { name } = user;
  const row = rowOf(everybody, user);
  const [keys, sshKeys, services, password, certificates, devices] = await Promise.all([
    keysOf(caller, name),
    sshKeysOf(caller, name),
    everybody.services === undefined ? servicesOf(caller, name) : (everybody.services.get(name.toLowerCase()) ?? []),
    expectsPassword && row?.password !== undefined ? row.password : passwordOf(caller, name),
    !expectsPassword && row?.certificate === false && !hasClosed(user) ? [] : certificatesOf(caller, name),
    devicesOf(caller, everybody, row, name),
  ]);
  const passwordDates = password === undefined ? undefined : { made: row?.password?.made ?? password.made, used: day(row?.password?.used) };
  const uses = new Map(await Promise.all(keys.map(async ({ id }) => [id, day(await lastUse(caller, id))] as const)));
  const tell = (kind: Credential['kind'], all: readonly Listed[]): readonly Credential[] =>
    all.map(({ id, active, made }) => ({ account: name, kind, subject: id, state: active ? 'active' : 'inactive', made, used: uses.get(id) }));
  return {
    ...{ password: password !== undefined, passwordDates, keys, services, certificates, sshKeys, devices },
    told: [
      ...(passwordDates === undefined ? [] : [{ account: name, kind: 'password' as const, subject: undefined, state: 'active' as const, ...passwordDates }]),
      ...tell('access-key', keys),
      ...tell('certificate', certificates),
      ...tell('ssh-key', sshKeys),
      ...tell('service-credential', services),
      ...tell('mfa-device', devices),
    ],
  };
}

/** The report tells of active certificates only. */
function hasClosed({ tags }: SeenUser): boolean {
  return [...tags.keys()].some((key) => key.startsWith(TAGS.closed));
}

/** Its line of the report; none for a user that is younger than the report, though an older one of that name was there. */
export function rowOf({ report }: Everybodys, user: SeenUser): Reported | undefined {
  const row = report?.get(user.arn);
  return row !== undefined && row.created === user.created ? row : undefined;
}

/** Hardware keys and passkeys stand in no list of everybody; that there is one, the report says. */
async function devicesOf(caller: Caller, { devices }: Everybodys, row: Reported | undefined, UserName: string): Promise<readonly Listed[]> {
  const virtual = devices?.get(UserName.toLowerCase()) ?? [];
  if (devices !== undefined && row !== undefined && (virtual.length > 0 || !row.mfa)) return virtual;
  const pages = await caller.pages((iam, at, options) => iam.listMFADevices({ ...at, UserName }, options));
  return pages.flatMap((page) => page.MFADevices ?? []).map((one) => listed(one.SerialNumber, 'Active', one.EnableDate));
}

async function lastUse(caller: Caller, AccessKeyId: string): Promise<Instant | undefined> {
  const { AccessKeyLastUsed } = await caller.call((iam, options) => iam.getAccessKeyLastUsed({ AccessKeyId }, options));
  return moment(AccessKeyLastUsed?.LastUsedDate);
}

/** By day: a receipt is written again when it says something else. */
function day(time: Instant | undefined): Instant | undefined {
  return time === undefined ? undefined : instantOf(Math.floor(time / DAY) * DAY);
}
