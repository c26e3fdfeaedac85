/** The working tree against the newest signed release: who gains and loses what. No network, no credentials. */
import type { SubjectId, TargetId } from '../core/access/index.ts';
import { planChanges } from '../core/plan/index.ts';
import type { Plan, ReleaseState } from '../core/plan/index.ts';
import { fingerprint, parsePublicKey } from '../core/ssh/public-key.ts';
import { reasonOf, splitSigned, verifyReceipt } from '../core/texts/index.ts';
import type { Manifest, Receipt, TextCrypto } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { latin1, readClone } from './clone.ts';
import type { Clone } from './clone.ts';
import { receiverHere } from './receiver-here.ts';
import { prepare } from './draft.ts';
import { readReceiptFiles } from './stored-receipts.ts';
import type { ManifestRead } from './stored-releases.ts';
import { grantsBetween } from './working-tree.ts';
import type { Prepared } from './draft.ts';

export interface PlanReport extends Plan {
  readonly organization: string;
  /** What it is compared with; absent before release 1. */
  readonly base?: { readonly number: number; readonly hash: string };
  /** False where this device never compared the fingerprint of release 1. */
  readonly trusted: boolean;
}

export async function plan(world: World): Promise<PlanReport> {
  const clone = await readClone(world, { for: 'look', manifests: 'later' });
  const { hash: receiver } = await world.receiver();
  const number = (clone.chain?.newest.value.number ?? 0) + 1;
  const stored = await readReceiptFiles(world);
  const prepared = prepare(clone, { number, issued: clone.now, receiver }, world.crypto);
  await clone.loadManifests(changedManifests(clone, prepared));
  return planOf(clone, prepared, stored, world.crypto);
}

/** What a prepared release changes. `receipts` are the stored ones, by path: they show which servers keyward was taken off. */
export function planOf(clone: Clone, prepared: Prepared, receipts: ReadonlyMap<string, Uint8Array>, crypto: TextCrypto): PlanReport {
  const newest = clone.chain?.newest;
  const changed = clone.manifestsOf(changedManifests(clone, prepared));
  const before = newest === undefined ? undefined : stateOf(newest.value, changed, prepared);
  const after = { release: prepared.release, manifests: [...prepared.manifests.values()] };
  const lastOf = (server: TargetId): ManifestRead | undefined => changed.get(server);
  const own = receiptsByTarget(clone, receipts, crypto);
  const result = planChanges(before, after, {
    ...namesOf(clone, lastOf, own, crypto),
    grants: (person, target) => grantsBetween(clone.policy, person, target),
    isOff: (server) => isOff(lastOf(server), own),
  });
  return {
    ...result,
    risks: [...result.risks, ...olderReceiver(clone, prepared.release.receiver)],
    organization: clone.organization,
    ...(newest === undefined ? {} : { base: { number: newest.value.number, hash: newest.hash } }),
    trusted: clone.trusted,
  };
}

/** Signed by mistake, it would be put on servers in place of one with fewer faults. */
function olderReceiver(clone: Clone, carried: string): Plan['risks'] {
  if (receiverHere(clone, carried).state !== 'older') return [];
  const message = 'this keyward carries an older receiver than the release in force was made with: install the newer keyward';
  return [{ name: 'older-receiver', message }];
}

/** Those of the newest release that do not stay as they are: of a target that changes, or that is left out. */
function changedManifests({ chain }: Clone, { manifests }: Prepared): readonly string[] {
  return chain?.newest.value.manifests.filter((hash) => !manifests.has(hash)) ?? [];
}

/** A manifest that stays as it is is the same value on both sides: equal bytes mean the same. */
function stateOf(release: ReleaseState['release'], changed: ReadonlyMap<string, ManifestRead>, { manifests }: Prepared): ReleaseState {
  const same = release.manifests.flatMap((hash) => manifests.get(hash) ?? []);
  return { release, manifests: [...same, ...[...changed.values()].map((one) => one.value)] };
}

function namesOf(clone: Clone, lastOf: LastOf, own: ReceiptsOf, crypto: TextCrypto) {
  const people = new Map(clone.policy.people.map((person) => [person.id as SubjectId, person.handle]));
  const targets = new Map([...clone.policy.servers, ...clone.policy.providers].map((target) => [target.id as TargetId, target.name]));
  const revocations = new Map(clone.revocations.map((one) => [one.hash, one.name]));
  return {
    person: (id: SubjectId) => people.get(id),
    target: (id: TargetId) => targets.get(id) ?? nameOfReceipt(clone, lastOf(id), own),
    revocation: (hash: string) => revocations.get(hash),
    fingerprint: (line: string) => fingerprint(parsePublicKey(line), crypto.sha256),
  };
}

/** A receipt of the server itself shows that it holds nothing but its couriers any more. */
function isOff(last: ManifestRead | undefined, own: ReceiptsOf): boolean {
  if (last === undefined || last.value.accounts.length > 0) return false;
  return own(last.value).some(([, receipt]) => receipt.manifest === last.hash);
}

/** What a server was called whose line is gone: the file of its receipt still says so. */
function nameOfReceipt(clone: Clone, last: ManifestRead | undefined, own: ReceiptsOf): string | undefined {
  const [path] = last === undefined ? [] : (own(last.value)[0] ?? []);
  const name = path?.slice('receipts/'.length);
  return clone.policy.servers.some((other) => other.name === name) ? undefined : name;
}

/** The manifest that the newest release has of a server whose line is gone. */
type LastOf = (server: TargetId) => ManifestRead | undefined;

/** The stored receipts that a server signed itself, by path. */
type ReceiptsOf = (of: Manifest) => readonly (readonly [string, Receipt])[];

/** Sorted by what they say they are of, before any is believed. */
function receiptsByTarget(clone: Clone, receipts: ReadonlyMap<string, Uint8Array>, crypto: TextCrypto): ReceiptsOf {
  const said = Map.groupBy([...receipts], ([, bytes]) => /^target (\S+)$/m.exec(latin1(bytes))?.[1]);
  return (of) => {
    const expected = { organization: clone.organization, target: of.target, hostKeys: [...of.hostKeys, ...of.nextHostKeys] };
    return (said.get(of.target) ?? []).flatMap(([path, bytes]) => {
      try {
        return [[path, verifyReceipt(splitSigned(latin1(bytes), 'receipt', path), expected, crypto).value] as const];
      } catch (error) {
        if (reasonOf(error) === undefined) throw error;
        return [];
      }
    });
  };
}
