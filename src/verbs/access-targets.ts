/** The targets an answer is about: where they are by the policy, what is trusted by the signed manifest, what they said. */
import type { Instant } from '../core/access/index.ts';
import type { Manifest } from '../core/texts/index.ts';
import type { Looking } from './access-detail.ts';

/** What a target's receipt of the time that was asked about says; `unknown`: nobody here can look that far back. */
export type HeardThen =
  | { readonly state: 'heard'; readonly release: number; readonly time: Instant; readonly proof: 'signed' | 'says' }
  | { readonly state: 'never-heard' }
  | { readonly state: 'not-believed'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

/** Since when it tells of the ways in that it last told of; `never-told`: no answer does, and nobody knows what else lets in there. */
export type WaysThen =
  | { readonly state: 'told'; readonly time: Instant }
  | { readonly state: 'never-told' }
  | { readonly state: 'not-believed' | 'unknown'; readonly why: string };

export interface TargetRead {
  readonly name: string;
  readonly id: string;
  readonly kind: string;
  /** From the policy, which may be newer than what was signed; absent where the policy has no line for it. */
  readonly address?: string;
  readonly port?: number;
  /** From the manifest: the present ones and the next; none at a provider. */
  readonly hostKeys: readonly string[];
  /** Absent for the working tree. */
  readonly heard?: HeardThen;
  readonly ways?: WaysThen;
}

export function targetsRead(looking: Looking, manifests: readonly Manifest[]): readonly TargetRead[] {
  const places = new Map(looking.clone.policy.servers.map((server) => [server.id as string, server]));
  const targets = manifests.map((manifest) => {
    const place = places.get(manifest.target);
    const heard = looking.release === undefined ? undefined : heardOf(looking, manifest.target);
    const ways = looking.release === undefined ? undefined : waysOf(looking, manifest.target);
    return {
      name: looking.targetName(manifest.target),
      id: manifest.target,
      kind: manifest.kind,
      ...(place === undefined ? {} : { address: place.address, port: place.port }),
      hostKeys: [...manifest.hostKeys, ...manifest.nextHostKeys].map((key) => key.line),
      ...(heard === undefined ? {} : { heard }),
      ...(ways === undefined ? {} : { ways }),
    };
  });
  return targets.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function heardOf({ receipts }: Looking, target: string): HeardThen | undefined {
  const stored = receipts?.of(target);
  if (stored === undefined) return undefined;
  if (stored.kind === 'none') return { state: 'never-heard' };
  if (stored.kind !== 'believed') return { state: stored.kind, why: stored.why };
  const { release, time } = stored.receipt;
  return { state: 'heard', release: release.number, time, proof: stored.proof };
}

function waysOf({ receipts }: Looking, target: string): WaysThen | undefined {
  const look = receipts?.look(target);
  if (look === undefined) return undefined;
  if (look.kind === 'never') return { state: 'never-told' };
  return look.kind === 'seen' ? { state: 'told', time: look.time } : { state: look.kind, why: look.why };
}
