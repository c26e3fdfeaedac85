/**
 * The compiler against the plain evaluator, on random policies: for every person and server both must give the same
 * grants. Also: the order of files makes no difference.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { reach } from '../../src/core/access/index.ts';
import type { Grant } from '../../src/core/access/index.ts';
import { anyOf } from '../../src/core/policy/selectors.ts';
import type { Compiled } from '../../src/core/policy/index.ts';
import { compileTexts, keyLine, NOW, show } from '../core/policy/policy-files.ts';
import { fits, grantsOf, readPlain } from './evaluator.ts';
import type { PlainGrant } from './evaluator.ts';

const HANDLES = ['al', 'ann', 'bob', 'bo-b', 'cy', 'dan'];
const MACHINES = ['shop', 'shop-2', 'bot'];
const SERVERS = ['web-1', 'web-2', 'web-10', 'db-1', 'db-2', 'x'];
const KEYS = new Map(
  [...HANDLES, ...MACHINES, ...SERVERS, 'sig-1', 'sig-2', 'courier'].map((name) => [name, keyLine(name)]),
);
const id = (prefix: string, n: number): string => `${prefix}_${'abcdefghjk'[n] ?? 'z'}${'0'.repeat(25)}`;
const END = fc.constantFrom(
  '2026-11-23',
  '2026-11-24',
  '2026-11-24T20:00:00Z',
  '2026-11-24T19:59:59Z',
  '2030-01-01',
  '2031-06-30T12:00:00Z',
);
const maybe = <T>(what: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(what, { nil: undefined, freq: 2 });
const rarely = <T>(what: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: what });
const some = (...names: string[]): fc.Arbitrary<string[]> =>
  fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 });

const employee = fc.record({
  teams: maybe(some('ops', 'dev', 'dev-2')),
  until: rarely(END),
  left: rarely(fc.constant('2026-10-02')),
  account: fc.boolean(),
});
const server = fc.record({
  labels: maybe(
    fc.record({ role: fc.constantFrom('web', 'db'), env: maybe(fc.constantFrom('prod', 'prod-2', 'test')) }),
  ),
  removed: rarely(fc.constant('2026-10-02')),
});
const to = fc
  .record({
    teams: maybe(some('ops', 'dev', 'dev*', '*')),
    employees: maybe(some(...HANDLES, 'b*', '*', 'a*n', '*b')),
    machines: maybe(some(...MACHINES, 'shop*', '*')),
  })
  .filter((selector) => Object.values(selector).some((value) => value !== undefined));
const servers = fc
  .record({
    names: maybe(some(...SERVERS, 'web-*', '*', '*-1', 'w*b-*1*')),
    labels: maybe(
      fc.record({
        role: maybe(fc.oneof(fc.constantFrom('web', 'db', '*'), some('web', 'db', 'w*'))),
        env: maybe(fc.constantFrom('prod', 'prod*', 'test')),
      }),
    ),
    except: rarely(some(...SERVERS, 'db-*', '*2')),
  })
  .filter(
    ({ names, labels }) => names !== undefined || Object.values(labels ?? {}).some((value) => value !== undefined),
  );
const allow = maybe(
  fc.uniqueArray(
    fc.oneof(
      fc.constantFrom('pty', 'x11', 'agent-forwarding'),
      fc.record({ 'forward-to': some('db-1:5432', '10.0.0.1:80', '[::1]:22') }),
    ),
    { maxLength: 3 },
  ),
);
const sudo = maybe(
  fc.array(
    fc.record({
      'run-as': fc.constantFrom('deploy', 'www', 'ALL'),
      commands: fc.oneof(fc.constant('ALL'), some('/bin/a', '/bin/b --x', '/bin/c')),
    }),
    { minLength: 1, maxLength: 2 },
  ),
);
// Limits that differ are an error for whoever two rules meet, so each policy has one pair of limits for all its rules.
const limits = fc.record({
  from: maybe(fc.uniqueArray(fc.constantFrom('10.0.0.0/8', '203.0.113.7', '2001:db8::/32'), { minLength: 1 })),
  command: maybe(fc.constantFrom('/bin/run', "/bin/other 'x y'")),
});
const rule = fc.record({ to, servers, until: rarely(END), allow, sudo });

const policy = fc.record({
  employees: fc.array(employee, { minLength: 2, maxLength: HANDLES.length }),
  machines: fc.array(fc.record({ until: rarely(END) }), { maxLength: MACHINES.length }),
  servers: fc.array(server, { minLength: 1, maxLength: SERVERS.length }),
  rules: fc.array(rule, { maxLength: 6 }),
  limits,
  defaults: maybe(fc.record({ allow: fc.constantFrom(['pty'], ['pty', 'x11'], []) })),
  split: fc.boolean(),
});
type Policy = typeof policy extends fc.Arbitrary<infer T> ? T : never;

/** YAML without what is undefined, in one file or two. */
function filesOf(model: Policy): Map<string, string> {
  const clean = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  const employees = Object.fromEntries(
    model.employees.map(({ account, ...rest }, i) => [
      HANDLES[i],
      { id: id('emp', i), ...rest, ...(account ? { account: `acc-${i}` } : {}) },
    ]),
  );
  const machines = Object.fromEntries(
    model.machines.map((rest, i) => [MACHINES[i], { id: id('mch', i), owner: 'al', ...rest }]),
  );
  const targets = Object.fromEntries(
    model.servers.map((rest, i) => [SERVERS[i], { id: id('srv', i), address: `10.0.0.${i}`, ...rest }]),
  );
  const rules = model.rules.map((one, i) => ({ name: `rule ${i}`, ...one, ...model.limits }));
  const known = {
    employees: new Set(Object.keys(employees)),
    machines: new Set(Object.keys(machines)),
    servers: new Set(Object.keys(targets)),
  };
  const keep = (list: string[] | undefined, names: Set<string>): string[] | undefined =>
    list?.map((name) => (name.includes('*') || names.has(name) ? name : '*'));
  const fitting = rules.map((one) => ({
    ...one,
    to: {
      ...one.to,
      employees: keep(one.to.employees, known.employees),
      machines: keep(one.to.machines, known.machines),
    },
    servers: {
      ...one.servers,
      names: keep(one.servers.names, known.servers),
      except:
        one.servers.except?.every((name) => name.includes('*') || known.servers.has(name)) === true
          ? one.servers.except
          : undefined,
    },
  }));
  const head = {
    version: 1,
    organization: 'acme',
    threshold: 1,
    ...(model.defaults === undefined ? {} : { defaults: model.defaults }),
    teams: ['ops', 'dev', 'dev-2'],
  };
  const half = model.split ? Math.floor(fitting.length / 2) : fitting.length;
  const files = new Map([
    [
      'access-policy.yaml',
      stringify(
        clean({
          ...head,
          employees,
          servers: targets,
          rules: fitting.slice(0, half),
          ...(model.split ? {} : { machines }),
        }),
      ),
    ],
  ]);
  if (model.split) files.set('access-policy.d/more.yaml', stringify(clean({ machines, rules: fitting.slice(half) })));
  for (const name of [...known.employees, ...known.machines])
    files.set(`keys/${name}.pub`, `${KEYS.get(name) ?? ''}\n`);
  for (const name of known.servers) files.set(`servers/${name}.pub`, `${KEYS.get(name) ?? ''}\n`);
  for (const [i, name] of ['al', 'ann'].entries())
    if (model.employees[i]?.left === undefined) files.set(`signers/${name}.pub`, `${KEYS.get(`sig-${i + 1}`) ?? ''}\n`);
  return files.set('couriers/c.pub', `${KEYS.get('courier') ?? ''}\n`);
}

