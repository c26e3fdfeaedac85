/** The policy as it lies in this folder, which nobody has signed: what it would grant, and whether a release came from it. */
import type { Grant, RuleSource, SubjectId, TargetId } from '../core/access/index.ts';
import { hashOf, inputs as inputsText } from '../core/texts/index.ts';
import type { Input, Manifest, VerifiedRelease } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { latin1 } from './clone.ts';
import type { Clone, HeldRevocation } from './clone.ts';
import { manifestsMeant } from './draft.ts';
import { heldAt } from './standing.ts';
import type { Held } from './standing.ts';

/** `differs`: names and rules are read from a policy that is not the one the release was made from. */
export type Sameness = 'same' | 'differs' | 'unknown';

/** Whether the policy here is, file by file, the one this release was compiled from; revocations may have come since. */
export async function comparedWith(world: World, clone: Clone, release: VerifiedRelease): Promise<Sameness> {
  const path = `releases/${release.value.number}/inputs`;
  const bytes = (await world.repository.read([path])).get(path);
  if (bytes === undefined || hashOf(latin1(bytes), world.crypto) !== release.value.inputs) return 'unknown';
  const then = inputsText.parse(latin1(bytes), path).inputs.filter((input) => !input.path.startsWith('revoked/'));
  const now = new Map([...clone.files].filter(([file]) => !file.startsWith('revoked/')));
  const isSame = ({ path: file, hash }: Input): boolean => {
    const bytes = now.get(file);
    return bytes !== undefined && hashOf(bytes, world.crypto) === hash;
  };
  return then.length === now.size && then.every(isSame) ? 'same' : 'differs';
}

/** The manifests the working tree means, by target. */
export function manifestsHere(clone: Clone): ReadonlyMap<string, Manifest> {
  const { policy, revocations } = clone;
  const isUndone = ({ name }: HeldRevocation): boolean => policy.undone.includes(name);
  const counted = revocations.filter((one) => !isUndone(one));
  return new Map(
    manifestsMeant(policy, counted, revocations.filter(isUndone)).map((manifest) => [
      manifest.target as string,
      manifest,
    ]),
  );
}

/** For what somebody holds on a target, the rules here that give exactly that; undefined: they would give something else. */
export type RulesFor = (target: string, held: Held) => readonly RuleSource[] | undefined;

export function rulesHere(clone: Clone, here: ReadonlyMap<string, Manifest>): RulesFor {
  const would = new Map<string, ReadonlyMap<SubjectId, Held>>();
  return (target, held) => {
    const manifest = here.get(target);
    if (manifest === undefined) return undefined;
    const all = would.get(target) ?? heldAt(manifest, clone.now);
    would.set(target, all);
    const own = all.get(held.account.id);
    if (own === undefined || !isSame(own, held)) return undefined;
    return rulesBetween(clone, held.account.id, manifest.target);
  };
}

/** What the policy here grants one person on one target, of whatever kind. */
export function grantsBetween(policy: Clone['policy'], person: SubjectId, target: TargetId): readonly Grant[] {
  const provider = policy.providers.find(({ id }) => id === target);
  return provider?.grants.filter((grant) => grant.person === person) ?? policy.grants.between(person, target);
}

function rulesBetween({ policy }: Clone, person: SubjectId, target: TargetId): readonly RuleSource[] {
  const grants = grantsBetween(policy, person, target);
  if (grants.length === 1) return grants.map(({ rule }) => rule);
  return [...new Map(grants.map(({ rule }) => [`${rule.place.file} ${rule.place.line} ${rule.name}`, rule])).values()];
}

/** Whether two people's lines are the same, in whatever order. */
function isSame(a: Held, b: Held): boolean {
  return (
    a.account.account === b.account.account &&
    sameLines(a.keys, b.keys, (x, y) => x.line === y.line && x.end === y.end) &&
    sameLines(a.sudo, b.sudo, (x, y) => x.runAs === y.runAs && x.command === y.command && x.end === y.end) &&
    sameLines(a.rights, b.rights, (x, y) => x.what === y.what && x.value === y.value && x.end === y.end)
  );
}

/** Nearly always in the same order; no line stands twice. */
function sameLines<Line>(a: readonly Line[], b: readonly Line[], isLine: (x: Line, y: Line) => boolean): boolean {
  if (a.length !== b.length) return false;
  return a.every((line, i) => isLine(line, b[i] as Line) || b.some((other) => isLine(line, other)));
}
