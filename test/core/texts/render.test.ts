/** From grants to manifests: byte-stable, nothing for the revoked, and each line what the grants meant. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedAt, instantOf, later, reach } from '../../../src/core/access/index.ts';
import type {
  EmployeeId,
  Grant,
  Instant,
  Person,
  Server,
  ServerId,
  SubjectId,
} from '../../../src/core/access/index.ts';
import { manifest, readKeyLine, reasonOf, renderer } from '../../../src/core/texts/index.ts';
import type { Fleet, Manifest, Revocation } from '../../../src/core/texts/index.ts';
import { penOf } from './signing.ts';
import { given } from '../given.ts';

const NOW = instantOf(1_800_000_000);
const at = (hours: number): Instant => later(NOW, hours * 3600);
const key = (seed: number) => penOf(seed).key;
const employee = (letter: string): EmployeeId => `emp_${letter.repeat(26)}` as EmployeeId;
const server = (digit: string, parts: Partial<Server> = {}): Server => ({
  id: `srv_${digit.repeat(26)}` as ServerId,
  name: `web-${digit}`,
  address: `10.0.0.${digit}`,
  port: 22,
  labels: {},
  hostKeys: [key(90 + Number(digit))],
  nextHostKeys: [],
  adopt: [],
  accepted: [],
  ...parts,
});
const person = (letter: string, ...seeds: readonly number[]): Person => ({
  kind: 'employee',
  id: employee(letter),
  handle: letter,
  account: letter,
  keys: seeds.map(key),
});

const PEOPLE = [person('a', 1, 2), person('b', 3), person('c', 4)];
const SERVERS = [server('1'), server('2', { adopt: [employee('b')] })];
const COURIER = key(50);
const NOTHING = { pty: false, agentForwarding: false, x11: false, forwardTo: [] };

function grant(letter: string, digit: string, parts: Partial<Grant> = {}): Grant {
  const place = { file: 'access-policy.yaml', line: 3 };
  return {
    person: employee(letter),
    server: server(digit).id,
    account: letter,
    allow: NOTHING,
    sudo: [],
    rule: { name: 'a rule', place },
    ...parts,
  };
}

interface Parts extends Partial<Fleet> {
  readonly servers?: readonly Server[];
}

/** The manifests of the servers, by id. */
function render(grants: readonly Grant[], { servers = SERVERS, ...parts }: Parts = {}): readonly Manifest[] {
  const { server: manifestOf } = renderer({
    organization: 'acme',
    people: PEOPLE,
    couriers: [COURIER],
    counted: [],
    undone: [],
    ...parts,
  });
  const rendered = servers.map((one) => manifestOf(one, reach(grants).on(one.id)));
  return rendered.toSorted((a, b) => (a.target < b.target ? -1 : 1));
}

const out = (id: SubjectId | undefined, ...seeds: readonly number[]): Revocation => ({
  organization: 'acme',
  signer: employee('s'),
  time: NOW,
  id,
  keys: seeds.map(key),
});

const drawnGrant = fc
  .record({
    letter: fc.constantFrom('a', 'b', 'c'),
    digit: fc.constantFrom('1', '2'),
    pty: fc.boolean(),
    x11: fc.boolean(),
    forwardTo: fc.subarray(['db:5432', '[2001:db8::1]:22']),
    hours: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    sudo: fc.subarray([
      { runAs: 'root', command: '/usr/bin/id' },
      { runAs: 'deploy', command: 'ALL' },
    ]),
  })
  .map(({ letter, digit, hours, pty, x11, forwardTo, sudo }) =>
    grant(letter, digit, {
      allow: { ...NOTHING, pty, x11, forwardTo },
      sudo,
      ...(hours === undefined ? {} : { until: at(hours) }),
    }),
  );
const shuffled = <T>(list: readonly T[]) =>
  fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length });