function plain(grant: Grant): PlainGrant {
  const { pty, x11, agentForwarding, forwardTo } = grant.allow;
  const words = [
    pty ? 'pty' : '',
    x11 ? 'x11' : '',
    agentForwarding ? 'agent-forwarding' : '',
    ...forwardTo.map((target) => `forward-to ${target}`),
  ];
  return {
    rule: grant.rule.name,
    account: grant.account,
    until: grant.until ?? null,
    allow: words.filter((word) => word !== '').sort(),
    sudo: grant.sudo.map(({ runAs, command }) => `${runAs} ${command}`).sort(),
    from: grant.from ?? null,
    command: grant.command ?? null,
  };
}

const byRule = (a: PlainGrant, b: PlainGrant): number => (a.rule < b.rule ? -1 : 1);

let pairs = 0;
let granted = 0;

function compare(compiled: Compiled, files: ReadonlyMap<string, string>): void {
  const policyFields = readPlain(files);
  let count = 0;
  for (const { id } of compiled.servers) {
    const added = reach(compiled.grants.on(id)).on(id);
    const byAccount = added.toSorted((a, b) => (a.account < b.account ? -1 : 1));
    expect(compiled.grants.sumsOn(id)).toEqual(byAccount.map(({ server: _server, grants: _grants, ...sum }) => sum));
  }
  for (const person of compiled.people) {
    for (const target of compiled.servers) {
      const expected = grantsOf(policyFields, person.handle, target.name, NOW).sort(byRule);
      const all = [
        compiled.grants.between(person.id, target.id),
        compiled.grants.of(person.id).filter((grant) => grant.server === target.id),
        compiled.grants.on(target.id).filter((grant) => grant.person === person.id),
      ];
      for (const found of all) expect(found.map(plain).sort(byRule)).toEqual(expected);
      pairs += 1;
      granted += expected.length > 0 ? 1 : 0;
      count += expected.length;
    }
  }
  expect(compiled.grants.count).toBe(count);
  expect([...compiled.grants].length).toBe(count);
}

