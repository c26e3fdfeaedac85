/**
 * What lets in beside keyward: ways in that the signed manifest accepts, and those that a server's stored receipt names.
 * Keyward never changes them; whoever asks who reaches a server must be told of them all the same.
 */
import type { AcceptedLine, Manifest, WayIn } from '../core/texts/index.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import { fingerprint } from '../core/ssh/public-key.ts';
import { keyOf } from './access-detail.ts';
import type { Looking } from './access-detail.ts';

export interface UnmanagedWay {
  readonly target: string;
  readonly kind: string;
  readonly account?: string;
  /** A fingerprint for `key` and `ca`, else one word. */
  readonly subject: string;
  readonly state: 'accepted' | 'unknown';
  /** Whether the server's stored receipt names it; an accepted one may be gone. */
  readonly seen: boolean;
  /** What stands beside the key there. */
  readonly comment?: string;
  /** Whose key it is, where it is one of somebody known. */
  readonly owner?: string;
}

export function unmanagedWays(looking: Looking, manifests: readonly Manifest[]): readonly UnmanagedWay[] {
  const owners = manifests.some(hasAny(looking)) ? ownersByFingerprint(looking) : new Map<string, string>();
  const ways = manifests.flatMap((manifest) => {
    const stored = looking.receipts?.of(manifest.target);
    const seen = stored?.kind === 'believed' ? stored.receipt.waysIn : [];
    const names = new Set(seen.map(nameOf));
    const unseen = manifest.accepted.filter((line) => !names.has(nameOf(line)));
    const target = looking.targetName(manifest.target);
    return [
      ...seen.map((way) => ({ target, ...told(way, owners), state: way.state, seen: true })),
      ...unseen.map((line) => ({
        target,
        ...told({ ...line, comment: undefined }, owners),
        state: 'accepted' as const,
        seen: false,
      })),
    ];
  });
  return ways.sort((a, b) => (a.target < b.target ? -1 : a.target > b.target ? 1 : 0));
}

function hasAny({ receipts }: Looking): (manifest: Manifest) => boolean {
  return ({ accepted, target }) => {
    const stored = receipts?.of(target);
    return accepted.length > 0 || (stored?.kind === 'believed' && stored.receipt.waysIn.length > 0);
  };
}

/** Whose a fingerprint is, as far as the policy's keys and the manifests that were read know. */
function ownersByFingerprint({ clone, crypto, manifests, nameOf: handleOf }: Looking): ReadonlyMap<string, string> {
  const keys = new Map<string, readonly [PublicKey, string]>();
  const add = (key: PublicKey, id: string): void => void keys.set(key.line, [key, id]);
  for (const { id, keys: lines } of [...clone.policy.people, ...clone.policy.signers])
    for (const key of lines) add(key, id);
  for (const manifest of manifests.values()) {
    for (const line of manifest.keys)
      if (!keys.has(line.line.split(' ').slice(-2).join(' '))) add(keyOf(line), line.id);
  }
  return new Map([...keys.values()].map(([key, id]) => [fingerprint(key, crypto.sha256), handleOf(id)]));
}

function nameOf({ kind, account, subject }: AcceptedLine): string {
  return `${kind} ${account ?? '-'} ${subject}`;
}

function told({ kind, account, subject, comment }: Omit<WayIn, 'state'>, owners: ReadonlyMap<string, string>) {
  const owner = owners.get(subject);
  return {
    kind,
    ...(account === undefined ? {} : { account }),
    subject,
    ...(comment === undefined ? {} : { comment }),
    ...(owner === undefined ? {} : { owner }),
  };
}
