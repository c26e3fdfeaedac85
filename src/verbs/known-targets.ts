/**
 * The targets of the newest release, with all that is needed to reach them: what is trusted comes from the signed
 * manifest, only the address from the policy (R22).
 */
import { Failure } from '../core/failure.ts';
import { nearest } from '../core/policy/index.ts';
import { wayTo } from '../core/texts/index.ts';
import type { Manifest } from '../core/texts/index.ts';
import type { TargetPlace } from '../world.ts';
import type { Clone } from './clone.ts';
import { targetNames } from './names.ts';

export interface KnownTarget {
  readonly id: string;
  /** The policy's name, or the id where its line is gone. */
  readonly name: string;
  readonly manifest: Manifest;
  readonly manifestText: string;
  readonly manifestHash: string;
  /** Undefined where the policy has no line for it any more: nobody knows where it is. */
  readonly place: TargetPlace | undefined;
}

/** Which of them: patterns of names, and labels that must all hold. */
export interface Choice {
  readonly servers: readonly string[];
  readonly labels: readonly string[];
}


/**
 * Every target of the newest release, by id: the one that sorts lowest is asked first. Those that cannot sign what they
 * answer come after all others: they would prove nothing for the rest.
 */
export function knownTargets(clone: Clone): readonly KnownTarget[] {
  if (clone.chain === undefined) return [];
  const addresses = new Map(addressesOf(clone));
  const nameOf = targetNames(clone);
  const manifests = clone.manifestsOf(clone.chain.newest.value.manifests);
  return [...manifests]
    .map(([id, { value, text, hash }]) => {
      const address = addresses.get(id);
      return {
        id,
        name: nameOf(id),
        manifest: value,
        manifestText: text,
        manifestHash: hash,
        place: address === undefined ? undefined : placeOf(clone, nameOf(id), address, value, text),
      };
    })
    .sort((a, b) => Number(signsNothing(a)) - Number(signsNothing(b)) || (a.id < b.id ? -1 : 1));
}

/** It has no host key: it says what it says, and no refusal can be proved there. */
export function signsNothing({ manifest }: Pick<KnownTarget, 'manifest'>): boolean {
  return manifest.hostKeys.length === 0;
}

/** Of every target the policy has a line for; a provider has none of its own, its service is where the device's settings say. */
function addressesOf({ policy }: Clone): readonly (readonly [string, Pick<TargetPlace, 'address' | 'port'>])[] {
  return [
    ...policy.servers.map(({ id, address, port }) => [id, { address, port }] as const),
    ...policy.providers.map(({ id }) => [id, { address: '', port: 0 }] as const),
  ];
}

function placeOf(
  clone: Clone,
  name: string,
  address: Pick<TargetPlace, 'address' | 'port'>,
  signed: Manifest,
  manifest: string,
): TargetPlace {
  const via = clone.settings.via?.[name];
  const firstRelease = clone.chain?.verified[0]?.hash;
  return {
    id: signed.target,
    name,
    kind: signed.kind,
    organization: clone.organization,
    ...address,
    hostKeys: [...signed.hostKeys, ...signed.nextHostKeys],
    ...(via === undefined ? {} : { via }),
    settings: Object.fromEntries(signed.settings.map((setting) => [setting.name, setting.value])),
    ...(firstRelease === undefined || clone.chain === undefined
      ? {}
      : { trust: { firstRelease, releases: wayTo(clone.chain, 0), manifest } }),
  };
}

/** The chosen ones. Throws `usage` when a choice was made and nothing fits it: a typo must not read as "all done". */
export function choose(clone: Clone, targets: readonly KnownTarget[], choice: Choice): readonly KnownTarget[] {
  if (choice.servers.length === 0 && choice.labels.length === 0) return targets;
  const servers = new Map(clone.policy.servers.map((server) => [server.id as string, server]));
  const chosen = targets.filter((target) => {
    const labels = servers.get(target.id)?.labels ?? {};
    const named = choice.servers.length === 0 || choice.servers.some((pattern) => fits(pattern, target.name));
    return named && choice.labels.every((label) => hasLabel(labels, label));
  });
  if (chosen.length > 0) return chosen;
  throw new Failure('usage', `no target of the release in force fits ${[...choice.servers, ...choice.labels].join(' ')}`, {
    next: nextTo(choice, targets.map((target) => target.name)),
  });
}

function nextTo({ servers, labels }: Choice, names: readonly string[]): string {
  const [asked] = servers;
  const near = servers.length === 1 && labels.length === 0 && asked !== undefined ? didYouMean(asked, names) : undefined;
  const shown = names.length <= 10 ? names.join(', ') : `${names.slice(0, 10).join(', ')}, and ${names.length - 10} more`;
  return near ?? `the release has ${shown || 'no targets yet'}`;
}

/** `did you mean web-1?`, where a name is near. */
export function didYouMean(asked: string, names: readonly string[]): string | undefined {
  const near = nearest(asked, names);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** Whether a name fits a pattern in which `*` stands for anything. */
export function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`).test(name);
}

function hasLabel(labels: Readonly<Record<string, string>>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  if (at < 1) throw new Failure('usage', `not a label: ${wanted}`, { next: 'write --label role=web' });
  return labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}
