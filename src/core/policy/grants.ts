/** All grants of a policy, made from its rules when they are asked for. */
import type { Allow, Grant, Instant, Person, RuleSource, Server, SubjectId, Sudo, Sum, TargetId } from '../access/index.ts';
import { addAllow, addUp, ALLOW_NOTHING, earlierEnd } from '../access/index.ts';
import type { Bits } from './bits.ts';
import type { Grants } from './compiled.ts';
import type { WrittenAllow, WrittenSudo } from './written.ts';

/** A rule without its people and servers: what it gives and within which limits. */
export interface Given {
  readonly rule: RuleSource;
  readonly until?: Instant;
  readonly allow: Allow;
  readonly sudo: readonly Sudo[];
  readonly from?: readonly string[];
  readonly command?: string;
}

export interface GivingRule {
  readonly gives: Given;
  readonly people: Bits;
  readonly servers: Bits;
}

export class RuleGrants implements Grants {
  readonly #people: readonly Person[];
  readonly #ends: readonly (Instant | undefined)[];
  readonly #servers: readonly Server[];
  readonly #rules: readonly GivingRule[];
  readonly #personNumber: ReadonlyMap<string, number>;
  readonly #serverNumber: ReadonlyMap<string, number>;
  /** Numbers of the rules for each person, by the person's number. */
  readonly #rulesOf: readonly (readonly number[])[];
  readonly #givingOf = new Map<number, readonly GivingRule[]>();
  /** Where each person stands among all by account, by their number: as a manifest lists them. */
  readonly #rank: Uint32Array;
  /** What rules add up to, by the number of the person and those of the rules. */
  readonly #sums = new Map<string, Sum>();

  /** `ends` holds each person's own end, by their number. */
  constructor(
    people: readonly Person[],
    ends: readonly (Instant | undefined)[],
    servers: readonly Server[],
    rules: readonly GivingRule[],
  ) {
    this.#people = people;
    this.#ends = ends;
    this.#servers = servers;
    this.#rules = rules;
    this.#personNumber = new Map(people.map(({ id }, number) => [id, number]));
    this.#serverNumber = new Map(servers.map(({ id }, number) => [id, number]));
    this.#rulesOf = rulesByPerson(people.length, rules);
    this.#rank = new Uint32Array(people.length);
    const byAccount = [...people.entries()].sort(([, a], [, b]) => (a.account < b.account ? -1 : a.account > b.account ? 1 : 0));
    for (const [rank, [number]] of byAccount.entries()) this.#rank[number] = rank;
  }

  get count(): number {
    return this.#rules.reduce((sum, { people, servers }) => sum + people.members.length * servers.members.length, 0);
  }

  of(person: SubjectId): readonly Grant[] {
    const number = this.#personNumber.get(person);
    if (number === undefined) return [];
    return this.#rulesFor(number).flatMap((rule) => rule.servers.members.map((server) => this.#grant(rule, number, server)));
  }

  on(server: TargetId): readonly Grant[] {
    const number = this.#serverNumber.get(server);
    if (number === undefined) return [];
    return this.#rules
      .filter(({ servers }) => servers.has(number))
      .flatMap((rule) => rule.people.members.map((person) => this.#grant(rule, person, number)));
  }

  sumsOn(server: TargetId): readonly Sum[] {
    const where = this.#serverNumber.get(server);
    if (where === undefined) return [];
    const reached = [...this.#rulesByPerson(where)];
    // Only those who are reached are gone through: everybody on every server would grow with the square.
    reached.sort(([a], [b]) => (this.#rank[a] ?? 0) - (this.#rank[b] ?? 0));
    return reached.map(([who, rules]) => this.#sum(rules, who, where));
  }

  between(person: SubjectId, server: TargetId): readonly Grant[] {
    const who = this.#personNumber.get(person);
    const where = this.#serverNumber.get(server);
    if (who === undefined || where === undefined) return [];
    return this.#rulesFor(who)
      .filter(({ servers }) => servers.has(where))
      .map((rule) => this.#grant(rule, who, where));
  }

  *[Symbol.iterator](): Iterator<Grant> {
    for (const rule of this.#rules) {
      for (const person of rule.people.members)
        for (const server of rule.servers.members) yield this.#grant(rule, person, server);
    }
  }

  #rulesFor(who: number): readonly GivingRule[] {
    // Asked again and again for one person and the next server.
    const known = this.#givingOf.get(who);
    if (known !== undefined) return known;
    const giving = (this.#rulesOf[who] ?? []).flatMap((number) => this.#rules[number] ?? []);
    this.#givingOf.set(who, giving);
    return giving;
  }

  /** Numbers of the rules that reach a server, by the number of the person they are for. */
  #rulesByPerson(where: number): ReadonlyMap<number, readonly number[]> {
    const reached = new Map<number, number[]>();
    for (const [number, { people, servers }] of this.#rules.entries()) {
      if (!servers.has(where)) continue;
      for (const who of people.members) {
        const own = reached.get(who);
        if (own === undefined) reached.set(who, [number]);
        else own.push(number);
      }
    }
    return reached;
  }

  #sum(rules: readonly number[], who: number, where: number): Sum {
    const name = `${who}: ${rules.join(' ')}`;
    const known = this.#sums.get(name);
    if (known !== undefined) return known;
    const sum = addUp(rules.map((number) => this.#grant(this.#rules[number] as GivingRule, who, where)));
    this.#sums.set(name, sum);
    return sum;
  }

  #grant({ gives }: GivingRule, who: number, where: number): Grant {
    const person = this.#people[who] as Person;
    const server = this.#servers[where] as Server;
    const until = earlierEnd(gives.until, this.#ends[who]);
    return {
      ...gives,
      person: person.id,
      server: server.id,
      account: person.account,
      ...(until === undefined ? {} : { until }),
    };
  }
}

function rulesByPerson(people: number, rules: readonly GivingRule[]): readonly (readonly number[])[] {
  const found = Array.from({ length: people }, (): number[] => []);
  for (const [number, rule] of rules.entries()) for (const who of rule.people.members) found[who]?.push(number);
  return found;
}

/** What the entries of an `allow` list allow together. */
export function allowOf(entries: WrittenAllow): Allow {
  return entries.reduce<Allow>((sum, entry) => {
    if (typeof entry !== 'string') return addAllow(sum, { ...ALLOW_NOTHING, forwardTo: entry['forward-to'] });
    return addAllow(sum, {
      ...ALLOW_NOTHING,
      pty: entry === 'pty',
      agentForwarding: entry === 'agent-forwarding',
      x11: entry === 'x11',
    });
  }, ALLOW_NOTHING);
}

/** One entry for each run-as and command, sorted. */
export function sudoOf(written: readonly WrittenSudo[]): readonly Sudo[] {
  const all = written.flatMap((entry) =>
    (typeof entry.commands === 'string' ? [entry.commands] : entry.commands).map((command) => ({
      runAs: entry['run-as'],
      command,
    })),
  );
  const once = new Map(all.map((sudo) => [`${sudo.runAs} ${sudo.command}`, sudo]));
  return [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sudo]) => sudo);
}
