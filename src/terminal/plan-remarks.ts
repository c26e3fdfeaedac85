/** A plan as remarks: what a rule gives at the rule's own line, then what no line says, risks first. */
import type { Change } from '../core/plan/index.ts';
import type { PlanReport } from '../verbs/plan.ts';
import { POLICY, type Remark } from './remark.ts';
import { count, tame } from './style.ts';

/** So many are named in one remark; the rest are counted. */
const NAMED = 20;

export function planRemarks(report: PlanReport): readonly Remark[] {
  return [
    ...report.risks.map(({ name, message }): Remark => ({
      severity: 'warning',
      rule: 'risk',
      message: tame(message),
      place: POLICY,
      suggestion: `a signer accepts it by name: --accept-risk ${tame(name)}`,
    })),
    ...byRule(report.changes.filter(({ direction }) => direction === 'widens')),
    ...elsewhere(report.changes),
  ];
}

/** One remark for each rule that gives something new. */
function byRule(changes: readonly Change[]): readonly Remark[] {
  const rules = new Map<string, { readonly rule: Change['rules'][number]; readonly changes: Change[] }>();
  for (const change of changes) {
    for (const rule of change.rules) {
      const name = `${rule.place.file} ${rule.place.line} ${rule.name}`;
      const known = rules.get(name);
      if (known === undefined) rules.set(name, { rule, changes: [change] });
      else known.changes.push(change);
    }
  }
  return [...rules.values()].map(({ rule, changes: own }) => ({
    severity: 'notice',
    rule: 'gains',
    message: `"${tame(rule.name)}" gives more: ${some(own.map(changeWords))}`,
    place: rule.place,
  }));
}

/** Who gains without a rule (signers, a lower threshold), who loses, and the rest: a remark for each kind. */
function elsewhere(changes: readonly Change[]): readonly Remark[] {
  const kinds = new Map<string, Change[]>();
  for (const change of changes) {
    if (change.direction === 'widens' && change.rules.length > 0) continue;
    kinds.set(change.kind, [...(kinds.get(change.kind) ?? []), change]);
  }
  return [...kinds].map(([kind, own]) => ({
    severity: own[0]?.direction === 'widens' ? 'warning' : 'notice',
    rule: kind,
    message: some(own.map(changeWords)),
    place: POLICY,
  }));
}

/** `bob on web-1: gains access: login` */
export function changeWords({ person, server, kind, detail }: Change): string {
  const who = [person?.name, server === undefined ? undefined : `${person === undefined ? '' : 'on '}${server.name}`];
  const subject = who.filter((part) => part !== undefined).join(' ');
  return tame(`${subject === '' ? '' : `${subject}: `}${kind.replaceAll('-', ' ')}: ${detail}`).replace(/\s+/g, ' ');
}

function some(words: readonly string[]): string {
  const more = words.length - NAMED;
  return `${words.slice(0, NAMED).join('; ')}${more > 0 ? `; and ${count(more, 'more', 'more')}` : ''}`;
}
