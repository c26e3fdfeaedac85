/** What a plan says is compared with what a slow look at the grants says; and the risks, each by its name. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reach } from '../../../src/core/access/index.ts';
import type { Grant } from '../../../src/core/access/index.ts';
import { ownGainsFirst, planChanges } from '../../../src/core/plan/index.ts';
import { at, grant, id, NOW, plan, server, sid, state } from './organization.ts';
import type { World } from './organization.ts';

describe('a plan', () => {
  it('counts everything as gained in the first release, and has no risk there', () => {
    const first = plan(undefined, { grants: [grant('a', '1')] });
    expect(first.changes.map((one) => one.kind)).toEqual([
      'gains-access',
      'server-added',
      'server-added',
      'signer-added',
      'signer-added',
      'courier-added',
    ]);
    expect(first.risks).toEqual([]);
    expect(first.looked).toEqual({ people: 1, servers: 2, accesses: 1 });
  });

  it('refuses to compare where a manifest is missing', () => {
    const whole = state({ grants: [] });
    const names = {
      person: () => undefined,
      target: () => undefined,
      revocation: () => undefined,
      fingerprint: String,
      grants: () => [],
      isOff: () => false,
    };
    expect(() => planChanges(undefined, { ...whole, manifests: whole.manifests.slice(1) }, names)).toThrow(
      /lists 2 manifests, 1 are here/,
    );
    expect(() => planChanges({ ...whole, manifests: [] }, whole, names)).toThrow(/0 are here/);
  });

  it('shows exactly the triples gained and lost, and says nothing where nothing changes', () => {
    let looked = 0;
    const drawn = fc.record({
      letter: fc.constantFrom('a', 'b', 'c'),
      digit: fc.constantFrom('1', '2'),
      hours: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
      allow: fc.record({
        pty: fc.boolean(),
        agentForwarding: fc.boolean(),
        x11: fc.boolean(),
        forwardTo: fc.subarray(['db:22']),
      }),
      sudo: fc.subarray([
        { runAs: 'root', command: '/bin/a' },
        { runAs: 'root', command: 'ALL' },
      ]),
    });
    const grants = fc
      .array(drawn, { maxLength: 6 })
      .map((all) =>
        all.map(({ letter, digit, hours, allow, sudo }) =>
          grant(letter, digit, { allow, sudo, ...(hours === undefined ? {} : { until: at(hours) }) }),
        ),
      );
    const triples = (all: readonly Grant[]) => new Set(all.map((one) => `${one.person} ${one.server} ${one.account}`));
    fc.assert(
      fc.property(grants, grants, (before, after) => {
        const found = plan({ grants: before }, { grants: after }).changes;
        const of = (kind: string) =>
          found.filter((one) => one.kind === kind).map((one) => `${one.person?.id} ${one.server?.id} ${one.account}`);
        const [old, next] = [triples(before), triples(after)];
        expect(of('gains-access').sort()).toEqual([...next].filter((one) => !old.has(one)).sort());
        expect(of('loses-access').sort()).toEqual([...old].filter((one) => !next.has(one)).sort());
        // Whoever has more at some moment than before is told, and nobody else is.
        for (const letter of 'abc') {
          for (const digit of '12') {
            const more = abilities(after, letter, digit).filter(
              (one) => !abilities(before, letter, digit).includes(one),
            );
            const less = abilities(before, letter, digit).filter(
              (one) => !abilities(after, letter, digit).includes(one),
            );
            const own = found.filter((one) => one.person?.id === id(letter) && one.server?.id === sid(digit));
            expect(own.some((one) => one.direction === 'widens')).toBe(more.length > 0);
            expect(own.some((one) => one.direction === 'narrows')).toBe(less.length > 0);
            looked += 1;
          }
        }
        const directions = found
          .slice(
            0,
            found.findIndex((one) => one.person === undefined),
          )
          .map((one) => one.direction);
        expect(directions).toEqual(directions.toSorted().reverse());
      }),
      { numRuns: 150 },
    );
    console.log(`pairs looked at: ${looked}`);
  });

  it('tells a signer first what the signer gains', () => {
    const { changes: all } = plan(
      { grants: [grant('c', '1')] },
      { grants: [grant('a', '1'), grant('b', '1'), grant('b', '2')] },
    );
    expect(ownGainsFirst(all, id('b')).map((one) => `${one.kind} ${one.person?.name}`)).toEqual([
      'gains-access b',
      'gains-access b',
      'gains-access a',
      'loses-access c',
    ]);
  });
});

/** The slow way: everything a person may do at some moments, as words. */
function abilities(grants: readonly Grant[], letter: string, digit: string): readonly string[] {
  const own = reach(grants).between(id(letter), sid(digit))?.grants ?? [];
  return [0, 1.5, 2.5, 9].flatMap((hours) => {
    const holding = own.filter((one) => one.until === undefined || at(hours) <= one.until);
    return holding.flatMap(({ allow, sudo }) => [
      `${hours} login`,
      ...Object.entries(allow)
        .filter(([, value]) => value === true)
        .map(([name]) => `${hours} ${name}`),
      ...allow.forwardTo.map((target) => `${hours} ${target}`),
      ...sudo.map(({ runAs, command }) => `${hours} ${runAs} ${command}`),
    ]);
  });
}

