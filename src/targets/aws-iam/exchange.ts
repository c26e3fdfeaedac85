/**
 * One parcel: look, believe, take away, remember, give, remove; then answer. Taking goes first and waits for nothing;
 * the release is remembered before anything of it is given; removal comes last. Every step may be repeated and is bound
 * to a UserId; it is in the journal before it is taken and after, and what was and was not done is in the receipt.
 */
import { DAY } from '../../core/access/index.ts';
import type { Instant, SubjectId } from '../../core/access/index.ts';
import { joinSigned, signerSetHash } from '../../core/texts/index.ts';
import type { Credential, Differs, Failed, Running, TextCrypto, WayIn } from '../../core/texts/index.ts';
import type { Answer, Outcome, Parcel, Random, TargetPlace } from '../../world.ts';
import { believe, expected } from './believed.ts';
import type { Believed, Question } from './believed.ts';
import { differencesOf, waysIn, weakRules } from './differences.ts';
import { bring } from './giving.ts';
import type { HandOver } from './giving.ts';
import { isStill, subjectOf, writeTo } from './bound.ts';
import { Gone, whyNot } from './iam.ts';
import type { Caller } from './iam.ts';
import { meantBy } from './meant.ts';
import type { Meant } from './meant.ts';
import { everybodys, heldBy } from './credentials.ts';
import type { Everybodys } from './credentials.ts';
import { Documents, fenced } from './ends.ts';
import { allCredentials, isDeniedAll, observe } from './observed.ts';
import type { ManagedUser, Observed } from './observed.ts';
import { takeOut } from './out.ts';
import { answerWith } from './receipt.ts';
import { remembered, textKeys, textsOf, textTags } from './record.ts';
import { remove } from './removal.ts';
import { readSettings, roleName, TAGS } from './settings.ts';
import type { AwsSettings } from './settings.ts';

export interface Run {
  readonly place: TargetPlace;
  readonly parcel: Parcel;
  readonly caller: Caller;
  readonly now: Instant;
  readonly crypto: TextCrypto;
  readonly random: Random;
  readonly handOver: HandOver | undefined;
  readonly mayWrite: () => Promise<boolean>;
}

/** What came of it, beside what is there. */
export interface Work {
  readonly ended: Running[];
  readonly failed: Failed[];
  readonly running: Running[];
  readonly differs: Differs[];
  readonly waysIn: WayIn[];
  /** Of the logins that were looked at closely. */
  readonly credentials: Credential[];
  changed: boolean;
}

export async function exchange(run: Run): Promise<Outcome<Answer>> {
  const { place, parcel, caller } = run;
  const settings = readSettings(place.settings ?? {});
  const observed = await observe(caller, settings, place);
  const account = observed.accountId;
  if (account !== undefined && account !== settings.accountId) {
    return { kind: 'refused', why: `these rights belong to the AWS account ${account}, and ${place.name} is ${settings.accountId}` };
  }
  const known = remembered(observed.tags);
  const held = [observed, ...observed.managed].flatMap(({ tags }) => textsOf(tags, 'revocation'));
  const question: Question = { place, parcel, known, held, now: run.now, crypto: run.crypto };
  const believed = believe(question);
  const work: Work = { ended: [], failed: [], running: [], differs: [], waysIn: [], credentials: [], changed: false };
  const manifest = expected(question, believed);
  const outIds = new Set<string>([...believed.revocations.flatMap(({ value }) => value.id ?? []), ...(manifest?.revokedIds ?? [])]);
  const meant = manifest === undefined ? [] : meantBy(manifest, settings, outIds, run.now);
  const looks = parcel.releases.length + parcel.revocations.length === 0;
  if (!looks && !(await run.mayWrite())) return { kind: 'unknown', why: 'not begun: it was not its turn' };
  if (looks) {
    // Who asks about somebody waits to decide upon them; looking at everybody else takes three calls for each.
    if (parcel.about.length === 0) await look({ ...run, settings, observed, believed, meant, manifest }, work);
  } else {
    const listed = manifest?.accounts.filter(({ id }) => outIds.has(id)) ?? [];
    const accepted = new Set(manifest?.accepted.filter(({ kind }) => kind === 'user').map(({ subject }) => subject));
    await carryOut({ ...run, settings, observed, believed, meant, outIds, listed, accepted }, work);
  }
  await tellRunning(run, observed, work);
  const after = work.changed ? await observe(caller, settings, place) : observed;
  return { kind: 'done', value: answerWith({ ...run, believed, known, work, observed: after }) };
}

function pair({ id, name }: Pick<ManagedUser, 'id' | 'name'>): string {
  return `${id} ${name}`;
}

interface Looking extends Run {
  readonly settings: AwsSettings;
  readonly observed: Observed;
  readonly believed: Believed;
  readonly meant: readonly Meant[];
  readonly manifest: ReturnType<typeof expected>;
}

