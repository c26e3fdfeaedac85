/** `server list` and `key list`: the policy and the signed release side by side, and where they differ. */
import { expect, it } from 'vitest';
import { fingerprint } from '../../src/core/ssh/public-key.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import { keyListText } from '../../src/terminal/key-list-text.ts';
import { serverListText } from '../../src/terminal/server-list-text.ts';
import { keyList, serverList } from '../../src/verbs/lists.ts';
import { crypto } from '../core/texts/signing.ts';
import { jsonFaults } from '../stories/json-schemas.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

async function acme(): Promise<Organization> {
  const org = await makeOrganization({
    signers: ['alice', 'bob'],
    machines: { deploy: 'owner: alice' },
    servers: { 'web-1': 'port: 2222, labels: { role: web, env: production }', 'db-1': '' },
    rules: [
      '{ name: web, to: { employees: [alice, bob] }, servers: { names: [web-1] } }',
      '{ name: deploy, to: { machines: [deploy] }, servers: { names: ["*"] } }',
    ],
  });
  await org.release(['alice']);
  return org;
}

it('servers are listed with what is signed of them, and with what is not', async () => {
  const org = await acme();
  await org.receipt('web-1');
  const line = (name: string): string => `  ${name}: { id: ${org.server(name)}, address: ${name}.example.com }\n`;
  org.edit('access-policy.yaml', (text) => text.replace(/ {2}db-1:.*\n/, line('new-1')));
  org.edit('servers/db-1.pub', undefined);
  org.edit('servers/new-1.pub', `${org.hostPen('new-1').key.line}\n`);
  const report = await serverList(await org.world('alice'));
  expect(jsonFaults('server-list', JSON.stringify(report))).toEqual([]);
  expect(report.servers.map(({ name, state, people, heard }) => [name, state, people, heard?.state])).toEqual([
    ['new-1', 'unsigned', 0, undefined],
    [org.server('db-1'), 'no-line', 1, 'never-heard'],
    ['web-1', 'signed', 3, 'in-force'],
  ]);
  expect(report.servers[2]?.hostKeys).toEqual([fingerprint(org.hostPen('web-1').key, crypto.sha256)]);
  expect(serverListText(report, PLAIN)).toMatchInlineSnapshot(`
    "acme: 3 servers, by release 1

    server                          address                 people  release  labels
    new-1                           new-1.example.com       -       -
          in no release yet
    srv_aqvzbqvys68bd6ktc77v40m9e0  -                       1       -
          no line in the policy any more; never heard from
    web-1                           web-1.example.com:2222  3       1
          role=web env=production"
  `);
});

it("a server's host keys are those that were signed, not those of a working tree", async () => {
  const org = await acme();
  org.edit('servers/web-1.pub', `${org.hostPen('another').key.line}\n`);
  const { servers } = await serverList(await org.world('alice'));
  expect(servers.find(({ name }) => name === 'web-1')?.hostKeys).toEqual([
    fingerprint(org.hostPen('web-1').key, crypto.sha256),
  ]);
});

it('keys are listed with where they open an account, by the signed release', async () => {
  const org = await acme();
  await org.revoke('bob', 'alice');
  org.edit('keys/deploy.pub', `${org.hostPen('a new key').key.line} new\n`);
  const report = await keyList(await org.world('alice'), undefined);
  expect(jsonFaults('key-list', JSON.stringify(report))).toEqual([]);
  expect(
    report.keys.map(({ use, of, listed, grantedOn, revoked }) => [use, of, listed, grantedOn.join(), revoked]),
  ).toEqual([
    ['logs-in', 'alice', true, 'web-1', false],
    ['logs-in', 'bob', true, 'web-1', true],
    ['logs-in', 'deploy', true, '', false],
    ['logs-in', 'deploy', false, 'db-1,web-1', false],
    ['signs', 'alice', true, '', false],
    ['signs', 'bob', true, '', false],
    ['carries', 'pipeline', true, '', false],
  ]);
  const text = keyListText(report, PLAIN);
  expect(text).toContain('opens db-1, web-1; ! stands in no file in keys/ any more');
  expect(text).toContain('opens web-1; ! revoked');
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

it('keys that have ended open nothing, and those given back are not revoked', async () => {
  const org = await makeOrganization({
    servers: { 'web-1': '' },
    employees: { bob: '', carol: '' },
    rules: [
      '{ name: short, to: { employees: [bob] }, servers: { names: [web-1] }, until: 2026-10-03 }',
      '{ name: long, to: { employees: [carol] }, servers: { names: [web-1] } }',
    ],
  });
  await org.release(['alice']);
  const { name } = await org.revoke('carol', 'alice');
  org.edit('access-policy.yaml', (text) => `${text}undone: [${name}]\n`);
  await org.release(['alice']);
  const world = await org.world('alice');
  const of = async (handle: string): Promise<unknown> =>
    (await keyList(world, handle)).keys.map(({ grantedOn, revoked }) => [grantedOn.join(), revoked]);
  expect([await of('bob'), await of('carol')]).toEqual([[['web-1', false]], [['web-1', false]]]);
  org.clock.set('2026-10-04T00:00:00Z');
  expect([await of('bob'), await of('carol')]).toEqual([[['', false]], [['web-1', false]]]);
});

it('nothing is listed from a clone that holds less than this device has verified', async () => {
  const org = await acme();
  const world = await org.world('alice');
  await world.settings.write('acme', {
    ...(await world.settings.read('acme')),
    verified: { number: 2, hash: 'a'.repeat(64) },
  });
  await expect(serverList(world)).rejects.toThrow('this clone does not hold it');
  await expect(keyList(world, undefined)).rejects.toThrow('this clone does not hold it');
});

it('keys of one person are theirs only, and a typo is no "no keys"', async () => {
  const org = await acme();
  const world = await org.world('alice');
  expect((await keyList(world, 'bob')).keys.map(({ use, of }) => `${use} ${of}`)).toEqual(['logs-in bob', 'signs bob']);
  await expect(keyList(world, 'bbo')).rejects.toThrow('knows no bbo');
});
