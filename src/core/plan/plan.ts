/** The plan: every change between the newest verified release and the next one, and the risks among them. */
import type { SubjectId } from '../access/index.ts';
import { people } from '../texts/index.ts';
import type { Hash, Manifest, SignerSet } from '../texts/index.ts';
import { abilitiesOf, holdingsOn } from './abilities.ts';
import type { Holding } from './abilities.ts';
import { accessChanges } from './access-changes.ts';
import { change, inOrder } from './change.ts';
import type { Change, Named } from './change.ts';
import { compare } from './compared.ts';
import type { ComparedPair, Names, ReleaseState } from './compared.ts';
import { risksOf } from './risks.ts';
import type { Risk } from './risks.ts';

export interface Plan {
  /** Who gains, then who loses, then servers, signers, couriers and revocations. */
  readonly changes: readonly Change[];
  /** To be accepted one by one, by name, before anybody signs. */
  readonly risks: readonly Risk[];
  /** What was compared, so that "nothing changes" says of how much. */
  readonly looked: { readonly people: number; readonly servers: number; readonly accesses: number };
}

/** Compares two releases; `before` is undefined when the next one is the first. Pure: equal in every clone. */
export function planChanges(before: ReleaseState | undefined, after: ReleaseState, names: Names): Plan {
  const compared = compare(before, after);
  const changes = inOrder([
    ...compared.flatMap((pair) => peopleChanges(pair, names)),
    ...compared.flatMap((pair) => serverChanges(pair, names)),
    ...organizationChanges(before, after, names),
  ]);
  return { changes, risks: risksOf({ before, after, compared, names }), looked: lookedAt(compared) };
}

function lookedAt(compared: readonly ComparedPair[]): Plan['looked'] {
  const all = new Set<SubjectId>();
  let accesses = 0;
  for (const { had, has } of compared) {
    const here = had === has ? had : [...new Set([...had, ...has])];
    accesses += here.length;
    for (const id of here) all.add(id);
  }
  return { people: all.size, servers: compared.length, accesses };
}

function peopleChanges({ target, before: old, after: next }: ComparedPair, names: Names): readonly Change[] {
  if (old === next) return [];
  const server = named(target, names.target);
  const had = old === undefined ? new Map<SubjectId, Holding>() : holdingsOn(old);
  const has = next === undefined ? new Map<SubjectId, Holding>() : holdingsOn(next);
  const ids = [...new Set([...had.keys(), ...has.keys()])];
  const changed = ids.filter((id) => had.get(id)?.spelled !== has.get(id)?.spelled);
  return changed.flatMap((id) => {
    const [before, after] = [had.get(id), has.get(id)];
    return accessChanges(before && abilitiesOf(before), after && abilitiesOf(after), {
      person: named(id, names.person),
      server,
      grants: after === undefined ? [] : names.grants(id, target),
      fingerprint: names.fingerprint,
    });
  });
}

function serverChanges({ target, before, after }: ComparedPair, names: Names): readonly Change[] {
  if (before === after) return [];
  const of = { server: named(target, names.target) };
  const waysIn = (manifest: Manifest): readonly string[] =>
    manifest.accepted.map(({ kind, account, subject }) => [kind, account ?? '-', subject].join(' '));
  const accepted = (way: string): Change => change('way-in-accepted', way, of);
  if (before === undefined)
    return after === undefined ? [] : [change(`${comesAndGoes(after)}-added`, whatItIs(after), of), ...waysIn(after).map(accepted)];
  if (after === undefined) return [change(`${comesAndGoes(before)}-gone`, 'nothing is said about it any more', of)];
  const keysOf = (manifest: Manifest): readonly string[] => [
    ...manifest.hostKeys.map((key) => `${names.fingerprint(key.line)}`),
    ...manifest.nextHostKeys.map((key) => `${names.fingerprint(key.line)} (next)`),
  ];
  return [
    ...settingChanges(before, after).map((detail) => change('setting-changed', detail, of)),
    ...difference(
      keysOf(before),
      keysOf(after),
      (key) => change('host-key-gone', key, of),
      (key) => change('host-key-added', key, of),
    ),
    ...difference(
      waysIn(before),
      waysIn(after),
      (way) => change('way-in-not-accepted', way, of),
      accepted,
    ),
  ];
}

