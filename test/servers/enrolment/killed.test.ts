/** Enrolling many is killed anywhere, and run again: the end is the same, and nobody's access changed on the way. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, needs, ssh } from '../../fleet/index.ts';
import type { KeyPair, TestServer } from '../../fleet/index.ts';
import { Company } from '../line/company.ts';

const SERVERS = ['web-1', 'web-2', 'web-3'];
const HOME = '/etc/ssh/keyward';

describe.skipIf(needs() !== undefined)('enrolling many, killed', () => {
  let company: Company;
  let old: KeyPair;
  beforeAll(async () => {
    company = await Company.found({ servers: SERVERS, signers: ['alice'], employees: ['dave'], enrolled: false });
    old = await makeKey(company.folder, 'old');
    for (const server of company.fleet.servers.values())
      await server.addUser('legacy', { authorizedKeys: [old.publicLine] });
  }, 120_000);
  afterAll(() => company?.end());

  it('goes on where it was cut off, under the same ids', async () => {
    const servers = [...company.fleet.servers.values()];
    const list = join(company.folder, 'known_hosts');
    writeFileSync(
      list,
      SERVERS.flatMap((name) => company.server(name).hostKeys.map((key) => `${nameOf(name)} ${key}\n`)).join(''),
    );
    const words = [
      'server',
      'enroll',
      '--from',
      list,
      '--identity',
      company.key('root').path,
      '--accept',
      'there at enrolment',
      '--parallel',
      '2',
      '--repo',
      company.repo,
    ];
    // What is left when it is killed between the two files: no error that only a person could mend.
    const [first] = servers;
    mkdirSync(join(company.repo, 'servers'), { recursive: true });
    writeFileSync(join(company.repo, `servers/${first?.address.replaceAll('.', '-')}.pub`), `${first?.hostKeys[0]}\n`);
    let ids: readonly string[] = [];
    // Looked at from outside: a program started inside would come too late.
    const has = ({ pid }: TestServer, path: string): boolean => existsSync(`/proc/${pid}/root${HOME}/${path}`);
    const moments: readonly (readonly [string, () => boolean])[] = [
      ['the policy is written', () => idsNow().length > 0],
      ['a server was begun', () => servers.some((server) => has(server, 'enrolling'))],
      [
        'a server is enrolled',
        () => servers.some((server) => has(server, 'generations/1') && !has(server, 'enrolling')),
      ],
    ];
    for (const [moment, holds] of moments) {
      expect([moment, await killedWhen(words, holds)]).toEqual([moment, true]);
      expect([moment, idsNow()]).toEqual([moment, ids.length > 0 ? ids : expect.anything()]);
      ids = idsNow();
      for (const server of servers)
        expect([moment, server.name, await entersSoon(server)]).toEqual([moment, server.name, true]);
    }
    console.log(`killed at ${moments.length} moments`);
    const ended = await company.keyward('alice', ...words);
    expect([ended.status, ended.stderr.split('\n').at(-2)]).toEqual([0, expect.anything()]);
    expect([idsNow(), ids.length]).toEqual([ids, SERVERS.length]);
    company.rules('{ name: all, to: { employees: [dave] }, servers: { names: ["*"] } }');
    await company.apply();
    for (const server of company.fleet.servers.values())
      expect((await ssh(server, 'dave', { keyFile: company.key('dave').path, command: 'true' })).status).toBe(0);
  });

  /** sshd does not listen for the moment in which it reads its settings again; what was begun there goes on by itself. */
  async function entersSoon(server: TestServer): Promise<boolean> {
    for (const wait of [0, 300, 1000]) {
      await sleep(wait);
      if ((await ssh(server, 'legacy', { keyFile: old.path, command: 'true' })).status === 0) return true;
    }
    return false;
  }

  /** Whether it was killed at that moment; false when it ended before. */
  async function killedWhen(words: readonly string[], holds: () => boolean): Promise<boolean> {
    const program = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));
    const child = spawn(process.execPath, [program, ...words], { env: company.env('alice'), stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('close', resolve));
    while (child.exitCode === null && !holds()) await sleep(2);
    const killed = child.kill('SIGKILL');
    await ended;
    return killed;
  }

  function idsNow(): readonly string[] {
    return readFileSync(join(company.repo, 'access-policy.yaml'), 'utf8').match(/srv_\w+/g) ?? [];
  }

  function nameOf(name: string): string {
    const { address, port } = company.server(name);
    return port === 22 ? address : `[${address}]:${port}`;
  }
});