describe('risks', () => {
  const names = (before: World, after: World, off: readonly string[] = []) =>
    plan(before, after, off).risks.map((risk) => risk.name);
  const all = (letters: string, digit = '1') => letters.split('').map((letter) => grant(letter, digit));

  it('name more than a handful who lose everything, and nobody who keeps something', () => {
    expect(names({ grants: all('abcdef') }, { grants: all('a') })).toEqual([]);
    expect(names({ grants: all('abcdefg') }, { grants: all('a') })).toEqual(['many-lose:6']);
    expect(names({ grants: all('abcdefg') }, { grants: all('abcdefg', '2') })).toEqual([]);
    expect(names({ grants: all('abcdefgh') }, { grants: [] })).toEqual(['many-lose:8']);
    expect(plan({ grants: all('abcdefg') }, { grants: all('a') }).risks[0]?.message).toBe(
      '6 people lose all access: b, c, d, e, f, g',
    );
  });

  it('say who, ten of them by name', () => {
    const message = (letters: string) => plan({ grants: all(letters) }, { grants: [] }).risks[0]?.message;
    expect(message('abcdefghjk')).toBe('10 people lose all access: a, b, c, d, e, f, g, h, j, k');
    expect(message('abcdefghjkmn')).toBe('12 people lose all access: a, b, c, d, e, f, g, h, j, k and 2 more');
  });

  it('name a server that is left out without a receipt of its removal', () => {
    const [before, after] = [{ grants: all('ab', '2') }, { grants: [], servers: [server('1')] }];
    expect(names(before, after)).toEqual(['abandoned:web-2']);
    expect(plan(before, after).risks[0]?.message).toContain('what it grants to 2 people stays there');
    expect(names(before, after, ['2'])).toEqual([]);
    expect(names({ grants: [] }, { grants: [], servers: [server('1', { removed: NOW }), server('2')] })).toEqual([]);
  });

  it('name a lower threshold', () => {
    expect(names({ grants: [], threshold: 2 }, { grants: [], threshold: 1 })).toEqual(['threshold-lowered']);
    expect(names({ grants: [], threshold: 1 }, { grants: [], threshold: 2 })).toEqual([]);
    const signers = { s: [60], t: [61], u: [62] };
    const message = (threshold: number) =>
      plan({ grants: [], threshold: 3, signers }, { grants: [], threshold, signers }).risks[0]?.message;
    expect(message(2)).toBe('2 signatures are enough in place of 3');
    expect(message(1)).toBe('1 signature is enough in place of 3: one person alone can give any access');
  });

  it('name couriers of whom none stays', () => {
    expect(names({ grants: [] }, { grants: [], couriers: [51] })).toEqual(['last-courier']);
    const one = { grants: [], servers: [server('1')] };
    expect(plan(one, { ...one, couriers: [51] }).risks[0]?.message).toMatch(/^on 1 server every courier goes/);
    expect(plan({ grants: [] }, { grants: [], couriers: [51] }).risks[0]?.message).toMatch(/^on 2 servers every/);
    expect(names({ grants: [], couriers: [50, 51] }, { grants: [], couriers: [51, 52] })).toEqual([]);
  });
});
