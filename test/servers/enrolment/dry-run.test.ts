/** `server enroll --dry-run` on a real server, and on none: it looks, and changes nothing there or here. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { needs } from '../../fleet/index.ts';
import { Company } from '../line/company.ts';
import { tree } from '../../verbs/tree.ts';
import { everything } from '../receiver/bench.ts';

describe.skipIf(needs() !== undefined)('server enroll --dry-run', () => {
  let company: Company;
  beforeAll(async () => {
    company = await Company.found({ servers: ['web-1'], signers: ['alice'], enrolled: false });
  });
  afterAll(() => company?.end());

  const repository = () => tree(company.repo);
  const run = (port: number, ...more: readonly string[]) => {
    const { address, hostKeys } = company.server('web-1');
    const keys = hostKeys.flatMap((line) => ['--host-key', line]);
    return company.keyward('alice', 'server', 'enroll', 'web-1', '--address', address, '--port', String(port), '--identity', company.key('root').path, '--accept', 'rescue', ...keys, ...more);
  };

  it('says what is there; the same without it is an enrolment', async () => {
    const server = company.server('web-1');
    const [there, here] = [await everything(server), repository()];
    const dry = await run(server.port, '--dry-run');
    expect([dry.status, dry.stderr]).toEqual([0, expect.stringContaining('Looking at web-1')]);
    expect(dry.stdout.replaceAll(/\s+/g, ' ')).toMatch(/^web-1 could be enrolled\. .*Looked at \d+ .*1 way in that keyward does not manage, 1 would be written as accepted\..*\(dry run\)\. $/);
    expect([await everything(server), repository()]).toEqual([there, here]);
    const json: unknown = JSON.parse((await run(server.port, '--dry-run', '--json')).stdout);
    expect(json).toMatchObject({ name: 'web-1', wouldAccept: 1 });
    expect((await run(server.port)).status).toBe(0);
    expect(await everything(server)).not.toBe(there);
    expect(repository()).not.toEqual(here);
  });

  it('a server that nobody could look at is unknown, and --print prints nothing', async () => {
    const here = repository();
    const silent = await run(1, '--dry-run', '--timeout', '5');
    expect([silent.status, silent.stdout]).toEqual([4, '']);
    const print = await company.keyward('alice', 'server', 'enroll', 'web-2', '--print', '--dry-run');
    expect([print.status, print.stdout]).toEqual([3, '']);
    expect(repository()).toEqual(here);
  });
});
