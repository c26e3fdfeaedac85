/** What changes for one person on one server, from their abilities before and after. */
import { compareEnds, formatInstant } from '../access/index.ts';
import type { Grant, Instant, RuleSource } from '../access/index.ts';
import type { Abilities, Ability } from './abilities.ts';
import { change } from './change.ts';
import type { Change, ChangeKind, ChangeParts } from './change.ts';

/** Whom and what it is about, and what the policy grants there now. */
export interface Where extends Required<Pick<ChangeParts, 'person' | 'server'>> {
  /** The grants of this person here, for the rules that say so. */
  readonly grants: readonly Grant[];
  /** `SHA256:…` of the key of this line. */
  readonly fingerprint: (keyLine: string) => string;
}

const GAINS: Readonly<Record<Ability['what'], ChangeKind>> = {
  sudo: 'gains-sudo',
  option: 'gains-option',
  key: 'gains-key',
  right: 'gains-right',
};
const LOSES: Readonly<Record<Ability['what'], ChangeKind>> = {
  sudo: 'loses-sudo',
  option: 'loses-option',
  key: 'loses-key',
  right: 'loses-right',
};

/** All that changes for one person on one server. An account of another name is another account: gained and lost. */
export function accessChanges(
  before: Abilities | undefined,
  after: Abilities | undefined,
  where: Where,
): readonly Change[] {
  if (before !== undefined && after !== undefined && before.account.account === after.account.account) {
    return [
      ...accountChanges(before, after, where),
      ...abilityChanges(before, after, where),
      ...limitChanges(before, after, where),
    ];
  }
  return [...(after === undefined ? [] : gained(after, where)), ...(before === undefined ? [] : [lost(before, where)])];
}

function gained(after: Abilities, where: Where): readonly Change[] {
  const of = about(where, after);
  const all = [...after.all.values()];
  const keys = all.filter((ability) => ability.what === 'key').length;
  const rights = all.filter(({ what }) => what === 'right');
  const words = [
    untilWords(after.account.end),
    ...all.filter(({ what }) => what === 'option').map(({ name, end }) => name + otherEnd(end, after.account.end)),
    ...(after.command === undefined ? [] : [`only the command ${after.command}`]),
    ...(after.from === undefined ? [] : [`from ${after.from.join(', ')}`]),
    // A login at a provider has no keys, and no words about them.
    ...(keys === 0 && rights.length > 0 ? [] : [keys === 1 ? '1 key' : `${keys} keys`]),
  ];
  const sudo = all.filter(({ what }) => what === 'sudo');
  return [
    change('gains-access', words.join('; '), { ...of, rules: rulesOf(where.grants) }),
    ...taken(undefined, after, where),
    ...[...sudo, ...rights].map((ability) => gain(ability, after, where)),
  ];
}

function lost(before: Abilities, where: Where): Change {
  const sudo = [...before.all.values()].filter(({ what }) => what === 'sudo').map(({ name }) => `sudo as ${name}`);
  const rights = [...before.all.values()].filter(({ what }) => what === 'right').map(({ name }) => name);
  return change('loses-access', ['everything', ...sudo, ...rights].join('; '), about(where, before));
}

/** Whose account it becomes, where it is not simply made. */
function taken(before: Abilities | undefined, { account }: Abilities, where: Where): readonly Change[] {
  const of = { ...about(where, { account }), rules: rulesOf(where.grants) };
  const takesOver = account.from !== undefined && account.from !== before?.account.from;
  const adopts = account.how === 'adopt' && before?.account.how !== 'adopt';
  return [
    ...(takesOver ? [change('takes-over-account', `the account of ${account.from}, with its home`, of)] : []),
    ...(adopts ? [change('adopts-account', 'the account as it is there, with its home', of)] : []),
  ];
}

function accountChanges(before: Abilities, after: Abilities, where: Where): readonly Change[] {
  const uid =
    before.account.uid === after.account.uid
      ? []
      : [change('uid-changed', uidWords(before, after), about(where, after))];
  return [
    ...taken(before, after, where),
    ...uid,
    ...endChange('access', before.account.end, after.account.end, after, where, where.grants),
  ];
}

function uidWords(before: Abilities, after: Abilities): string {
  const words = ({ account }: Abilities): string =>
    account.uid === undefined ? 'what the server chooses' : String(account.uid);
  return `uid from ${words(before)} to ${words(after)}`;
}