/** What a person reads of a target that comes or goes: an AWS account is no server. */
function comesAndGoes({ kind }: Manifest): 'server' | 'provider' {
  return kind === 'server' ? 'server' : 'provider';
}

function whatItIs({ hostKeys, kind, settings }: Manifest): string {
  if (settings.length === 0) return `${hostKeys.length} host ${hostKeys.length === 1 ? 'key' : 'keys'}`;
  return `${kind}, ${settings.map(({ name, value }) => `${name} ${value}`).join(', ')}`;
}

/** `boundary arn:…:a instead of arn:…:b` */
function settingChanges(before: Manifest, after: Manifest): readonly string[] {
  const old = new Map(before.settings.map(({ name, value }) => [name, value]));
  const next = new Map(after.settings.map(({ name, value }) => [name, value]));
  const changed = [...new Set([...old.keys(), ...next.keys()])].sort().filter((name) => old.get(name) !== next.get(name));
  return changed.map((name) => `${name} ${next.get(name) ?? 'not said'} instead of ${old.get(name) ?? 'not said'}`);
}

function organizationChanges(before: ReleaseState | undefined, after: ReleaseState, names: Names): readonly Change[] {
  const [old, next] = [before?.release, after.release];
  const couriers = (state: ReleaseState | undefined): readonly string[] =>
    [...new Set((state?.manifests ?? []).flatMap((manifest) => manifest.couriers.map((key) => key.line)))].map(
      names.fingerprint,
    );
  const revocation = (hash: Hash): string => names.revocation(hash) ?? hash;
  return [
    ...signerChanges(old, next, names),
    ...difference(
      couriers(before),
      couriers(after),
      (key) => change('courier-gone', key),
      (key) => change('courier-added', key),
    ),
    ...difference(
      old?.counted ?? [],
      next.counted,
      () => undefined,
      (hash) => change('revocation-counted', revocation(hash)),
    ),
    ...difference(
      old?.undone ?? [],
      next.undone,
      () => undefined,
      (hash) => change('revocation-undone', revocation(hash)),
    ),
    ...(old === undefined || old.receiver === next.receiver
      ? []
      : [change('receiver-changed', `receiver ${next.receiver}`)]),
  ];
}

function signerChanges(before: SignerSet | undefined, after: SignerSet, names: Names): readonly Change[] {
  const old = before === undefined ? new Set<SubjectId>() : people(before);
  const next = people(after);
  const of = (id: string): { person: Named<SubjectId> } => ({ person: named(id as SubjectId, names.person) });
  const keys = (set: SignerSet | undefined, others: ReadonlySet<SubjectId>): readonly string[] =>
    (set?.signers ?? []).filter(({ id }) => others.has(id)).map(({ id, key }) => `${id} ${key.line}`);
  const keyChange =
    (kind: 'signer-key-added' | 'signer-key-gone') =>
    (line: string): Change => {
      const space = line.indexOf(' ');
      return change(kind, names.fingerprint(line.slice(space + 1)), of(line.slice(0, space)));
    };
  const kind =
    before === undefined || before.threshold === after.threshold
      ? undefined
      : before.threshold > after.threshold
        ? 'threshold-lowered'
        : 'threshold-raised';
  return [
    ...difference(
      [...old],
      [...next],
      (id) => change('signer-gone', 'may sign no longer', of(id)),
      (id) => change('signer-added', 'may sign', of(id)),
    ),
    ...difference(keys(before, next), keys(after, old), keyChange('signer-key-gone'), keyChange('signer-key-added')),
    ...(kind === undefined
      ? []
      : [
          change(
            kind,
            `${after.threshold} of ${next.size} must sign, in place of ${before?.threshold ?? 0} of ${old.size}`,
          ),
        ]),
  ];
}

/** What is in one list only, through what it is called. */
function difference(
  before: readonly string[],
  after: readonly string[],
  gone: (one: string) => Change | undefined,
  added: (one: string) => Change | undefined,
): readonly Change[] {
  const [old, next] = [new Set(before), new Set(after)];
  const changes = [
    ...before.filter((one) => !next.has(one)).map(gone),
    ...after.filter((one) => !old.has(one)).map(added),
  ];
  return changes.filter((one) => one !== undefined);
}

function named<Id extends string>(id: Id, nameOf: (id: Id) => string | undefined): Named<Id> {
  return { id, name: nameOf(id) ?? id };
}
