/** Grants add up, over time as well; a slow evaluator that knows nothing of spans must agree at every moment. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addAllow,
  allowedAt,
  ALLOW_NOTHING,
  instantOf,
  later,
  reach,
  rulesAt,
} from '../../../src/core/access/index.ts';
import type { Allow, Grant, Instant, ServerId, SubjectId } from '../../../src/core/access/index.ts';
import { given } from '../given.ts';

const ALICE = `emp_${'a'.repeat(26)}` as SubjectId;
const BOB = `emp_${'b'.repeat(26)}` as SubjectId;
const WEB = `srv_${'1'.repeat(26)}` as ServerId;
const DB = `srv_${'2'.repeat(26)}` as ServerId;
const NOW = instantOf(1_800_000_000);

const at = (hours: number): Instant => later(NOW, hours * 3600);

function grant(parts: Partial<Grant> & { name?: string; until?: Instant } = {}): Grant {
  const { name = 'a rule', ...rest } = parts;
  return {
    person: ALICE,
    server: WEB,
    account: rest.person === BOB ? 'bob' : 'alice',
    allow: ALLOW_NOTHING,
    sudo: [],
    rule: { name, place: { file: 'access-policy.yaml', line: 10 } },
    ...rest,
  };
}

const drawnAllow = fc.record({
  pty: fc.boolean(),
  agentForwarding: fc.boolean(),
  x11: fc.boolean(),
  forwardTo: fc.subarray(['db:5432', 'web:80', 'db:22']),
});
const drawnGrant = fc
  .record({
    person: fc.constantFrom(ALICE, BOB),
    server: fc.constantFrom(WEB, DB),
    allow: drawnAllow,
    sudo: fc.subarray([
      { runAs: 'root', command: '/bin/true' },
      { runAs: 'deploy', command: 'ALL' },
    ]),
    until: fc.option(fc.integer({ min: 1, max: 5 }).map(at), { nil: undefined }),
    name: fc.constantFrom('one', 'two', 'three'),
  })
  .map(({ until, ...rest }) => grant({ ...rest, ...(until === undefined ? {} : { until }) }));

describe('reach', () => {
  it('gives one span for each end, the earlier first, each with all that holds until then', () => {
    const pty: Allow = { ...ALLOW_NOTHING, pty: true };
    const x11: Allow = { ...ALLOW_NOTHING, x11: true };
    const found = reach([
      grant({ allow: pty, name: 'for good' }),
      grant({ allow: x11, until: at(2), name: 'two hours' }),
      grant({ allow: { ...ALLOW_NOTHING, agentForwarding: true }, until: at(1), name: 'one hour' }),
    ]).between(ALICE, WEB);
    expect(found?.spans).toEqual([
      { until: at(1), allow: { pty: true, x11: true, agentForwarding: true, forwardTo: [] } },
      { until: at(2), allow: { pty: true, x11: true, agentForwarding: false, forwardTo: [] } },
      { allow: pty },
    ]);
    expect(found?.until).toBeUndefined();
    expect(
      rulesAt(given(found), at(1))
        .map((rule) => rule.name)
        .sort(),
    ).toEqual(['for good', 'one hour', 'two hours']);
    expect(
      rulesAt(given(found), later(at(1), 1))
        .map((rule) => rule.name)
        .sort(),
    ).toEqual(['for good', 'two hours']);
  });

  it('ends when the last of it ends, and sudo with the latest grant that gives it', () => {
    const sudo = [{ runAs: 'root', command: '/bin/true' }];
    const found = reach([
      grant({ until: at(1), sudo }),
      grant({ until: at(3), sudo }),
      grant({ until: at(4) }),
    ]).between(ALICE, WEB);
    expect(found?.until).toBe(at(4));
    expect(found?.sudo).toEqual([{ runAs: 'root', command: '/bin/true', until: at(3) }]);
  });

  it('agrees with a slow evaluator at every moment, and is found from both sides', () => {
    let looked = 0;
    fc.assert(
      fc.property(fc.array(drawnGrant, { maxLength: 12 }), (grants) => {
        const index = reach(grants);
        for (const person of [ALICE, BOB]) {
          for (const server of [WEB, DB]) {
            const found = index.between(person, server);
            expect(index.of(person).filter((access) => access.server === server)).toEqual(
              found === undefined ? [] : [found],
            );
            expect(index.on(server).filter((access) => access.person === person)).toEqual(
              found === undefined ? [] : [found],
            );
            for (const moment of [0, 1, 1.5, 2, 3, 4.2, 5, 9].map(at)) {
              const own = grants.filter((one) => one.person === person && one.server === server);
              const holding = own.filter((one) => one.until === undefined || moment <= one.until);
              const slow =
                holding.length === 0 ? undefined : holding.map((one) => one.allow).reduce(addAllow, ALLOW_NOTHING);
              expect(found === undefined ? undefined : allowedAt(found, moment)).toEqual(slow);
              looked += 1;
            }
          }
        }
        expect(index.all.length).toBe(new Set(grants.map((one) => one.person + one.server)).size);
      }),
    );
    console.log(`moments looked at: ${looked}`);
  });

  it('does not depend on the order of the grants', () => {
    fc.assert(
      fc.property(
        fc
          .array(drawnGrant, { maxLength: 8 })
          .chain((grants) =>
            fc.tuple(
              fc.constant(grants),
              fc.shuffledSubarray(grants, { minLength: grants.length, maxLength: grants.length }),
            ),
          ),
        ([grants, shuffled]) => {
          expect(reach(shuffled).all).toEqual(reach(grants).all);
        },
      ),
    );
  });

  it('refuses to add up what differs in account, from or command', () => {
    const base = grant({ name: 'one' });
    const others: Grant[] = [
      grant({ account: 'bob' }),
      grant({ from: ['10.0.0.0/8'] }),
      grant({ command: '/bin/true' }),
      grant({ from: [] }),
    ];
    for (const other of others) expect(() => reach([base, other])).toThrow(/differ/);
    expect(reach([grant({ from: ['b', 'a'] }), grant({ from: ['a', 'b', 'a'] })]).all[0]?.from).toEqual(['a', 'b']);
    expect(reach([grant({ command: '/bin/x' }), grant({ command: '/bin/x' })]).all[0]?.command).toBe('/bin/x');
    expect(reach([grant()]).all[0]).not.toHaveProperty('command');
  });
});
