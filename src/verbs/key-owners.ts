/** Whose key a fingerprint is, as far as this clone knows: people, signers, couriers, and what revocations and manifests name. */
import type { PublicKey } from '../core/ssh/public-key.ts';
import { fingerprint } from '../core/ssh/public-key.ts';
import type { Manifest } from '../core/texts/index.ts';
import type { TextCrypto } from '../core/texts/index.ts';
import { keyOf } from './access-detail.ts';
import type { Clone } from './clone.ts';
import { handleNames } from './names.ts';

export interface KeyOwner {
  /** The handle, or of a courier its name; the id of somebody the policy has no line for any more. */
  readonly name: string;
  /** In a few words, also what for: `bob`, `bob, revoked`, `alice, signs`, `courier pipeline`. */
  readonly words: string;
}

/**
 * By `SHA256:…`. `manifests` know the keys of people whose files are gone. Of several that one key is, a login key that
 * lets in today counts first.
 */
export function keyOwners(clone: Clone, { crypto }: { readonly crypto: TextCrypto }, manifests: Iterable<Manifest> = []): ReadonlyMap<string, KeyOwner> {
  const { policy, revocations } = clone;
  const owners = new Map<string, readonly [PublicKey, KeyOwner]>();
  const add = (key: PublicKey, name: string, words = name): void => void owners.set(key.line, [key, { name, words }]);
  const handleOf = handleNames(clone);
  for (const { keys } of manifests) {
    // The same key stands in many manifests: it is read once.
    for (const line of keys) if (!owners.has(line.line.split(' ').slice(-2).join(' '))) add(keyOf(line), handleOf(line.id));
  }
  for (const courier of policy.couriers) for (const key of courier.keys) add(key, courier.name, `courier ${courier.name}`);
  for (const { name, value } of revocations) {
    const handle = value.id === undefined ? undefined : handleOf(value.id);
    const whose = handle === undefined || handle === value.id ? name.replace(/-[0-9a-f]{8}$/, '') : handle;
    for (const key of value.keys) add(key, whose, `${whose}, revoked`);
  }
  for (const { id, keys } of policy.signers) for (const key of keys) add(key, handleOf(id), `${handleOf(id)}, signs`);
  // A key that is given back is no longer a revoked one.
  const undone = new Set(policy.undone);
  const out = new Set(revocations.filter(({ name }) => !undone.has(name)).flatMap(({ value }) => value.keys.map((key) => key.line)));
  for (const { handle, keys } of policy.people) for (const key of keys) if (!out.has(key.line)) add(key, handle);
  return new Map([...owners.values()].map(([key, owner]) => [fingerprint(key, crypto.sha256), owner]));
}