/** Changes nothing. Three calls for each clean login, a few for everybody. */
async function look({ caller, now, crypto, settings, observed, believed, meant, manifest }: Looking, work: Work): Promise<void> {
  if (manifest === undefined) return;
  const byPair = new Map(meant.map((one) => [pair(one), one]));
  const [everybody, weak] = await Promise.all([everybodys(caller, 'must-come'), weakRules(caller, settings.password)]);
  const documents = new Documents(caller);
  const waiting = new Set<string | undefined>(believed.revocations.map(({ value }) => value.id));
  const held = await Promise.all(
    observed.managed.map(async (user) => {
      const one = byPair.get(pair(user));
      const kept = one === undefined ? undefined : await fenced(documents, settings, one, crypto);
      return { user, meant: kept?.meant, unkept: kept?.unkept ?? [], has: await heldBy(caller, everybody, user, one?.console === true) };
    }),
  );
  for (const { user, meant: one, has } of held) {
    work.credentials.push(...has.told);
    work.differs.push(...differencesOf({ meant: one, user, has, settings, now, waits: waiting.has(user.id) }));
  }
  const there = new Set(observed.managed.map(pair));
  for (const one of meant) if (!there.has(pair(one))) work.differs.push({ what: 'missing-login', subject: one.name });
  if (!observed.prepared) work.differs.push({ what: 'missing-role', subject: roleName(settings, 'take-away') });
  work.waysIn.push(...waysIn({ observed, held, everybody, weak, manifest, settings, now }));
}

interface Doing extends Run {
  readonly settings: AwsSettings;
  readonly observed: Observed;
  readonly believed: Believed;
  readonly meant: readonly Meant[];
  readonly outIds: ReadonlySet<string>;
  /** What the manifest gives to those who are out, and which logins elsewhere it knows of. */
  readonly listed: readonly { readonly id: SubjectId; readonly account: string }[];
  readonly accepted: ReadonlySet<string>;
}

async function carryOut(doing: Doing, work: Work): Promise<void> {
  const { caller, observed, believed, meant, outIds, settings, now } = doing;
  const stays = new Set(meant.map(pair));
  // Without a release only the revoked ones go; with one, everybody it does not list.
  const out = observed.managed.filter((user) => outIds.has(user.id) || (believed.taken !== undefined && !stays.has(pair(user))));
  const { denied, ended, failed } = await takeOut({ ...doing, ids: outIds, logins: out });
  work.ended.push(...ended);
  work.failed.push(...failed);
  work.changed ||= ended.length > 0;
  await hold(doing, work);
  if (believed.taken === undefined) return;
  if (!(await rememberRelease(doing, work))) return;
  const beside = { everybody: await everybodys(caller, 'if-it-comes'), documents: new Documents(caller) };
  await Promise.all(meant.map((one) => bringOne(doing, beside, one, work)));
  const waiting = new Set(believed.revocations.map(({ value }) => value.id));
  // The number is remembered with the login until a release lists the revocation: so long it stays, denied.
  const due = denied.filter(({ user, since }) => since + settings.holdDays * DAY <= now && !waiting.has(user.id));
  await Promise.all(due.map(({ user }) => removeOne(doing, user, work)));
}

/** Read once for all logins. */
interface Beside {
  readonly everybody: Everybodys;
  readonly documents: Documents;
}

async function bringOne({ caller, observed, settings, place, random, now, handOver, crypto }: Doing, { everybody, documents }: Beside, meant: Meant, work: Work): Promise<void> {
  const user = observed.managed.find((one) => pair(one) === pair(meant));
  try {
    const has = user === undefined ? undefined : await heldBy(caller, everybody, user, meant.console);
    const { meant: whole, made: ends } = await fenced(documents, settings, meant, crypto);
    const done = await bring({ caller, settings, target: place, random, now, ends, handOver }, whole, user, has);
    // What was changed is looked at again, and not in a list of everybody that was made before.
    const after = done.changed && user !== undefined ? await heldBy(caller, { ...everybody, services: undefined, devices: undefined }, user, meant.console) : has;
    work.credentials.push(...(after?.told ?? []));
    work.ended.push(...done.ended);
    work.failed.push(...done.failed);
    work.changed ||= done.changed;
  } catch (error) {
    work.failed.push({ what: 'look', subject: meant.id, why: whyNot(error) });
  }
}

async function removeOne({ caller }: Doing, user: ManagedUser, work: Work): Promise<void> {
  const done = await remove(caller, user);
  work.ended.push(...done.ended);
  work.failed.push(...done.failed);
  work.changed = true;
}

