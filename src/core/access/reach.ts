/**
 * Who may reach what: the grants of one person on one server added up, found from either side.
 *
 * Grants add up over time as well. For each end among them there is one span, the earlier first, and each span allows all
 * that holds until then: at any moment what is allowed is what the first span says that has not ended.
 */
import { Failure } from '../failure.ts';
import { addAllow, ALLOW_NOTHING } from './grant.ts';
import type { Allow, Grant, RuleSource, Sudo } from './grant.ts';
import type { SubjectId, TargetId } from './ids.ts';
import { compareEnds, laterEnd } from './instant.ts';
import type { Instant } from './instant.ts';

/** What is allowed up to an end (absent: does not end). */
interface Span {
  readonly until?: Instant;
  readonly allow: Allow;
}

/** One thing sudo allows, up to the latest end of the grants that give it. */
interface SudoUntil extends Sudo {
  readonly until?: Instant;
}

/** What grants of one person add up to, on whichever server they hold. */
export interface Sum {
  readonly person: SubjectId;
  readonly account: string;
  /** When the last of it ends; absent: does not end. */
  readonly until?: Instant;
  /** At least one; by end, the earlier first. */
  readonly spans: readonly Span[];
  readonly from?: readonly string[];
  readonly command?: string;
  /** By run-as and command, each once. */
  readonly sudo: readonly SudoUntil[];
}

/** All that one person may do on one server. */
export interface Access extends Sum {
  readonly server: TargetId;
  /** The grants behind it, by rule name and place. */
  readonly grants: readonly Grant[];
}

export interface Reach {
  /** Everything, by server, then person. */
  readonly all: readonly Access[];
  /** What one person reaches, by server. */
  of(person: SubjectId): readonly Access[];
  /** Who reaches one server, by person. */
  on(server: TargetId): readonly Access[];
  /** One person on one server. */
  between(person: SubjectId, server: TargetId): Access | undefined;
}

/**
 * Adds grants up. The order they come in makes no difference.
 * Throws `internal` when two grants of one person and server differ in account, `from` or `command`: the policy refuses
 * that with both rules' names, so here it is our own mistake.
 */
export function reach(grants: Iterable<Grant>): Reach {
  const pairs = groupBy([...grants], (grant) => `${grant.server} ${grant.person}`);
  const all = [...pairs.keys()].sort().map((pair) => accessOf(pairs.get(pair) ?? []));
  const byPerson = groupBy(all, (access) => access.person);
  const byServer = groupBy(all, (access) => access.server);
  return {
    all,
    of: (person) => byPerson.get(person) ?? [],
    on: (server) => byServer.get(server) ?? [],
    between: (person, server) => byPerson.get(person)?.find((access) => access.server === server),
  };
}

/** What is allowed at a moment: an end counts up to its own second. Undefined: nothing any more. */
export function allowedAt(access: Access, now: Instant): Allow | undefined {
  return access.spans.find((span) => span.until === undefined || now <= span.until)?.allow;
}

/** The rules behind an access that still hold at a moment. */
export function rulesAt(access: Access, now: Instant): readonly RuleSource[] {
  return access.grants.filter((grant) => grant.until === undefined || now <= grant.until).map((grant) => grant.rule);
}

function accessOf(unsorted: readonly Grant[]): Access {
  const grants = [...unsorted].sort(byRule);
  const [first] = grants;
  if (first === undefined) throw new Failure('internal', 'nothing to add up');
  return { ...addUp(grants), server: first.server, grants };
}

/**
 * The sum of one person's grants on one server, in any order. At least one.
 * Throws `internal` when they differ in account, `from` or `command`, as `reach` does.
 */
export function addUp(grants: readonly Grant[]): Sum {
  const [first, ...others] = grants;
  if (first === undefined) throw new Failure('internal', 'nothing to add up');
  for (const grant of others) mustAgree(first, grant);
  const until = grants.map((grant) => grant.until).reduce(laterEnd);
  return {
    person: first.person,
    account: first.account,
    ...end(until),
    spans: spansOf(grants),
    ...(first.from === undefined ? {} : { from: [...new Set(first.from)].sort() }),
    ...(first.command === undefined ? {} : { command: first.command }),
    sudo: sudoOf(grants),
  };
}

function spansOf(grants: readonly Grant[]): readonly Span[] {
  const ends = [...new Set(grants.map((grant) => grant.until))].sort(compareEnds);
  return ends.map((until) => {
    const holding = grants.filter((grant) => compareEnds(grant.until, until) >= 0);
    return { ...end(until), allow: holding.map((grant) => grant.allow).reduce(addAllow, ALLOW_NOTHING) };
  });
}

function sudoOf(grants: readonly Grant[]): readonly SudoUntil[] {
  const found = new Map<string, SudoUntil>();
  for (const grant of grants) {
    for (const { runAs, command } of grant.sudo) {
      const name = `${runAs} ${command}`;
      const before = found.get(name);
      const until = before === undefined ? grant.until : laterEnd(before.until, grant.until);
      found.set(name, { runAs, command, ...end(until) });
    }
  }
  return [...found.entries()].sort(([a], [b]) => compareText(a, b)).map(([, sudo]) => sudo);
}

function mustAgree(a: Grant, b: Grant): void {
  const limits = (grant: Grant): string =>
    JSON.stringify([
      grant.account,
      grant.command ?? null,
      grant.from === undefined ? null : [...new Set(grant.from)].sort(),
    ]);
  if (limits(a) === limits(b)) return;
  throw new Failure(
    'internal',
    `rules "${a.rule.name}" and "${b.rule.name}" differ in account, from or command for ${a.person}`,
  );
}

function end(until: Instant | undefined): { until?: Instant } {
  return until === undefined ? {} : { until };
}

function byRule(a: Grant, b: Grant): number {
  const place = ({ name, place: at }: RuleSource): string =>
    `${at.file}\n${String(at.line ?? 0).padStart(9, '0')}\n${String(at.column ?? 0).padStart(9, '0')}\n${name}`;
  return (
    compareText(place(a.rule), place(b.rule)) ||
    compareEnds(a.until, b.until) ||
    compareText(JSON.stringify(a), JSON.stringify(b))
  );
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function groupBy<T>(things: readonly T[], nameOf: (thing: T) => string): Map<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const name = nameOf(thing);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [thing]);
    else group.push(thing);
  }
  return groups;
}
