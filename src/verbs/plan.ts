/** The working tree against the newest signed release: who gains and loses what. No network, no credentials. */
import type { SubjectId, TargetId } from '../core/access/index.ts';
import { planChanges } from '../core/plan/index.ts';
import type { Plan, ReleaseState } from '../core/plan/index.ts';
import { fingerprint, parsePublicKey } from '../core/ssh/public-key.ts';
import { reasonOf, splitSigned, verifyReceipt } from '../core/texts/index.ts';
import type { TextCrypto } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { latin1, readClone } from './clone.ts';
import type { Clone } from './clone.ts';
import { prepare } from './draft.ts';
import type { Prepared } from './draft.ts';

export interface PlanReport extends Plan {
  readonly organization: string;
  /** What it is compared with; absent before release 1. */
  readonly base?: { readonly number: number; readonly hash: string };
  /** False where this device never compared the fingerprint of release 1. */
  readonly trusted: boolean;
  /** Providers of the policy: what they would get is not planned yet. */
  readonly notYet: readonly string[];
}

export async function plan(world: World): Promise<PlanReport> {
  const clone = await readClone(world, { for: 'look' });
  const { hash: receiver } = await world.receiver();
  const number = (clone.chain?.newest.value.number ?? 0) + 1;
  const stored = await world.repository.read(['receipts']);
  return planOf(clone, prepare(clone, { number, issued: clone.now, receiver }, world.crypto), stored, world.crypto);
}

/** What a prepared release changes. `receipts` are the stored ones, by path: they show which servers keyward was taken off. */
export function planOf(clone: Clone, prepared: Prepared, receipts: ReadonlyMap<string, Uint8Array>, crypto: TextCrypto): PlanReport {
  const newest = clone.chain?.newest;
  const before = newest === undefined ? undefined : stateOf(clone, newest.value.manifests, newest.value);
  const after = { release: prepared.release, manifests: [...prepared.manifests.values()].map((one) => one.value) };
  const result = planChanges(before, after, {
    ...namesOf(clone, crypto),
    grants: (person, server) => clone.policy.grants.between(person, server as never),
    isOff: (server) => isOff(clone, server, receipts, crypto),
  });
  return {
    ...result,
    organization: clone.organization,
    ...(newest === undefined ? {} : { base: { number: newest.value.number, hash: newest.hash } }),
    trusted: clone.trusted,
    notYet: clone.policy.providers.map((provider) => provider.name),
  };
}

function stateOf(clone: Clone, hashes: readonly string[], release: ReleaseState['release']): ReleaseState {
  return { release, manifests: [...clone.manifestsOf(hashes).values()].map((one) => one.value) };
}

function namesOf(clone: Clone, crypto: TextCrypto) {
  const people = new Map(clone.policy.people.map((person) => [person.id as SubjectId, person.handle]));
  const servers = new Map(clone.policy.servers.map((server) => [server.id as TargetId, server.name]));
  const revocations = new Map(clone.revocations.map((one) => [one.hash, one.name]));
  return {
    person: (id: SubjectId) => people.get(id),
    target: (id: TargetId) => servers.get(id),
    revocation: (hash: string) => revocations.get(hash),
    fingerprint: (line: string) => fingerprint(parsePublicKey(line), crypto.sha256),
  };
}

/** A receipt of the server itself shows that it holds nothing but its couriers any more. */
function isOff(clone: Clone, server: TargetId, receipts: ReadonlyMap<string, Uint8Array>, crypto: TextCrypto): boolean {
  const newest = clone.chain?.newest;
  const last = newest === undefined ? undefined : clone.manifestsOf(newest.value.manifests).get(server);
  if (last === undefined || last.value.accounts.length > 0) return false;
  const of = { organization: clone.organization, target: last.value.target, hostKeys: [...last.value.hostKeys, ...last.value.nextHostKeys] };
  return [...receipts].some(([path, bytes]) => {
    try {
      return verifyReceipt(splitSigned(latin1(bytes), 'receipt', path), of, crypto).value.manifest === last.hash;
    } catch (error) {
      if (reasonOf(error) === undefined) throw error;
      return false;
    }
  });
}
