/** Drift as remarks, what is worst first. A target that could not be looked at is an error: it is not clean. */
import type { Difference, DriftOf, DriftReport } from '../verbs/drift.ts';
import { POLICY, type Remark } from './remark.ts';
import { differenceWords, isWayIn } from './drift-text.ts';
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
    title: titleOf(found),
    message: `${tame(one.name)}: ${differenceWords(found, tame)}`,
    place: one.place ?? POLICY,
    ...suggestionFor(found),
  }));
}

function titleOf(found: Difference): string {
  if (isWayIn(found)) return 'way in that is not managed';
  return found.managed ? 'not as signed' : 'for a person to put right';
}

/** What else is no delivery's to put right says itself what it takes. */
function suggestionFor(found: Difference): Pick<Remark, 'suggestion'> {
  if (found.managed) return { suggestion: '`keyward deliver` puts it right' };
  if (isWayIn(found)) return { suggestion: 'not managed: a person takes it away, or accepts it in the policy with a reason' };
  return {};
}

function silent({ name, why = 'no reason given', place = POLICY }: DriftOf, rule: string): Remark {
  const title = rule === 'refused' ? 'refused to answer' : 'not looked at';
  return { severity: 'error', rule, title, message: `${tame(name)}: could not be looked at: ${tame(why)}`, place };
}
