/** What a release gives that ends soon, so that nobody is surprised: grouped by person and moment. */
import type { Instant, SubjectId } from '../core/access/index.ts';
import { compareEnds, laterEnd } from '../core/access/index.ts';
import type { Manifest } from '../core/texts/index.ts';
import { heldAt } from './standing.ts';
import type { Held } from './standing.ts';

export interface EndsSoon {
  /** `access`: they get in no more. `sudo`, `key-options`, `rights`: they still get in, and may do less. */
  readonly kind: 'access' | 'sudo' | 'key-options' | 'rights';
  readonly person: string;
  readonly end: Instant;
  /** Names, sorted. */
  readonly targets: readonly string[];
  /** With it ends the last access this person has anywhere. */
  readonly last: boolean;
}

export interface Within {
  readonly from: Instant;
  readonly to: Instant;
  readonly personName: (id: string) => string;
  readonly targetName: (id: string) => string;
}

export function endsSoon(manifests: Iterable<Manifest>, within: Within): readonly EndsSoon[] {
  const held = [...manifests].flatMap((manifest) =>
    [...heldAt(manifest, within.from)].map(([id, lines]) => ({
      id,
      lines,
      target: within.targetName(manifest.target),
    })),
  );
  const groups = new Map<string, { kind: EndsSoon['kind']; id: SubjectId; end: Instant; targets: Set<string> }>();
  for (const { id, lines, target } of held) {
    for (const { kind, end } of endsOf(lines)) {
      if (end > within.to) continue;
      const name = `${end} ${kind} ${id}`;
      const group = groups.get(name) ?? { kind, id, end, targets: new Set() };
      group.targets.add(target);
      groups.set(name, group);
    }
  }
  return [...groups.values()]
    .sort((a, b) => a.end - b.end || order(within.personName(a.id), within.personName(b.id)) || order(a.kind, b.kind))
    .map(({ kind, id, end, targets }) => ({
      kind,
      person: within.personName(id),
      end,
      targets: [...targets].sort(),
      last: kind === 'access' && held.every((one) => one.id !== id || compareEnds(lastEnd(one.lines), end) <= 0),
    }));
}

/** Every end of what is held, each kind once; an end of sudo or options that is the end of everything is only that. */
function endsOf(held: Held): readonly { readonly kind: EndsSoon['kind']; readonly end: Instant }[] {
  const last = lastEnd(held);
  const of = (kind: EndsSoon['kind'], ends: readonly (Instant | undefined)[]) =>
    [...new Set(ends)].flatMap((end) =>
      end === undefined || (kind !== 'access' && end === last) ? [] : [{ kind, end }],
    );
  const endOf = (line: { readonly end: Instant | undefined }): Instant | undefined => line.end;
  return [
    ...of('access', [last]),
    ...of('sudo', held.sudo.map(endOf)),
    ...of('key-options', held.keys.map(endOf)),
    ...of('rights', held.rights.map(endOf)),
  ];
}

function lastEnd({ keys, rights }: Held): Instant | undefined {
  return [...keys, ...rights].map((line) => line.end).reduce(laterEnd);
}

function order(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