it('gives every person on every server what the plain evaluator gives', () => {
  let policies = 0;
  fc.assert(
    fc.property(policy, (model) => {
      const files = filesOf(model);
      const { findings, policy: compiled } = compileTexts(files);
      const errors = findings.filter(({ severity, rule: name }) => severity === 'error' && name !== 'no-signers');
      expect(errors.map(show)).toEqual([]);
      if (compiled === undefined) return;
      policies += 1;
      compare(compiled, files);
    }),
    { numRuns: 400, endOnFailure: true },
  );
  console.log(`evaluators: ${policies} policies, ${pairs} pairs of person and server, ${granted} of them with grants`);
  expect(granted).toBeGreaterThan(pairs / 20);
  expect(granted).toBeLessThan((pairs * 19) / 20);
});

it('compiles the same from the same files in another order', () => {
  let compared = 0;
  fc.assert(
    fc.property(policy, fc.integer(), (model, seed) => {
      const files = filesOf(model);
      const shuffled = new Map(
        [...files].sort(
          ([a], [b]) =>
            ((a.length * 31 + (a.codePointAt(6) ?? 0) * seed) % 97) -
            ((b.length * 31 + (b.codePointAt(6) ?? 0) * seed) % 97),
        ),
      );
      const [first, second] = [compileTexts(files), compileTexts(shuffled)];
      expect(second.findings).toEqual(first.findings);
      expect([...(second.policy?.grants ?? [])]).toEqual([...(first.policy?.grants ?? [])]);
      expect({ ...second.policy, grants: 0 }).toEqual({ ...first.policy, grants: 0 });
      compared += 1;
    }),
    { numRuns: 60, endOnFailure: true },
  );
  console.log(`order: ${compared} policies compiled from two orders of their files`);
});

it('matches names as trying every length does', () => {
  let matched = 0;
  const letters = (...all: string[]): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...all), maxLength: 7 });
  fc.assert(
    fc.property(letters('a', 'b', '*'), letters('a', 'b'), (pattern, name) => {
      const expected = fits(pattern, name);
      expect(anyOf([pattern])(name)).toBe(expected);
      matched += expected ? 1 : 0;
    }),
    { numRuns: 5000, endOnFailure: true },
  );
  console.log(`patterns: 5000 tried on names, ${matched} matched`);
  expect(matched).toBeGreaterThan(300);
});

it('notices a planted difference', () => {
  const files = filesOf({
    employees: [
      { teams: ['ops'], until: undefined, left: undefined, account: false },
      { teams: undefined, until: undefined, left: undefined, account: false },
    ],
    machines: [],
    servers: [{ labels: undefined, removed: undefined }],
    rules: [
      {
        to: { teams: ['ops'], employees: undefined, machines: undefined },
        servers: { names: ['*'], labels: undefined, except: undefined },
        until: undefined,
        allow: undefined,
        sudo: undefined,
      },
    ],
    limits: { from: undefined, command: undefined },
    defaults: undefined,
    split: false,
  });
  const { policy: compiled } = compileTexts(files);
  if (compiled === undefined) throw new Error('the policy has errors');
  compare(compiled, files);
  const other = new Map(files).set(
    'access-policy.yaml',
    (files.get('access-policy.yaml') ?? '').replace('- ops\n    servers', '- dev\n    servers'),
  );
  expect(other.get('access-policy.yaml')).not.toBe(files.get('access-policy.yaml'));
  expect(() => compare(compiled, other)).toThrow();
});
