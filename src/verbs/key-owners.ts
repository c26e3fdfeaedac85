/** Whose key a fingerprint is, as far as this clone knows: people, signers, couriers, and what revocations name. */
import type { PublicKey } from '../core/ssh/public-key.ts';
import { fingerprint } from '../core/ssh/public-key.ts';
import type { World } from '../world.ts';
import type { Clone } from './clone.ts';

/** By `SHA256:…`; the handle of whoever it is, with a word behind it where it is no login key of somebody's here. */
export function keyOwners({ policy, revocations }: Clone, { crypto }: World): ReadonlyMap<string, string> {
  const owners = new Map<string, string>();
  const add = (key: PublicKey, owner: string): void => void owners.set(fingerprint(key, crypto.sha256), owner);
  const handles = new Map(policy.people.map((person) => [person.id as string, person.handle]));
  for (const courier of policy.couriers) for (const key of courier.keys) add(key, `courier ${courier.name}`);
  for (const { name, value } of revocations) {
    const whose = (value.id === undefined ? undefined : handles.get(value.id)) ?? name.replace(/-[0-9a-f]{8}$/, '');
    for (const key of value.keys) add(key, `${whose}, revoked`);
  }
  for (const signer of policy.signers)
    for (const key of signer.keys) add(key, `${handles.get(signer.id) ?? signer.id}, signs`);
  // A key that is given back is no longer a revoked one.
  const undone = new Set(policy.undone);
  const out = new Set(
    revocations.filter(({ name }) => !undone.has(name)).flatMap(({ value }) => value.keys.map((key) => key.line)),
  );
  for (const { handle, keys } of policy.people) for (const key of keys) if (!out.has(key.line)) add(key, handle);
  return owners;
}
