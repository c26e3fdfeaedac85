/** Drift as remarks, what is worst first. A target that could not be looked at is an error: it is not clean. */
import type { DriftOf, DriftReport } from '../verbs/drift.ts';
import { POLICY, type Remark } from './remark.ts';
import { besideKey } from './drift-markdown.ts';
import { isWayIn } from './drift-text.ts';
import { tame } from './style.ts';

export function driftRemarks(report: DriftReport): readonly Remark[] {
  const all = report.targets.flatMap(remarksOf);
  return [...all.filter(({ severity }) => severity === 'error'), ...all.filter(({ severity }) => severity !== 'error')];
}

function remarksOf(one: DriftOf): readonly Remark[] {
  if (one.state === 'unknown') return [silent(one, 'not-looked')];
  if (one.state === 'refused') return [silent(one, 'refused')];
  return one.differences.map((found) => ({
    severity: found.managed ? 'warning' : 'error',
    rule: tame(found.what).replace(/\s+/g, '-'),
    message: `${tame(one.name)}: ${tame(found.what)} ${tame(found.subject)}${tame(besideKey(found))}`,
    place: one.place ?? POLICY,
    ...suggestionFor(found),
  }));
}

/** What else is no delivery's to put right says itself what it takes. */
function suggestionFor(found: DriftOf['differences'][number]): Pick<Remark, 'suggestion'> {
  if (found.managed) return { suggestion: '`keyward deliver` puts it right' };
  if (isWayIn(found)) return { suggestion: 'not managed: a person takes it away, or accepts it in the policy with a reason' };
  return {};
}

function silent({ name, why = 'no reason given', place = POLICY }: DriftOf, rule: string): Remark {
  return { severity: 'error', rule, message: `${tame(name)}: could not be looked at: ${tame(why)}`, place };
}
