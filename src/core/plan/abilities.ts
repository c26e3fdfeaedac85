/**
 * What a manifest lets each person do, taken apart into single abilities, each with its end.
 *
 * The key lines of a person are nested: each earlier one allows all that the later ones do. So an ability lasts as long as
 * the last line that has it. What is revoked is not there, as on the server.
 */
import { laterEnd, plainCommand } from '../access/index.ts';
import type { Instant, SubjectId } from '../access/index.ts';
import { readKeyLine } from '../texts/index.ts';
import type { AccountLine, KeyLine, KeyLineMeaning, Manifest, RightLine, SudoLine } from '../texts/index.ts';

/** `sudo`, `option`, `key` or `right`, and which. */
export interface Ability {
  readonly what: 'sudo' | 'option' | 'key' | 'right';
  /** `root: /usr/bin/id`, `pty`, `forward to db-2:5432`, `group billing-read`, or the line of a key. */
  readonly name: string;
  /** Undefined: does not end. */
  readonly end: Instant | undefined;
}

/** Everything one person may do on one server. */
export interface Abilities {
  readonly account: AccountLine;
  /** By `what` and name. */
  readonly all: ReadonlyMap<string, Ability>;
  /** Where it may come from; undefined: from anywhere. */
  readonly from: readonly string[] | undefined;
  /** The one command it runs; undefined: what is asked for. */
  readonly command: string | undefined;
}

type Limits = KeyLineMeaning['limits'];

/** The lines of one person on one server, without what is revoked. */
export interface Holding {
  readonly account: AccountLine;
  readonly keys: readonly KeyLine[];
  readonly sudo: readonly SudoLine[];
  readonly rights: readonly RightLine[];
  /** All of it as one string: two holdings with equal strings are equal. */
  readonly spelled: string;
}

/** What everybody holds on one server, by id. */
export function holdingsOn(manifest: Manifest): ReadonlyMap<SubjectId, Holding> {
  const outIds = new Set(manifest.revokedIds);
  const granted = manifest.accounts.filter(({ id }) => !outIds.has(id));
  let lines: Lines | undefined;
  const read = (): Lines => (lines ??= linesOf(manifest));
  return new Map(granted.map((account) => [account.id, new Held(account, read)]));
}

/** The lines of a manifest by whose they are, without what is revoked. */
interface Lines {
  readonly keys: ReadonlyMap<SubjectId, readonly KeyLine[]>;
  readonly sudo: ReadonlyMap<SubjectId, readonly SudoLine[]>;
  readonly rights: ReadonlyMap<SubjectId, readonly RightLine[]>;
}

function linesOf(manifest: Manifest): Lines {
  const outKeys = new Set(manifest.revokedKeys.map((key) => key.line));
  return {
    keys: groupById(manifest.keys.filter(({ line }) => !outKeys.has(keyOf(line)))),
    sudo: groupById(manifest.sudo),
    rights: groupById(manifest.rights),
  };
}

/** A holding whose lines are looked for when they are asked for: of a server that stays as it is nobody asks. */
class Held implements Holding {
  readonly account: AccountLine;
  readonly #lines: () => Lines;
  #spelled: string | undefined;

  constructor(account: AccountLine, lines: () => Lines) {
    this.account = account;
    this.#lines = lines;
  }

  get keys(): readonly KeyLine[] {
    return this.#lines().keys.get(this.account.id) ?? [];
  }

  get sudo(): readonly SudoLine[] {
    return this.#lines().sudo.get(this.account.id) ?? [];
  }

  get rights(): readonly RightLine[] {
    return this.#lines().rights.get(this.account.id) ?? [];
  }

  get spelled(): string {
    const { account, keys, sudo, rights } = this;
    return (this.#spelled ??= JSON.stringify({ account, keys, sudo, rights }));
  }
}

/** A line ends with type and base64, whatever its options hold. */
function keyOf(line: string): string {
  return line.split(' ').slice(-2).join(' ');
}

/** What these lines let a person do. */
export function abilitiesOf({ account, keys, sudo, rights }: Holding): Abilities {
  const read = keys.flatMap(({ line, end }) => {
    const meaning = readKeyLine(line);
    return meaning === undefined ? [] : [{ ...meaning, end }];
  });
  const limits = read.at(-1)?.limits;
  const all = together([...read.flatMap(keyAbilities), ...sudo.map(sudoAbility), ...rights.map(rightAbility)]);
  return { account, all, from: limits?.from, command: limits?.command };
}

interface ReadLine extends KeyLineMeaning {
  readonly end: Instant | undefined;
}

function keyAbilities({ key, limits, end }: ReadLine): readonly Ability[] {
  const options = optionNames(limits).map((name): Ability => ({ what: 'option', name, end }));
  return [{ what: 'key', name: key.line, end }, ...options];
}

function optionNames({ allow }: Limits): readonly string[] {
  return [
    ...(allow.pty ? ['pty'] : []),
    ...(allow.agentForwarding ? ['agent-forwarding'] : []),
    ...(allow.x11 ? ['x11'] : []),
    ...allow.forwardTo.map((target) => `forward to ${target}`),
  ];
}

function sudoAbility({ runAs, command, end }: SudoLine): Ability {
  return { what: 'sudo', name: `${runAs}: ${plainCommand(command)}`, end };
}

function rightAbility({ what, value, end }: RightLine): Ability {
  return { what: 'right', name: `${what} ${value}`, end };
}

function together(abilities: readonly Ability[]): ReadonlyMap<string, Ability> {
  const all = new Map<string, Ability>();
  for (const ability of abilities) {
    const name = `${ability.what} ${ability.name}`;
    const known = all.get(name);
    all.set(name, known === undefined ? ability : { ...ability, end: laterEnd(known.end, ability.end) });
  }
  return all;
}

function groupById<L extends { readonly id: SubjectId }>(lines: readonly L[]): ReadonlyMap<SubjectId, readonly L[]> {
  const groups = new Map<SubjectId, L[]>();
  for (const line of lines) {
    const group = groups.get(line.id);
    if (group === undefined) groups.set(line.id, [line]);
    else group.push(line);
  }
  return groups;
}
