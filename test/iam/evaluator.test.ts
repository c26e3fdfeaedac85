/**
 * The local service's way of deciding against an evaluator that others wrote, `@cloud-copilot/iam-simulate`, which
 * knows AWS's own tables of actions, resource types and condition keys.
 */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Call } from './call.ts';
import { verdict, World } from './conformance.ts';
import { evaluate } from './evaluate.ts';
import { type Iam, startIam } from './index.ts';
import { Parameters } from './parameters.ts';
import { needsOf } from './service.ts';

const ACCOUNT = '123456789012';
const PRINCIPAL = `arn:aws:iam::${ACCOUNT}:user/people/alice`;
const ALLOW_ALL = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };

interface Asked {
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | string[]>>;
}

async function theirs(
  asked: Asked,
  identity: readonly object[],
  boundary: object | undefined,
): Promise<Awaited<ReturnType<typeof runSimulation>>> {
  const request = {
    principal: PRINCIPAL,
    action: asked.action,
    resource: { resource: asked.resource, accountId: ACCOUNT },
    contextVariables: { ...asked.context },
  };
  const identityPolicies = identity.map((policy, at) => ({ name: `p${at}`, policy }));
  const permissionBoundaryPolicies = boundary === undefined ? undefined : [{ name: 'boundary', policy: boundary }];
  const more = permissionBoundaryPolicies === undefined ? {} : { permissionBoundaryPolicies };
  return runSimulation(
    { request, identityPolicies, serviceControlPolicies: [], resourceControlPolicies: [], ...more },
    {},
  );
}

const DECISIONS = { Allowed: 'allowed', ExplicitlyDenied: 'explicitDeny', ImplicitlyDenied: 'implicitDeny' } as const;

const USERS = ['people/alice', 'people/bob', 'bob', 'people/eu/carl'].map(
  (name) => `arn:aws:iam::${ACCOUNT}:user/${name}`,
);
const POLICIES = ['arn:aws:iam::aws:policy/AWSDenyAll', 'arn:aws:iam::aws:policy/ReadOnlyAccess'];

const asked: fc.Arbitrary<Asked> = fc.oneof(
  fc.record({
    action: fc.constantFrom('iam:AttachUserPolicy', 'iam:DetachUserPolicy'),
    resource: fc.constantFrom(...USERS),
    context: fc.constantFrom(...POLICIES).map((arn) => ({ 'iam:PolicyARN': arn })),
  }),
  fc.record({
    action: fc.constantFrom('iam:CreateUser', 'iam:PutUserPermissionsBoundary'),
    resource: fc.constantFrom(...USERS),
    context: fc
      .option(fc.constantFrom(...POLICIES))
      .map((arn): Asked['context'] => (arn === null ? {} : { 'iam:PermissionsBoundary': arn })),
  }),
  fc.record({
    action: fc.constantFrom('iam:GetUser', 'iam:DeleteUser', 'iam:ListAccessKeys'),
    resource: fc.constantFrom(...USERS),
    context: fc.constant({}),
  }),
  fc.record({
    action: fc.constantFrom('iam:ListUsers', 'iam:ListGroups'),
    resource: fc.constant('*'),
    context: fc.constant({}),
  }),
);

const action = fc.constantFrom(
  '*',
  'iam:*',
  'iam:*User',
  'iam:Get*',
  'iam:ListUsers',
  'iam:AttachUserPolicy',
  'iam:CreateUser',
  'iam:??tUser',
  'iam:*Policy',
  's3:*',
);
const resource = fc.constantFrom(
  '*',
  `arn:aws:iam::${ACCOUNT}:user/people/*`,
  `arn:aws:iam::*:user/bob`,
  'arn:aws:iam::*:user/*/${aws:username}',
  'arn:aws:iam::*:user/people/?ob',
  'arn:aws:iam::*:group/*',
);
const condition = fc.constantFrom<object>(
  {},
  { Condition: { ArnEquals: { 'iam:PolicyARN': POLICIES[0] } } },
  { Condition: { ArnNotLike: { 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AWS*' } } },
  { Condition: { StringEquals: { 'iam:PermissionsBoundary': POLICIES } } },
  { Condition: { StringNotEquals: { 'iam:PermissionsBoundary': POLICIES[0] } } },
  { Condition: { StringLikeIfExists: { 'iam:PermissionsBoundary': '*ReadOnly*' } } },
  { Condition: { Null: { 'iam:PermissionsBoundary': 'true' } } },
  { Condition: { StringEquals: { 'aws:username': ['alice', 'bob'] } } },
  { Condition: { StringLike: { 'aws:PrincipalTag/team': 'plat*' } } },
  { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } },
  { Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } } },
  { Condition: { DateLessThan: { 'aws:CurrentTime': '2026-12-01T00:00:00Z' } } },
  { Condition: { 'ForAnyValue:StringEquals': { 'aws:TagKeys': ['a'] } } },
);
const statement = fc
  .tuple(
    fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
    fc.constantFrom('Action', 'Action', 'NotAction'),
    action,
    fc.constantFrom('Resource', 'Resource', 'NotResource'),
    resource,
    condition,
  )
  .map(([Effect, acts, what, on, where, more]) => ({ Effect, [acts]: what, [on]: where, ...more }));
