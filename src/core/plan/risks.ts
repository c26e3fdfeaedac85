/** What of a plan may be a mistake that is hard to take back. Each has a name, and is accepted by it, one by one. */
import type { SubjectId } from '../access/index.ts';
import type { ComparedPair, Names, ReleaseState } from './compared.ts';

export interface Risk {
  /** What `--accept-risk` takes: `many-lose:7`, `abandoned:web-9`, `threshold-lowered`, `last-courier`. */
  readonly name: string;
  /** What would happen, as a sentence. */
  readonly message: string;
}

/** So many people may lose everything without a question: a handful. */
const A_HANDFUL = 5;

export interface RisksOf {
  readonly before: ReleaseState | undefined;
  readonly after: ReleaseState;
  readonly compared: readonly ComparedPair[];
  readonly names: Names;
}

/** The risks of a plan. A first release has none: there is nothing to lose yet. */
export function risksOf(plan: RisksOf): readonly Risk[] {
  return [...manyLose(plan), ...abandoned(plan), ...thresholdLowered(plan), ...lastCourier(plan)];
}

/** More than a handful who could reach something and will reach nothing. */
function manyLose({ compared, names }: RisksOf): readonly Risk[] {
  const still = new Set<SubjectId>();
  for (const { has } of compared) for (const id of has) still.add(id);
  const lose = new Set(compared.flatMap(({ had }) => had.filter((id) => !still.has(id))));
  if (lose.size <= A_HANDFUL) return [];
  const who = [...lose].map((id: SubjectId) => names.person(id) ?? id).sort();
  return [{ name: `many-lose:${lose.size}`, message: `${lose.size} people lose all access: ${some(who)}` }];
}

/** A server that no release will speak to again, although nothing shows that keyward was taken off it (R12). */
function abandoned({ compared, names }: RisksOf): readonly Risk[] {
  const gone = compared.filter(({ target, after }) => after === undefined && !names.isOff(target));
  return gone.map(({ target, had }) => {
    const name = names.target(target) ?? target;
    const who =
      had.length === 0 ? 'whatever it has' : `what it grants to ${had.length} ${had.length === 1 ? 'person' : 'people'}`;
    const message = `${name} is left out and no receipt shows that keyward was taken off it: ${who} stays there, and no offboarding will reach it`;
    return { name: `abandoned:${name}`, message };
  });
}

function thresholdLowered({ before, after }: RisksOf): readonly Risk[] {
  const [old, next] = [before?.release.threshold ?? 0, after.release.threshold];
  if (next >= old) return [];
  const alone = next === 1 ? ': one person alone can give any access' : '';
  return [
    {
      name: 'threshold-lowered',
      message: `${next === 1 ? '1 signature is' : `${next} signatures are`} enough in place of ${old}${alone}`,
    },
  ];
}

/** None of the keys that carry now will be let in afterwards: the way back in hangs on keys that were never tried. */
function lastCourier({ compared }: RisksOf): readonly Risk[] {
  const cut = compared.filter(({ before, after }) => {
    const next = new Set(after?.couriers.map((key) => key.line));
    // A provider has none: nothing is carried to it.
    if (before === undefined || before.couriers.length === 0) return false;
    return after !== undefined && !before.couriers.some((key) => next.has(key.line));
  });
  if (cut.length === 0) return [];
  const where = cut.length === 1 ? '1 server' : `${cut.length} servers`;
  return [
    {
      name: 'last-courier',
      message: `on ${where} every courier goes that is there now; whether the new ones work has not been tried`,
    },
  ];
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}
