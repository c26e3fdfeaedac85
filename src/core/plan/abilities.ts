/**
 * What a manifest lets each person do, taken apart into single abilities, each with its end.
 *
 * The key lines of a person are nested: each earlier one allows all that the later ones do. So an ability lasts as long as
 * the last line that has it. What is revoked is not there, as on the server.
 */
import { laterEnd, plainCommand } from '../access/index.ts';
import type { Instant, SubjectId } from '../access/index.ts';
import { readKeyLine } from '../texts/index.ts';
import type { AccountLine, KeyLine, KeyLineMeaning, Manifest, SudoLine } from '../texts/index.ts';

/** `sudo`, `option` or `key`, and which. */
export interface Ability {
  readonly what: 'sudo' | 'option' | 'key';
  /** `root: /usr/bin/id`, `pty`, `forward to db-2:5432`, or the line of a key. */
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

/** The abilities of everybody on one server, by id. */
export function abilitiesOn(manifest: Manifest): ReadonlyMap<SubjectId, Abilities> {
  const outIds = new Set(manifest.revokedIds);
  const outKeys = new Set(manifest.revokedKeys.map((key) => key.line));
  const keys = groupById(manifest.keys);
  const sudo = groupById(manifest.sudo);
  const granted = manifest.accounts.filter(({ id }) => !outIds.has(id));
  return new Map(
    granted.map((account) => {
      const read = (keys.get(account.id) ?? []).flatMap((line) => meaningOf(line, outKeys));
      const abilities = [...read.flatMap(keyAbilities), ...(sudo.get(account.id) ?? []).map(sudoAbility)];
      const limits = read.at(-1)?.limits;
      return [account.id, { account, all: together(abilities), from: limits?.from, command: limits?.command }];
    }),
  );
}

interface ReadLine extends KeyLineMeaning {
  readonly end: Instant | undefined;
}

function meaningOf({ line, end }: KeyLine, outKeys: ReadonlySet<string>): readonly ReadLine[] {
  const meaning = readKeyLine(line);
  return meaning === undefined || outKeys.has(meaning.key.line) ? [] : [{ ...meaning, end }];
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
