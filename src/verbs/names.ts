/** Names for ids. They stand in the policy only, so whoever shows one says whether the policy is the one that was signed. */
import type { SubjectId } from '../core/access/index.ts';
import type { Clone } from './clone.ts';

/** The handle of an id, or the id itself where the policy has no line for it any more. */
export function handleNames(clone: Clone): (id: string) => string {
  const handles = new Map(clone.policy.people.map((person) => [person.id as string, person.handle]));
  return (id) => handles.get(id) ?? id;
}

/** The name of a target, or its id where the policy has no line for it any more. */
export function targetNames(clone: Clone): (id: string) => string {
  const targets = [...clone.policy.servers, ...clone.policy.providers];
  const names = new Map(targets.map((target) => [target.id as string, target.name]));
  return (id) => names.get(id) ?? id;
}

/** Handles of these ids, sorted. */
export function handlesOf(clone: Clone, ids: Iterable<SubjectId>): readonly string[] {
  return [...ids].map(handleNames(clone)).sort();
}
