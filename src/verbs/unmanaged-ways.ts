/**
 * What lets in beside keyward: ways in that the signed manifest accepts, and those that a server named when it last told of
 * any.
 * Keyward never changes them; whoever asks who reaches a server must be told of them all the same.
 */
import type { Instant } from '../core/access/index.ts';
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
  /** Whether the server named it when it last told of ways in; an accepted one may be gone. */
  readonly seen: boolean;
  /** Whether it told of ways in at all, as far as answers lie here: an answer to a delivery says nothing about them. */
  readonly looked: boolean;
  /** Since when it tells of these: one that names the same again is not kept. Absent where it never did. */
  readonly asOf?: Instant;
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
    const look = looking.receipts?.look(manifest.target);
    const [seen, when] = look?.kind === 'seen' ? [look.waysIn, { looked: true, asOf: look.time }] : [[], { looked: false }];
    const names = new Set(seen.map(nameOf));
    const unseen = manifest.accepted.filter((line) => !names.has(nameOf(line)));
    const target = looking.targetName(manifest.target);
    return [
      ...seen.filter(isTheirs).map((way) => ({ target, ...told(way, owners), state: stateOf(manifest, way), seen: true, ...when })),
      ...unseen.filter(isTheirs).map((line) => ({
        target,
        ...told({ ...line, comment: undefined }, owners),
        state: 'accepted' as const,
        seen: false,
        ...when,
      })),
    ];
  });
  return ways.sort((a, b) => (a.target < b.target ? -1 : a.target > b.target ? 1 : 0));
}

/** By the manifest, not by the answer: it may be older than what is accepted now. */
export function stateOf({ accepted }: Pick<Manifest, 'accepted'>, way: AcceptedLine): 'accepted' | 'unknown' {
  const name = nameOf(way);
  return accepted.some((line) => nameOf(line) === name) ? 'accepted' : 'unknown';
}

type Owners = ReadonlyMap<string, KeyOwner>;

function hasAny({ receipts }: Looking): (manifest: Manifest) => boolean {
  return ({ accepted, target }) => {
    const look = receipts?.look(target);
    return accepted.length > 0 || (look?.kind === 'seen' && look.waysIn.length > 0);
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
