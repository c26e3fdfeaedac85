/**
 * Enrolling what is really out there, all of it at once through `server enroll --from`: each condition either works, with
 * real logins before and after, or says what it found and leaves the server as it was, byte for byte.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, needs, ssh } from '../../fleet/index.ts';
import type { TestServer } from '../../fleet/index.ts';
import { Company } from '../line/company.ts';
import { everything } from '../receiver/bench.ts';
import { CONDITIONS, LEFT_OUT } from './out-there.ts';
import type { Condition, Keys } from './out-there.ts';

interface One {
  readonly name: string;
  readonly state: string;
  readonly why?: string;
  readonly found: readonly { readonly word: string; readonly fields: readonly string[]; readonly owner?: string }[];
}
interface Delivered {
  readonly targets: readonly {
    readonly name: string;
    readonly state: string;
    readonly failed: readonly { readonly subject: string; readonly why: string }[];
  }[];
}
interface Many {
  readonly servers: readonly One[];
  readonly status: number;
  readonly written: readonly string[];
}

const works = CONDITIONS.filter(({ comes }) => comes === 'enrolled');
const refuses = CONDITIONS.filter(({ comes }) => comes !== 'enrolled');
const row = (list: readonly Condition[]) => list.map((one) => [one.name, one.what, one] as const);

describe.skipIf(needs() !== undefined)('enrolling what is really out there', () => {
  let company: Company;
  let keys: Keys;
  let first: Many;
  let again: Many;
  let delivered: Delivered;
  const before = new Map<string, string>();
  const after = new Map<string, string>();
  const state = (name: string): One => {
    const one = first.servers.find((server) => server.name === name);
    if (one === undefined) throw new Error(`nothing is said of ${name}`);
    return one;
  };

  beforeAll(async () => {
    company = await Company.found({
      servers: CONDITIONS.map(({ name }) => name),
      signers: ['alice'],
      employees: ['dave', 'erin'],
      enrolled: false,
    });
    keys = {
      legacy: await makeKey(company.folder, 'legacy'),
      mallory: await makeKey(company.folder, 'mallory'),
      dave: company.key('dave'),
      root: company.key('root'),
    };
    await Promise.all(CONDITIONS.map(prepare));
    first = await enrollAll();
    for (const { name } of refuses) after.set(name, await everything(company.server(name)));
    again = await enrollAll('--server', 'plain', '--server', 'adopt', '--server', 'krl');
    company.policy((text) =>
      text
        .replace(/( {2}dave: \{ id: emp_\w+)/, '$1, uid: 7001')
        .replace(/( {2}adopt: \{ id: srv_\w+)/, '$1, adopt: [dave]'),
    );
    company.rules('{ name: all, to: { employees: [dave] }, servers: { names: ["*"] } }');
    await company.approve();
    delivered = await company.json<Delivered>('alice', 'deliver', '--timeout', '60');
  }, 240_000);
  afterAll(() => company?.end());

  async function prepare({ name, plant, reload }: Condition): Promise<void> {
    const server = company.server(name);
    await server.addUser('legacy', { authorizedKeys: [keys.legacy.publicLine] });
    await server.must(plant(keys));
    if (reload !== false) await server.reloadSshd();
    before.set(name, await everything(server));
  }

  async function enrollAll(...more: readonly string[]): Promise<Many> {
    const list = CONDITIONS.map(({ name }) => {
      const { address, port, hostKeys } = company.server(name);
      return { name, address, port, hostKeys };
    });
    writeFileSync(join(company.folder, 'list.json'), JSON.stringify(list));
    return company.json<Many>(
      'alice',
      'server',
      'enroll',
      '--from',
      join(company.folder, 'list.json'),
      '--identity',
      company.key('root').path,
      '--accept',
      'there at enrolment',
      '--parallel',
      '4',
      '--timeout',
      '60',
      ...more,
    );
  }

  const enters = async (server: TestServer, account: string, key = keys.legacy): Promise<boolean> =>
    (await ssh(server, account, { keyFile: key.path, command: 'true' })).status === 0;

  it('says of every server what became of it, and does the rest when it is run again', () => {
    console.log(
      `${CONDITIONS.length} conditions, ${works.length} that work, ${refuses.length} that are refused; left out: ${LEFT_OUT.join(', ') || 'none'}`,
    );
    expect(first.servers.map(({ name }) => name).sort()).toEqual(CONDITIONS.map(({ name }) => name).sort());
    expect(first.servers.filter((one) => one.state === 'enrolled').map(({ name }) => name)).toEqual(
      works.map(({ name }) => name).sort(),
    );
    expect(first.status).toBe(1);
    expect(again.servers.map((one) => [one.name, one.state])).toEqual([
      ['adopt', 'already'],
      ['krl', 'refused'],
      ['plain', 'already'],
    ]);
    expect([again.written, again.status]).toEqual([[], 1]);
  });

  it.each(row(refuses))('%s: %s — said, and as it was', async (name, _, condition) => {
    expect(state(name).why).toMatch(condition.comes as RegExp);
    expect(state(name).state).toBe('refused');
    expect(after.get(name)?.split('\n')).toEqual(before.get(name)?.split('\n'));
  });

  it.each(row(works))('%s: %s — works', async (name, _, condition) => {
    const server = company.server(name);
    expect([name, state(name).why, state(name).state]).toEqual([name, undefined, 'enrolled']);
    const named = state(name)
      .found.filter(({ word }) => word === 'way-in')
      .map(({ fields }) => fields.slice(0, 3).join(' '));
    expect(named).toContain(condition.named?.(keys) ?? `key legacy ${keys.legacy.fingerprint}`);
    expect(await enters(server, 'legacy')).toBe(true);
    const { dave = 'in' } = condition;
    const target = delivered.targets.find((one) => one.name === name);
    expect([name, target?.failed.map(({ subject, why }) => `${subject} ${why}`)]).toEqual([
      name,
      dave.endsWith('taken') ? [`dave ${dave}`] : [],
    ]);
    expect([name, await enters(server, 'dave', keys.dave)]).toEqual([name, dave === 'in']);
  });
});
