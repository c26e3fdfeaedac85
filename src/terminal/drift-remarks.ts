/**
 * Drift as remarks, what is worst first, and of each target one in turn: whoever shows only the first ten shows something
 * of each. A target that could not be looked at is an error: it is not clean.
 */
import type { Difference, DriftOf, DriftReport } from '../verbs/drift.ts';
import { POLICY, type Remark } from './remark.ts';
import { differenceWords, isWayIn } from './drift-text.ts';
import { notTooMany, reasonText, tame } from './style.ts';

export function driftRemarks(report: DriftReport): readonly Remark[] {
  const own = report.targets.map((one) => notTooMany(remarksOf(one), (more) => moreOf(one, more)));
  const of = (severity: 'error' | 'warning'): readonly Remark[] => inTurn(own.map((all) => all.filter((remark) => remark.severity === severity)));
  return [...of('error'), ...of('warning')];
}

function inTurn(lists: readonly (readonly Remark[])[]): readonly Remark[] {
  const turns = lists.flatMap((list) => list.map((remark, turn) => ({ remark, turn })));
  return turns.sort((a, b) => a.turn - b.turn).map(({ remark }) => remark);
}

function moreOf({ name, place = POLICY }: DriftOf, more: number): Remark {
  return { severity: 'error', rule: 'more', message: `${tame(name)}: and ${more} more: keyward drift --json`, place };
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
  return { severity: 'error', rule, title, message: `${tame(name)}: could not be looked at: ${reasonText(why)}`, place };
}