describe('rendering', () => {
  it('gives the same bytes in whatever order everything comes', () => {
    let looked = 0;
    const drawn = fc.array(drawnGrant, { maxLength: 10 }).chain((grants) =>
      fc.record({
        grants: fc.constant(grants),
        other: shuffled(grants),
        people: shuffled(PEOPLE),
        servers: shuffled(SERVERS),
        keys: shuffled([4, 7, 8]),
      }),
    );
    fc.assert(
      fc.property(drawn, ({ grants, other, people, servers, keys }) => {
        const counted = [out(employee('z'), 4), out(employee('y'), 7, 8), out(undefined, 7)];
        const bytes = render(grants, { counted, couriers: [COURIER, key(51)] }).map((one) => manifest.write(one));
        const turned = {
          counted: [...keys.map((seed) => out(undefined, seed)), out(employee('y')), out(employee('z'))],
          couriers: [key(51), COURIER, COURIER],
        };
        expect(render(other, { people, servers, ...turned }).map((one) => manifest.write(one))).toEqual(bytes);
        looked += bytes.length;
      }),
      { numRuns: 50 },
    );
    console.log(`manifests looked at: ${looked}`);
  });

  it('lets sshd allow at every moment what the grants allow: the first line that has not ended', () => {
    let looked = 0;
    fc.assert(
      fc.property(fc.array(drawnGrant, { maxLength: 10 }), (grants) => {
        for (const rendered of render(grants)) {
          const read = manifest.parse(manifest.write(rendered));
          for (const one of PEOPLE) {
            const access = reach(grants).between(one.id, read.target);
            for (const { line } of one.keys) {
              const lines = read.keys.filter((entry) => entry.id === one.id && entry.line.endsWith(line));
              for (const moment of [0, 1, 1.5, 2, 3, 4, 4.5].map(at)) {
                const first = lines.find((entry) => entry.end === undefined || moment <= entry.end);
                const meant = access === undefined ? undefined : allowedAt(access, moment);
                expect(first === undefined ? undefined : readKeyLine(first.line)?.limits.allow).toEqual(meant);
                looked += 1;
              }
            }
          }
        }
      }),
      { numRuns: 50 },
    );
    console.log(`moments looked at: ${looked}`);
  });

  it('gives nothing to a revoked id, no line to a revoked key, and leaves the courier its way', () => {
    const grants = [grant('a', '1', { sudo: [{ runAs: 'root', command: 'ALL' }] }), grant('b', '1'), grant('c', '2')];
    const [web] = render(grants, { counted: [out(employee('b')), out(undefined, 1, 50)] });
    expect(web?.accounts.map((line) => line.account)).toEqual(['a']);
    expect(web?.keys.map((line) => line.line)).toEqual([`restrict ${key(2).line}`]);
    expect(web?.revokedIds).toEqual([employee('b')]);
    expect(web?.revokedKeys).toEqual([key(1)]);
    expect(web?.couriers).toEqual([COURIER]);
    const written = manifest.write(given(web));
    expect(written).not.toContain(`key ${employee('b')}`);
  });

  it('gives a key back after an undone revocation only where it stands in a keys file', () => {
    const [web] = render([grant('a', '1')], { undone: [out(employee('a'), 1, 7)] });
    expect(web?.revokedIds).toEqual([]);
    expect(web?.revokedKeys).toEqual([key(7)]);
    expect(web?.keys.map((line) => line.line).sort()).toEqual(
      [1, 2].map((seed) => `restrict ${key(seed).line}`).sort(),
    );
    const again = render([grant('a', '1')], { undone: [out(employee('a'), 1)], counted: [out(undefined, 1)] })[0];
    expect(again?.revokedKeys).toEqual([key(1)]);
    expect(again?.keys.length).toBe(1);
  });

  it('leaves a removed server its host keys and couriers, and nobody else anything', () => {
    const [web, db] = render([grant('a', '1'), grant('a', '2')], {
      servers: [server('1', { removed: NOW }), server('2')],
      counted: [out(undefined, 9)],
    });
    expect(web).toMatchObject({
      accounts: [],
      keys: [],
      sudo: [],
      couriers: [COURIER],
      hostKeys: [key(91)],
      revokedKeys: [key(9)],
    });
    expect(db?.accounts.length).toBe(1);
    expect(manifest.write(given(web))).not.toContain('emp_');
  });

  it('says whose an account is: uid, adopted, taken over, and until when', () => {
    const people = [
      { ...person('a', 1), uid: 7001 },
      person('b', 3),
      { ...person('c', 4), takesOver: employee('z') as SubjectId },
    ];
    const grants = [
      grant('a', '2', { until: at(1) }),
      grant('a', '2', { until: at(2) }),
      grant('b', '2'),
      grant('c', '2', { until: at(3) }),
    ];
    const lines = manifest
      .write(given(render(grants, { people })[1]))
      .split('\n')
      .filter((line) => line.startsWith('account'));
    expect(lines).toEqual([
      `account ${employee('a')} a 7001 new - 2027-01-15T10:00:00Z`,
      `account ${employee('b')} b - adopt - -`,
      `account ${employee('c')} c - new ${employee('z')} 2027-01-15T11:00:00Z`,
    ]);
  });

  it('tells one server nothing about another', () => {
    const [web, db] = render([grant('a', '1'), grant('b', '2')]).map((one) => manifest.write(one));
    expect(web).toContain(employee('a'));
    for (const secret of [employee('b'), server('2').id, key(92).line, key(3).line, 'web-2', '10.0.0.2'])
      expect(web).not.toContain(secret);
    for (const secret of [employee('a'), server('1').id, key(91).line, key(1).line]) expect(db).not.toContain(secret);
  });

  it('refuses to be more than a server takes, and a grant for nobody', () => {
    const many = Array.from({ length: 6500 }, (_, i) => String(i).padStart(26, '0'));
    const people = many.map((letters, i) => ({
      ...person('a', 1),
      id: `emp_${letters}` as EmployeeId,
      account: `u${i}`,
      kind: 'employee' as const,
    }));
    const grants = people.map((one) => grant('a', '1', { person: one.id, account: one.account }));
    const [web] = render(grants, { people });
    let reason: string | undefined = 'written';
    try {
      manifest.write(given(web));
    } catch (error) {
      reason = reasonOf(error);
    }
    expect(reason).toBe('too-large');
    expect(() => render([grant('q', '1')])).toThrow(/whom nobody knows/);
  });
});
