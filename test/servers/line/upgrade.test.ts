/**
 * Two versions of keyward that carry different receivers, on a real server: the old receiver goes on taking what is signed,
 * is named by `status` and `drift`, and is renewed by enrolling again; an old keyward is named, and still takes people out.
 */
import { appendFileSync, cpSync, symlinkSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtProgram } from '../../built.ts';
import { needs } from '../../fleet/index.ts';
import { Company } from './company.ts';
import type { Ran } from './company.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

describe.skipIf(needs() !== undefined)(`an upgrade${needs() === undefined ? '' : ` (${needs()})`}`, () => {
  let company: Company;
  let newer: string;

  beforeAll(async () => {
    company = await Company.found({ servers: ['web-1'], signers: ['alice'], employees: ['bob'] });
    company.rules('{ name: bob, to: { employees: [bob] }, servers: { names: [web-1] } }');
    await company.apply();
    newer = mkdtempSync(join(company.folder, 'newer-'));
    for (const name of ['bin', 'dist', 'package.json', 'oclif.manifest.json'])
      cpSync(join(builtProgram(), name), join(newer, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(newer, 'node_modules'));
    appendFileSync(join(newer, 'dist/receiver/keyward-look'), '# a later version\n');
  }, 120_000);
  afterAll(async () => company?.end());

  const todo = async (program?: string): Promise<string[]> => {
    const { stdout } = await company.keywardOf(program, 'alice', 'status', '--json');
    return (JSON.parse(stdout) as { todo: { what: string }[] }).todo.map(({ what }) => what);
  };
  const drift = (program?: string): Promise<Ran> => company.keywardOf(program, 'alice', 'drift');

  it('the new keyward says what to sign; the old receiver takes it, is named, and is renewed by enrolling again', async () => {
    expect(await todo()).toEqual([]);
    expect(await todo(newer)).toContain('sign-receiver');
    expect(await company.keywardOf(newer, 'alice', 'approve', ...company.confirmed())).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('receiver changed'),
    });
    expect(await company.keywardOf(newer, 'alice', 'deliver')).toMatchObject({ status: 0 });
    expect(await company.login('web-1', 'bob')).toMatchObject({ status: 0 });
    expect(await todo(newer)).toEqual(['renew-receiver']);
    const plain = ({ status, stdout }: Ran): unknown => [status, stdout.replaceAll(/\s+/g, ' ')];
    const of = expect.stringMatching(/receiver: [0-9a-f]{12}, of release \d+, not the one of the newest; `keyward server enroll` again renews it/);
    expect(plain(await drift(newer))).toEqual([2, of]);
    // The keyward that is older itself would put the old receiver there again: it says so instead, and does not.
    expect(plain(await drift())).toEqual([2, expect.stringContaining('this keyward is older than the one that made the release: install that one, then')]);
    expect(await todo()).toEqual(['renew-keyward']);
    const server = company.server('web-1');
    const where = [
      '--address',
      server.address,
      '--port',
      String(server.port),
      '--identity',
      company.key('root').path,
      '--host-key',
      company.writeHostKeys(server),
    ];
    expect(await company.keyward('alice', 'server', 'enroll', 'web-1', ...where, '--accept', 'there at enrolment')).toMatchObject({
      status: 5,
      stderr: expect.stringMatching(/carries another receiver than release \d+ names[\s\S]*older than the one/),
    });
    expect(
      await company.keywardOf(newer, 'alice', 'server', 'enroll', 'web-1', ...where, '--accept', 'there at enrolment'),
    ).toMatchObject({ status: 0 });
    await company.keywardOf(newer, 'alice', 'deliver');
    expect(await todo(newer)).toEqual([]);
    expect(await drift(newer)).toMatchObject({ status: 0 });
    expect(await company.login('web-1', 'bob')).toMatchObject({ status: 0 });
  }, 60_000);

  it('the old keyward is told that it is the older one, signs nothing unasked, and takes somebody out all the same', async () => {
    expect(await todo()).toContain('renew-keyward');
    company.policy((text) =>
      text.replace(
        /rules:\n.*\n/,
        'rules:\n  - { name: bob, to: { employees: [bob] }, servers: { names: [web-1] }, allow: [pty] }\n',
      ),
    );
    expect(await company.keyward('alice', 'approve', ...company.confirmed())).toMatchObject({
      status: 5,
      stderr: expect.stringContaining('older-receiver'),
    });
    expect(await company.keyward('alice', 'offboard', 'bob', '--confirm', 'bob')).toMatchObject({ status: 0 });
    expect(await company.login('web-1', 'bob')).toMatchObject({ status: 255 });
  }, 60_000);
});
