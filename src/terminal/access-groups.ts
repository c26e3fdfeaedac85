/** Accesses that are told of together, since nothing but the target differs. A hundred thousand of them are gone through. */
import type { AccessDetail } from '../verbs/access-detail.ts';

/** Accesses that differ in nothing but the server. */
export type Group = readonly [AccessDetail, ...AccessDetail[]];

export function groups(access: readonly AccessDetail[]): readonly Group[] {
  const found = new Map<string, [AccessDetail, ...AccessDetail[]]>();
  for (const one of access) {
    const name = nameOf(one);
    const group = found.get(name);
    if (group === undefined) found.set(name, [one]);
    else group.push(one);
  }
  return [...found.values()];
}

const OF_ONE_TARGET: ReadonlySet<string> = new Set(['target', 'targetId', 'confirmed', 'revoked']);

/** All that is told of an access but where it is: equal where that is equal. */
function nameOf(one: AccessDetail): string {
  let name = one.revoked?.name ?? '';
  for (const [field, value] of Object.entries(one)) if (!OF_ONE_TARGET.has(field)) name += ` ${field} ${spelled(value)}`;
  return name;
}

/** Lines and rules are mostly the same objects in one access and the next: each is spelled once, and has a number then. */
function spelled(value: unknown): string {
  if (Array.isArray(value)) return value.map(numbered).join();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return Object.values(value).map((part) => (Array.isArray(part) ? part.map(numbered).join() : JSON.stringify(part))).join();
}

const NUMBERS = new WeakMap<object, number>();
const NUMBERED = new Map<string, number>();

function numbered(part: unknown): number {
  const known = typeof part === 'object' && part !== null ? NUMBERS.get(part) : undefined;
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  const number = NUMBERED.get(text) ?? NUMBERED.size;
  NUMBERED.set(text, number);
  if (typeof part === 'object' && part !== null) NUMBERS.set(part, number);
  return number;
}