/** Before anything is given: whatever comes later is measured against this number. */
async function rememberRelease({ caller, settings, observed, believed, crypto }: Doing, work: Work): Promise<boolean> {
  const { release, signerSet, taken } = believed;
  const Tags = [
    { Key: TAGS.release, Value: `${release.number} ${release.hash}` },
    { Key: TAGS.signerSet, Value: `${signerSet.value.signerSet} ${signerSetHash(signerSet.value, crypto)}` },
    { Key: TAGS.manifest, Value: taken?.manifestHash ?? '' },
  ];
  if (Tags.every(({ Key, Value }) => observed.tags.get(Key) === Value)) return true;
  try {
    await caller.write('remember', `release-${release.number}`, (iam, options) => iam.tagRole({ RoleName: roleName(settings, 'take-away'), Tags }, options));
    work.changed = true;
    return true;
  } catch (error) {
    const why = observed.prepared ? whyNot(error) : 'the account is not prepared: keyward provider init does that';
    work.failed.push({ what: 'remember', subject: `release-${release.number}`, why });
    return false;
  }
}

/** Held on the login it is about, where there is one, else on the role; those a release lists are let go. */
async function hold(doing: Doing, work: Work): Promise<void> {
  const { caller, observed, believed, settings } = doing;
  const whole = new Set([observed, ...observed.managed].flatMap(({ tags }) => textsOf(tags, 'revocation').map(joinSigned)));
  for (const one of believed.revocations) {
    const name = one.hash.slice(0, 16);
    const known = observed.managed.find(({ id }) => id === one.value.id);
    // By every byte: a tag that only has its name may be torn, or be somebody's who wants it forgotten.
    if (whole.has(joinSigned(one.signed))) continue;
    const Tags = [...textTags(name, one.signed)];
    try {
      // A namesake that came meanwhile is not marked with what is about somebody else.
      const user = known !== undefined && (await isStill(caller, known)) ? known : undefined;
      await (user === undefined
        ? caller.write('hold', name, (iam, options) => iam.tagRole({ RoleName: roleName(settings, 'take-away'), Tags }, options))
        : caller.write('hold', subjectOf(user, name), (iam, options) => iam.tagUser({ UserName: user.name, Tags }, options)));
      // A piece too many would make it unreadable.
      await untag(doing, user, textKeys((user ?? observed).tags, name).filter((key) => !Tags.some(({ Key }) => Key === key)));
      work.changed = true;
    } catch (error) {
      work.failed.push({ what: 'hold', subject: `revocation-${one.hash.slice(0, 8)}`, why: whyNot(error) });
    }
  }
  await letGo(doing, work);
}

/** On the login, or on the role where none is given. */
async function untag({ caller, settings }: Doing, user: ManagedUser | undefined, TagKeys: string[]): Promise<void> {
  if (TagKeys.length === 0) return;
  await (user === undefined
    ? caller.write('let-go', 'role', (iam, options) => iam.untagRole({ RoleName: roleName(settings, 'take-away'), TagKeys }, options))
    : writeTo(caller, user, 'let-go', (iam, options) => iam.untagUser({ UserName: user.name, TagKeys }, options)));
}

async function letGo(doing: Doing, work: Work): Promise<void> {
  const { observed, believed } = doing;
  if (believed.taken === undefined) return;
  const kept = new Set(believed.revocations.map(({ hash }) => hash.slice(0, 16)));
  const stale = (tags: Observed['tags']): string[] => [...tags.keys()].filter((key) => key.startsWith(TAGS.text) && !kept.has(key.slice(TAGS.text.length).split(':')[0] ?? ''));
  const places = [{ keys: stale(observed.tags), user: undefined }, ...observed.managed.map((user) => ({ keys: stale(user.tags), user }))];
  for (const { keys: TagKeys, user } of places.filter(({ keys }) => keys.length > 0)) {
    try {
      await untag(doing, user, TagKeys);
    } catch (error) {
      if (!(error instanceof Gone)) work.failed.push({ what: 'let-go', subject: user?.id ?? 'role', why: whyNot(error) });
    }
  }
}

/** What of the people asked about lets in now, counted. */
async function tellRunning({ caller, parcel }: Run, observed: Observed, work: Work): Promise<void> {
  const asked = observed.managed.filter((user) => parcel.about.includes(user.id));
  for (const user of asked) {
    const has = await allCredentials(caller, user.name);
    const of = (kind: Running['kind'], count: number): void => void (count > 0 && work.running.push({ id: user.id, account: user.name, kind, count }));
    of('login', isDeniedAll(user) ? 0 : 1);
    of('password', has.password ? 1 : 0);
    of('access-key', has.keys.filter((one) => one.active).length);
    of('service-credential', has.services.filter((one) => one.active).length);
    of('certificate', has.certificates.filter((one) => one.active).length);
    of('ssh-key', has.sshKeys.filter((one) => one.active).length);
  }
}