function abilityChanges(before: Abilities, after: Abilities, where: Where): readonly Change[] {
  const gains = [...after.all].flatMap(([name, ability]) =>
    before.all.has(name) ? [] : [gain(ability, after, where)],
  );
  const loses = [...before.all].flatMap(([name, ability]) =>
    after.all.has(name) ? [] : [change(LOSES[ability.what], abilityWords(ability, where), about(where, after))],
  );
  const ends = [...after.all].flatMap(([name, ability]) => {
    const known = before.all.get(name);
    // What moves with the whole access is told once, there.
    const withAll =
      compareEnds(known?.end, before.account.end) === 0 && compareEnds(ability.end, after.account.end) === 0;
    if (known === undefined || withAll) return [];
    return endChange(
      abilityWords(ability, where),
      known.end,
      ability.end,
      after,
      where,
      grantsOf(ability, where.grants),
    );
  });
  return [...gains, ...loses, ...ends];
}

function gain(ability: Ability, after: Abilities, where: Where): Change {
  const rules = ability.what === 'key' ? [] : rulesOf(grantsOf(ability, where.grants));
  return change(GAINS[ability.what], abilityWords(ability, where) + otherEnd(ability.end, after.account.end), {
    ...about(where, after),
    rules,
  });
}

/** Limits stand in key lines: where one side has none, there is nothing to compare. */
function limitChanges(before: Abilities, after: Abilities, where: Where): readonly Change[] {
  if (!hasKeys(before) || !hasKeys(after)) return [];
  const of = { ...about(where, after), rules: rulesOf(where.grants) };
  return [...sourceChanges(before.from, after.from, of), ...commandChanges(before.command, after.command, of)];
}

function hasKeys({ all }: Abilities): boolean {
  return [...all.values()].some((ability) => ability.what === 'key');
}

function sourceChanges(before: Abilities['from'], after: Abilities['from'], of: ChangeParts): readonly Change[] {
  if (after === undefined) return before === undefined ? [] : [change('gains-source', 'from anywhere', of)];
  if (before === undefined)
    return [change('loses-source', `from anywhere but ${after.join(', ')}`, { ...of, rules: [] })];
  const gains = after
    .filter((source) => !before.includes(source))
    .map((source) => change('gains-source', `from ${source}`, of));
  const loses = before
    .filter((source) => !after.includes(source))
    .map((source) => change('loses-source', `from ${source}`, { ...of, rules: [] }));
  return [...gains, ...loses];
}

function commandChanges(before: string | undefined, after: string | undefined, of: ChangeParts): readonly Change[] {
  if (before === after) return [];
  if (after === undefined) return [change('command-lifted', `any command, not only ${before ?? ''}`, of)];
  if (before === undefined) return [change('command-fixed', `only ${after}`, { ...of, rules: [] })];
  return [change('command-changed', `${after} in place of ${before}`, of)];
}

function endChange(
  what: string,
  before: Instant | undefined,
  after: Instant | undefined,
  abilities: Abilities,
  where: Where,
  grants: readonly Grant[],
): readonly Change[] {
  const way = compareEnds(before, after);
  if (way === 0) return [];
  const words = `${what} ${untilWords(after)} in place of ${untilWords(before)}`;
  const of = about(where, abilities);
  return [way < 0 ? change('ends-later', words, { ...of, rules: rulesOf(grants) }) : change('ends-earlier', words, of)];
}

function abilityWords({ what, name }: Ability, where: Where): string {
  if (what === 'sudo') return `sudo as ${name}`;
  return what === 'key' ? `key ${where.fingerprint(name)}` : name;
}

function otherEnd(end: Instant | undefined, accessEnd: Instant | undefined): string {
  return compareEnds(end, accessEnd) === 0 ? '' : ` ${untilWords(end)}`;
}

function untilWords(end: Instant | undefined): string {
  return end === undefined ? 'without an end' : `until ${formatInstant(end)}`;
}

function about({ person, server }: Where, { account }: Pick<Abilities, 'account'>): ChangeParts {
  return { person, server, account: account.account };
}

/** The grants that give an ability for as long as it lasts. */
function grantsOf(ability: Ability, grants: readonly Grant[]): readonly Grant[] {
  return grants.filter((grant) => gives(grant, ability) && compareEnds(grant.until, ability.end) === 0);
}

function gives({ allow, sudo, rights = [] }: Grant, { what, name }: Ability): boolean {
  if (what === 'right') return rights.some((right) => `${right.what} ${right.value}` === name);
  if (what === 'sudo') return sudo.some((one) => `${one.runAs}: ${one.command}` === name);
  const options: Readonly<Record<string, boolean>> = {
    pty: allow.pty,
    'agent-forwarding': allow.agentForwarding,
    x11: allow.x11,
  };
  return options[name] ?? allow.forwardTo.some((target) => `forward to ${target}` === name);
}

function rulesOf(grants: readonly Grant[]): readonly RuleSource[] {
  const named = grants.map(({ rule }) => [`${rule.place.file}:${rule.place.line ?? 0}:${rule.name}`, rule] as const);
  return [...new Map(named).values()];
}
