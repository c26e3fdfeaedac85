/**
 * Where a key of somebody who is taken out lets in beside keyward: the key is refused there from now on, and whoever got
 * in with it before is still in. A receiver does not see whose such a session is (sshd's log does), so the accounts are
 * named, for a person to look.
 */
import { fingerprint } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { World } from '../world.ts';
import type { Clone } from './clone.ts';
import { judgeReceipts } from './stored-receipts.ts';

export interface WayLeft {
  readonly target: string;
  /** Absent where the key lets in to every account. */
  readonly account?: string;
  readonly fingerprint: string;
}

/**
 * By what the signed manifests accept and what the servers last told of ways in. `receipts` are the files of receipts/ as they
 * lay there before anything was carried.
 */
export function waysLeft(world: World, clone: Clone, keys: readonly PublicKey[], receipts: ReadonlyMap<string, Uint8Array>): readonly WayLeft[] {
  const own = new Set(keys.map((key) => fingerprint(key, world.crypto.sha256)));
  const { heard } = judgeReceipts(world, clone, receipts);
  return heard.flatMap(({ target, look }) => {
    const seen = look.kind === 'seen' ? look.waysIn : [];
    const ways = [...target.manifest.accepted, ...seen].filter(({ subject }) => own.has(subject));
    const found = new Map(ways.map(({ account, subject }) => [`${account ?? ''} ${subject}`, { account, subject }]));
    return [...found.values()].map(({ account, subject }) => ({
      target: target.name,
      ...(account === undefined ? {} : { account }),
      fingerprint: subject,
    }));
  });
}