const policy = fc
  .array(statement, { minLength: 1, maxLength: 3 })
  .map((Statement) => ({ Version: '2012-10-17', Statement }));

describe('deciding', () => {
  it('is as others decide, for policies and boundaries made at random', async () => {
    const seen = { allowed: 0, explicitDeny: 0, implicitDeny: 0 };
    const known = {
      'aws:username': 'alice',
      'aws:PrincipalTag/team': 'platform',
      'aws:CurrentTime': '2026-11-24T12:00:00Z',
    };
    const property = fc.asyncProperty(
      asked,
      fc.array(policy, { maxLength: 3 }),
      fc.option(policy, { freq: 2 }),
      async (one, identity, boundary) => {
        const context = new Map(
          Object.entries({ ...known, ...one.context }).map(([name, value]) => [name.toLowerCase(), [value].flat()]),
        );
        const named = identity.map((document, at) => ({ id: `p${at}`, document: JSON.stringify(document) }));
        const ownBoundary = boundary === null ? undefined : { id: 'boundary', document: JSON.stringify(boundary) };
        const ours = evaluate(
          { identity: named, boundary: ownBoundary, session: undefined },
          one.action,
          one.resource,
          context,
        ).decision;
        const said = await theirs({ ...one, context: { ...known, ...one.context } }, identity, boundary ?? undefined);
        if (said.resultType === 'error') throw new Error(JSON.stringify(said.errors));
        seen[ours] += 1;
        expect(ours).toBe(DECISIONS[said.overallResult]);
      },
    );
    await fc.assert(property, { numRuns: 1000 });
    console.log(`compared ${JSON.stringify(seen)}`);
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
  });
});

describe('what an action is authorized on', () => {
  let iam: Iam;

  beforeAll(async () => {
    iam = await startIam({ accountId: ACCOUNT });
    await verdict(new World(iam.endpoint, iam.region, iam.root));
  });
  afterAll(() => iam.stop());

  /** Resources and condition keys of every call recorded, as the service asks for them. */
  function recorded(): Asked[] {
    const found = new Map<string, Asked>();
    const root = { kind: 'root', id: ACCOUNT, session: undefined } as const;
    for (const { action: name, service, parameters, outcome, principal } of iam.calls.list) {
      if (service !== 'iam' || outcome !== 'ok' || principal !== `arn:aws:iam::${ACCOUNT}:root`) continue;
      const call = new Call(iam.account, name, new Parameters(new Map(Object.entries(parameters))), root, '');
      for (const need of needsOf(call)) {
        const context = Object.fromEntries(
          Object.entries(need.context ?? {}).map(([key, values]) => [key, [...values]]),
        );
        const kind = need.resource === '*' ? '*' : need.resource.split(':')[5]?.split('/')[0];
        found.set(`${name} ${kind} ${Object.keys(context).sort().join(' ')}`, {
          action: `iam:${name}`,
          resource: need.resource,
          context,
        });
      }
    }
    return [...found.values()];
  }

  it('is a resource type that AWS lists for it, with condition keys that AWS lists', async () => {
    const all = recorded();
    const wrong: string[] = [];
    for (const one of all) {
      const said = await theirs(one, [ALLOW_ALL], undefined);
      if (said.resultType === 'error') wrong.push(`${one.action} on ${one.resource}: ${said.errors.message}`);
      else if (said.resultType === 'wildcard') wrong.push(`${one.action} has resource types, not just *`);
      else if ((said.result.ignoredContextKeys ?? []).length > 0) {
        wrong.push(`${one.action} on ${one.resource}: no such keys ${said.result.ignoredContextKeys?.join(' ')}`);
      }
    }
    console.log(`compared ${all.length} kinds of requests of ${new Set(all.map((one) => one.action)).size} actions`);
    expect(all.length).toBeGreaterThan(60);
    expect(wrong).toEqual([]);
  });

  it('a resource or key that AWS does not list is found', async () => {
    const group = await theirs(
      { action: 'iam:GetUser', resource: `arn:aws:iam::${ACCOUNT}:group/x`, context: {} },
      [ALLOW_ALL],
      undefined,
    );
    const everything = await theirs({ action: 'iam:GetUser', resource: '*', context: {} }, [ALLOW_ALL], undefined);
    expect(everything.resultType).toBe('wildcard');
    expect(group.resultType).toBe('error');
    const key = await theirs(
      { action: 'iam:DeleteUser', resource: USERS[0] ?? '', context: { 'iam:PolicyARN': POLICIES[0] ?? '' } },
      [ALLOW_ALL],
      undefined,
    );
    expect(key.resultType === 'single' && key.result.ignoredContextKeys).toEqual(['iam:PolicyARN']);
  });
});
