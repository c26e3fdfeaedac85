/**
 * What lets in beside keyward: ways in that the signed manifest accepts, and those that a server's stored receipt names.
 * Keyward never changes them; whoever asks who reaches a server must be told of them all the same.
 */
import type { AcceptedLine, Manifest, WayIn } from '../core/texts/index.ts';
import type { Looking } from './access-detail.ts';
import { keyOwners } from './key-owners.ts';
import type { KeyOwner } from './key-owners.ts';

export interface UnmanagedWay {
  readonly target: string;
  readonly kind: string;
  readonly account?: string;
  /** A fingerprint for `key` and `ca`, else one word. */
  readonly subject: string;
  readonly state: 'accepted' | 'unknown';
  /** Whether the server's stored receipt names it; an accepted one may be gone. */
  readonly seen: boolean;
  /** Whether that receipt looked for ways in at all: an answer to a delivery does not, and says nothing about them. */
  readonly looked: boolean;
  /** What stands beside the key there. */
  readonly comment?: string;
  /** Whose key it is, where it is one of somebody known. */
  readonly owner?: string;
}

/** Of everybody, or of one by handle. */
export function unmanagedWays(looking: Looking, manifests: readonly Manifest[], whose: string | undefined): readonly UnmanagedWay[] {
  const owners: Owners = manifests.some(hasAny(looking)) ? keyOwners(looking.clone, looking, looking.manifests.values()) : new Map();
  const isTheirs = ({ subject }: AcceptedLine): boolean => whose === undefined || owners.get(subject)?.name === whose;
  const ways = manifests.flatMap((manifest) => {
    const stored = looking.receipts?.of(manifest.target);
    const seen = stored?.kind === 'believed' ? stored.receipt.waysIn : [];
    const looked = stored?.kind === 'believed' && (stored.proof === 'says' || stored.receipt.looked.some(({ what }) => what === 'sudoers-file'));
    const names = new Set(seen.map(nameOf));
    const unseen = manifest.accepted.filter((line) => !names.has(nameOf(line)));
    const target = looking.targetName(manifest.target);
    return [
      ...seen.filter(isTheirs).map((way) => ({ target, ...told(way, owners), state: way.state, seen: true, looked })),
      ...unseen.filter(isTheirs).map((line) => ({
        target,
        ...told({ ...line, comment: undefined }, owners),
        state: 'accepted' as const,
        seen: false,
        looked,
      })),
    ];
  });
  return ways.sort((a, b) => (a.target < b.target ? -1 : a.target > b.target ? 1 : 0));
}

type Owners = ReadonlyMap<string, KeyOwner>;

function hasAny({ receipts }: Looking): (manifest: Manifest) => boolean {
  return ({ accepted, target }) => {
    const stored = receipts?.of(target);
    return accepted.length > 0 || (stored?.kind === 'believed' && stored.receipt.waysIn.length > 0);
  };
}

function nameOf({ kind, account, subject }: AcceptedLine): string {
  return `${kind} ${account ?? '-'} ${subject}`;
}

function told({ kind, account, subject, comment }: Omit<WayIn, 'state'>, owners: Owners) {
  const owner = owners.get(subject)?.words;
  return {
    kind,
    ...(account === undefined ? {} : { account }),
    subject,
    ...(comment === undefined ? {} : { comment }),
    ...(owner === undefined ? {} : { owner }),
  };
}
