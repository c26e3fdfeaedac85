/** The example at the top of the repository: check is content with it, and it means what its comments and design say. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseInstant } from '../../../src/core/access/index.ts';
import type { Compiled } from '../../../src/core/policy/index.ts';
import { compileTexts, keyLine } from './policy-files.ts';

const root = new URL('../../../', import.meta.url);
const files = new Map([['access-policy.yaml', readFileSync(new URL('access-policy.yaml', root), 'utf8')]]);
for (const folder of ['keys', 'servers', 'signers', 'couriers']) {
  for (const name of readdirSync(new URL(folder, root)))
    files.set(`${folder}/${name}`, readFileSync(new URL(`${folder}/${name}`, root), 'utf8'));
}

function compiledAt(time: string): Compiled {
  const { findings, policy } = compileTexts(files, parseInstant(time));
  expect(findings).toEqual([]);
  if (policy === undefined) throw new Error('no policy');
  return policy;
}

function table(policy: Compiled): string[] {
  const handle = new Map(policy.people.map(({ id, handle: name }) => [id as string, name]));
  const server = new Map(policy.servers.map(({ id, name }) => [id as string, name]));
  return [...policy.grants].map((grant) => {
    const allow = [grant.allow.pty ? 'pty' : '', ...grant.allow.forwardTo].filter(Boolean).join(' ');
    const rest = [
      `[${allow}]`,
      ...grant.sudo.map(({ runAs, command }) => `${runAs}=${command}`),
      ...(grant.from ?? []),
      grant.command ?? '',
      grant.until === undefined ? '' : new Date(grant.until * 1000).toISOString(),
    ];
    return [handle.get(grant.person), grant.account, server.get(grant.server), ...rest].filter(Boolean).join(' ');
  });
}

it('means what it says', () => {
  const policy = compiledAt('2026-11-24T20:00:00Z');
  expect(table(policy)).toEqual([
    'alice asmith web-1 [pty] deploy=ALL root=/usr/bin/systemctl restart nginx',
    'alice asmith web-2 [pty] deploy=ALL root=/usr/bin/systemctl restart nginx',
    'dana dana web-1 [pty] deploy=ALL root=/usr/bin/systemctl restart nginx',
    'dana dana web-2 [pty] deploy=ALL root=/usr/bin/systemctl restart nginx',
    'alice asmith db-1 [pty localhost:5432] 2001:db8:5::/48 203.0.113.0/24',
    'bob bob web-2 [pty] 2035-01-31T18:00:00.000Z',
    'shop-deploy shop-deploy web-1 [] /usr/local/bin/deploy-shop',
    'shop-deploy shop-deploy web-2 [] /usr/local/bin/deploy-shop',
  ]);
  expect(policy).toMatchObject({ organization: 'acme', threshold: 2, undone: [] });
  expect(policy.signers.map(({ keys }) => keys.length)).toEqual([1, 1, 1]);
  expect(policy.people.filter(({ left }) => left !== undefined).map(({ handle, left }) => [handle, left])).toEqual([
    ['carl', parseInstant('2026-10-02T00:00:00Z')],
  ]);
  const db = policy.servers.find(({ name }) => name === 'db-1');
  expect(db).toMatchObject({
    port: 2222,
    address: '10.0.4.12',
    labels: { role: 'db', env: 'production' },
    accepted: [{ kind: 'key', account: 'root' }],
  });
  expect([db?.hostKeys.length, db?.nextHostKeys.length, db?.adopt.length]).toEqual([1, 1, 1]);
  const [aws] = policy.providers;
  expect(aws).toMatchObject({ name: 'aws-production', settings: [{ name: 'account-id', value: '123456789012' }, { name: 'boundary', value: 'arn:aws:iam::123456789012:policy/keyward/acme/boundary' }, ...SETTINGS] });
  expect(aws?.grants.flatMap(({ rights }) => rights)).toEqual(
    expect.arrayContaining([
      { what: 'group', value: 'billing-read' },
      { what: 'console', value: 'yes' },
      { what: 'mfa', value: 'required' },
    ]),
  );
});

const SETTINGS = [
  ...[['hold-days', '7'], ['password-length', '8'], ['password-numbers', 'yes'], ['password-remembered', '1']],
  ...[['password-symbols', 'yes'], ['path', '/keyward/acme/']],
].map(([name, value]) => ({ name, value }));

it('lets ends end: the last second still holds, the next one does not', () => {
  const reaches = (time: string): number =>
    compiledAtWithWarnings(time).filter((line) => line.startsWith('bob ')).length;
  expect(reaches('2035-01-31T18:00:00Z')).toBe(1);
  expect(reaches('2035-01-31T18:00:01Z')).toBe(0);
});

function compiledAtWithWarnings(time: string): string[] {
  const { policy } = compileTexts(files, parseInstant(time));
  return policy === undefined ? [] : table(policy);
}

it('reads the example of the design as it is meant', () => {
  const design = new Map([
    ['access-policy.yaml', readFileSync(new URL('corpus/design.yaml', import.meta.url), 'utf8')],
    ['couriers/c.pub', keyLine('courier')],
  ]);
  for (const name of ['alice', 'bob', 'carla', 'shop-deploy']) design.set(`keys/${name}.pub`, keyLine(`${name} key`));
  for (const name of ['alice', 'bob', 'carla']) design.set(`signers/${name}.pub`, keyLine(`${name} signs`));
  for (const name of ['web-1', 'db-2']) design.set(`servers/${name}.pub`, keyLine(`${name} host`));
  const { findings, policy } = compileTexts(design);
  expect(findings).toEqual([]);
  if (policy === undefined) throw new Error('no policy');
  expect(table(policy)).toEqual([
    'alice asmith web-1 [pty] deploy=ALL root=/usr/bin/systemctl restart nginx 203.0.113.0/24 2027-01-31T18:00:00.000Z',
    'shop-deploy shop-deploy web-1 [] /usr/local/bin/deploy-shop',
  ]);
  expect(policy.people.map(({ handle, account, uid, takesOver }) => [handle, account, uid, takesOver])).toEqual([
    ['alice', 'asmith', 7001, undefined],
    ['bob', 'bob', undefined, undefined],
    ['carl', 'carl', undefined, undefined],
    ['carla', 'carl', undefined, 'emp_77ab0000000000000000000000'],
    ['shop-deploy', 'shop-deploy', undefined, undefined],
  ]);
  expect(policy.servers.map(({ name, adopt, accepted }) => [name, adopt.length, accepted.length])).toEqual([
    ['db-2', 1, 1],
    ['web-1', 0, 0],
  ]);
});
