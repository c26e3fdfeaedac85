/**
 * Signers who come and go on real servers, by the built command line, each on a device of their own: a new one, the
 * threshold up and down, one who leaves, a lost key; and a server that was away from the first change to the last.
 */
import { copyFileSync, globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, needs } from '../../fleet/index.ts';
import { Company } from './company.ts';
import type { Ran } from './company.ts';
import { carry, forged, last, manifestFor, stored } from './forging.ts';

const SERVERS = ['web-1', 'db-2', 'away-3'];
const HERE = ['web-1', 'db-2'];
/** What takes so many signers out, and would otherwise be asked. */
const RISKS = ['--accept-risk', 'threshold-lowered'];

interface Status {
  readonly release: { readonly number: number };
  readonly signers: { readonly threshold: number; readonly people: readonly string[]; readonly set: number };
  readonly targets: readonly { readonly name: string; readonly state: string; readonly otherSigners?: boolean }[];
  readonly reported: readonly { readonly target: string; readonly kind: string }[];
  readonly todo: readonly { readonly what: string; readonly why: string; readonly next: string }[];
}

describe.skipIf(needs() !== undefined)(`signers${needs() === undefined ? '' : ` (${needs()})`}`, () => {
  let company: Company;

  /** Their keys, and `init` on their device; a second time with another signing key. */
  const joins = async (who: string, sign = `${who}-sign`): Promise<Ran> => {
    for (const name of [sign, `${who}-courier`]) {
      if (!company.keys.has(name)) company.keys.set(name, await makeKey(join(company.folder, 'keys'), name));
    }
    const keys = ['--signing-key', company.key(sign).path, '--courier-key', company.key(`${who}-courier`).path];
    return company.must(who, 'init', '--me', who, ...keys, '--confirm', 'first-release');
  };
  const approve = (who: string, ...more: string[]): Promise<Ran> => company.keyward(who, 'approve', ...company.confirmed(), ...more);
  /** All but the last are told to wait. */
  const approved = async (...by: string[]): Promise<void> => {
    const statuses: string[] = [];
    for (const who of by) {
      const { status, stderr } = await approve(who, ...RISKS);
      statuses.push(`${who} ${status}${status === 0 || status === 6 ? '' : stderr}`);
    }
    expect(statuses).toEqual(by.map((who, i) => `${who} ${i === by.length - 1 ? 0 : 6}`));
  };
  const status = (who: string): Promise<Status> => company.json<Status>(who, 'status');
  const threshold = (to: number): void => company.policy((text) => text.replace(/^threshold: \d /m, `threshold: ${to} `));
  /** The signer set that each server's stored receipt tells. */
  const sets = (): Record<string, number> =>
    Object.fromEntries(
      globSync('receipts/*', { cwd: company.repo, exclude: ['receipts/*.look'] }).map((path) => [
        path.slice('receipts/'.length),
        Number(/^signer-set (\d+) /m.exec(readFileSync(join(company.repo, path), 'latin1'))?.[1]),
      ]),
    );
  const has = async (server: string, who: string): Promise<boolean> => (await company.login(server, who)).status === 0;

  beforeAll(async () => {
    company = await Company.found({ servers: SERVERS, signers: ['alice'], employees: ['bob', 'carl', 'dora', 'erin', 'eve', 'mia'] });
    company.keys.set('pipeline', await makeKey(join(company.folder, 'keys'), 'pipeline'));
    copyFileSync(`${company.key('pipeline').path}.pub`, join(company.repo, 'couriers/pipeline.pub'));
    company.rules('{ name: all, to: { employees: [eve, mia] }, servers: { names: ["*"] } }');
    await company.apply();
  }, 180_000);
  afterAll(async () => company?.end());

  it('lets a new one in: their key counts when those in force have signed it, and not before', async () => {
    expect((await joins('bob')).stdout).toContain('once a release says so');
    expect(await approve('bob')).toMatchObject({ status: 6, stderr: expect.stringContaining('bob: signer added') });
    expect(await company.keyward('alice', 'deliver')).toMatchObject({ status: 6, stdout: expect.stringContaining('Release 3 waits for 1 more signature (alice)') });
    expect(sets()).toEqual({ 'web-1': 1, 'db-2': 1, 'away-3': 1 });
    expect(await carry(company, 'web-1', 'alice-courier', [stored(company, 3)])).toBe('below-old-threshold');
    await approved('alice');
    const early = await company.keyward('bob', 'deliver');
    expect(early).toMatchObject({ status: 5, stdout: expect.stringMatching(/one\s+whose\s+key\s+is\s+must\s+carry/) });
    await company.must('alice', 'deliver');
    expect(sets()).toEqual({ 'web-1': 2, 'db-2': 2, 'away-3': 2 });
    expect((await company.json<{ targets: unknown[] }>('bob', 'drift')).targets).toHaveLength(3);
    expect(await company.keyward('bob', 'drift')).toMatchObject({ status: 0 });
  }, 180_000);

  it('raises the threshold to 2 and to 3, while a server is away', async () => {
    await company.server('away-3').stop();
    threshold(2);
    expect(await approve('alice')).toMatchObject({ status: 6, stderr: expect.stringContaining('threshold raised: 2 of 2') });
    expect(await company.keyward('alice', 'deliver')).toMatchObject({ status: 4, stderr: expect.stringContaining('away-3 not reached; release 4 waits for 1 more') });
    await approved('bob');
    expect(await company.keyward('bob', 'deliver')).toMatchObject({ status: 4, stderr: expect.stringContaining('exit 4: away-3 not reached') });
    await joins('carl');
    threshold(3);
    await approved('carl', 'bob', 'alice');
    expect(await company.keyward('alice', 'deliver')).toMatchObject({ status: 4 });
    expect(sets()).toEqual({ 'web-1': 4, 'db-2': 4, 'away-3': 2 });
    const { targets, todo, signers } = await status('carl');
    expect(signers).toMatchObject({ threshold: 3, people: ['alice', 'bob', 'carl'] });
    expect(targets.map(({ name, state, otherSigners }) => [name, state, otherSigners])).toEqual([
      ['away-3', 'lagging', true],
      ['db-2', 'in-force', false],
      ['web-1', 'in-force', false],
    ]);
    expect(todo.find(({ what }) => what === 'other-signers')?.why).toContain('away-3');
    const drift = await company.keyward('alice', 'drift');
    expect(drift).toMatchObject({ status: 4, stdout: expect.stringContaining('2 of 3 targets as signed'), stderr: expect.stringContaining('away-3') });
  }, 180_000);

  it('takes somebody out by one of three; the server that is away is named', async () => {
    const out = await company.keyward('carl', 'offboard', 'eve', '--confirm', 'eve');
    expect(out).toMatchObject({ status: 4, stderr: expect.stringContaining('exit 4: away-3 not reached') });
    expect(out.stdout).toMatch(/away-3 +no answer +eve can still log in there; nothing ends it by\s+itself/);
    expect(await Promise.all(HERE.map((server) => has(server, 'eve')))).toEqual([false, false]);
    expect(await Promise.all(HERE.map((server) => has(server, 'mia')))).toEqual([true, true]);
  }, 180_000);

  it('lowers the threshold only by a risk that each accepts, and by as many as it took before', async () => {
    threshold(2);
    expect(await approve('alice')).toMatchObject({ status: 5, stderr: expect.stringContaining('--accept-risk threshold-lowered') });
    await approved('alice', 'carl', 'bob');
    expect(await company.keyward('alice', 'deliver')).toMatchObject({ status: 4 });
    expect((await status('bob')).signers).toMatchObject({ threshold: 2, people: ['alice', 'bob', 'carl'] });
  }, 180_000);

  it('lets one go who is a signer: the new set is prepared in the same run, for those who remain to sign', async () => {
    const out = await company.keyward('alice', 'offboard', 'bob', '--confirm', 'bob');
    expect(out.status).toBe(4);
    expect(out.stdout.replaceAll(/\s+/g, ' ')).toContain('bob signed as well: signers/bob.pub is gone from here; 2 of alice, carl must now `keyward approve`');
    // Every clone that pulls it says so.
    expect((await status('carl')).todo.map(({ what }) => what)).toContain('approve');
    expect((await company.must('carl', 'plan')).stdout).toContain('bob: signer gone');
    await approved('carl', 'alice');
    expect(await company.keyward('alice', 'deliver')).toMatchObject({ status: 4 });
    expect(await approve('bob')).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing to sign') });
    threshold(1);
    expect(await approve('bob', ...RISKS)).toMatchObject({ status: 5, stderr: expect.stringContaining('not among the signers') });
    threshold(2);
  }, 180_000);

  it('replaces all whom the server that is away knows', async () => {
    await joins('dora');
    await approved('dora', 'carl', 'alice');
    await company.keyward('alice', 'deliver');
    expect(await company.keyward('carl', 'offboard', 'alice', '--confirm', 'alice')).toMatchObject({ status: 4 });
    await approved('carl', 'dora');
    expect(await company.keyward('carl', 'deliver')).toMatchObject({ status: 4 });
    const { signers } = await status('dora');
    expect(signers).toMatchObject({ threshold: 2, people: ['carl', 'dora'] });
    expect(sets()).toEqual({ 'web-1': signers.set, 'db-2': signers.set, 'away-3': 2 });
  }, 180_000);

  it('catches up in one go when it is back, and is named until then', async () => {
    await company.server('away-3').start();
    expect(await has('away-3', 'eve')).toBe(true);
    expect((await company.keyward('carl', 'drift')).stdout).toMatch(/away-3 +refused +the server does not let the courier in/);
    // Whoever carries need not be a signer: a key that the server knows is enough, and gives nothing by itself.
    const pipeline = { KEYWARD_COURIER_KEY: company.key('pipeline').path };
    const drift = await company.keywardWith(pipeline, 'carl', 'drift');
    expect(drift).toMatchObject({ status: 2, stdout: expect.stringMatching(/2 of 3 targets as signed/) });
    expect(await has('away-3', 'eve')).toBe(true);
    const before = sets()['away-3'] ?? 0;
    expect(await company.keywardWith(pipeline, 'carl', 'deliver')).toMatchObject({ status: 0, stdout: expect.stringContaining('in force on 3 of 3 targets') });
    const { signers, todo } = await status('carl');
    expect(sets()).toEqual(Object.fromEntries(SERVERS.map((server) => [server, signers.set])));
    console.log(`away-3 walked ${signers.set - before} changes of the signer set, ${last(company) - 3} releases, in one go`);
    expect(signers.set - before).toBeGreaterThanOrEqual(5);
    expect(todo).toEqual([]);
    const gone = await Promise.all(SERVERS.map((server) => has(server, 'eve')));
    expect(gone).toEqual([false, false, false]);
    expect(await Promise.all(SERVERS.map((server) => has(server, 'mia')))).toEqual([true, true, true]);
    expect(await company.keyward('carl', 'drift')).toMatchObject({ status: 0 });
  }, 180_000);

  it('refuses, on each server, what some of them sign, or those of before', async () => {
    const newest = stored(company, last(company));
    const older = stored(company, 5);
    const { signerSet, signers } = newest.value;
    const carl = signers.filter(({ key }) => company.key('carl-sign').publicLine.startsWith(key.line));
    const alone = { signerSet: signerSet + 1, threshold: 1, signers: carl };
    const tries = [
      ['one of two', forged(company, newest, {}, ['carl']), 'below-threshold'],
      ['one of two, twice', forged(company, newest, {}, ['carl', 'carl']), 'below-threshold'],
      ['one who makes a set of their own', forged(company, newest, alone, ['carl']), 'below-old-threshold'],
      ['one with one who left', forged(company, newest, {}, ['carl', 'bob']), 'below-threshold'],
      ['all who left', forged(company, newest, {}, ['alice', 'bob']), 'signature-bad'],
      ['those of before, by their own chain', forged(company, older, { number: 90 }, ['alice', 'bob', 'carl']), 'signer-set-rollback'],
      ['an older release again', older, 'signer-set-rollback'],
      ['both, two sets further', forged(company, newest, { ...alone, signerSet: signerSet + 2 }, ['carl', 'dora']), 'signer-set-skipped'],
      ['both, another set under this number', forged(company, newest, { signers: carl, threshold: 1 }, ['carl', 'dora']), 'signer-set-changed-without-number'],
      ['both, this number again', forged(company, newest, { number: newest.value.number, expires: newest.value.issued, issued: older.value.issued }, ['carl', 'dora']), 'equivocation'],
      ['what both did sign', newest, 'nothing'],
    ] as const;
    const rows: string[] = [];
    for (const server of SERVERS) {
      const manifest = manifestFor(company, newest, server);
      for (const [what, release, why] of tries) {
        const said = await carry(company, server, 'pipeline', [release], manifest);
        rows.push(`${server}: ${what}: ${said === why ? 'as expected' : 'UNEXPECTED'} ${said}`);
      }
    }
    console.log(`tried\n${rows.join('\n')}`);
    expect(rows).toHaveLength(33);
    expect(rows.filter((row) => row.includes('UNEXPECTED'))).toEqual([]);
    expect(await Promise.all(SERVERS.map((server) => has(server, 'mia')))).toEqual([true, true, true]);
  }, 180_000);

  it('puts a new key in the place of one that was lost, by those who remain; the old one signs nothing more', async () => {
    await joins('erin');
    await approved('erin', 'carl', 'dora');
    await company.must('carl', 'deliver');
    const said = await joins('dora', 'dora-second');
    expect(said.stdout.replaceAll(/\s+/g, ' ')).toContain('signers/dora.pub lists 2 keys');
    const { fingerprint } = company.key('dora-sign');
    expect(await company.keyward('carl', 'key', 'revoke', 'dora', fingerprint)).toMatchObject({ status: 5, stderr: expect.stringContaining('--confirm dora') });
    const revoked = await company.must('carl', 'key', 'revoke', 'dora', fingerprint, '--confirm', 'dora');
    expect(revoked.stdout.replaceAll(/\s+/g, ' ')).toContain('is out of signers/dora.pub. It signs until a release says so: 2 of carl, erin must now `keyward approve`');
    expect(readFileSync(join(company.repo, 'signers/dora.pub'), 'utf8').trim().split('\n')).toHaveLength(1);
    await approved('dora', 'erin', 'carl');
    await company.must('carl', 'deliver');
    const newest = stored(company, last(company));
    const manifest = manifestFor(company, newest, 'web-1');
    expect(await carry(company, 'web-1', 'pipeline', [forged(company, newest, {}, ['carl', 'dora'])], manifest)).toBe('below-threshold');
    threshold(3);
    await approved('carl', 'erin', 'dora');
    await company.must('carl', 'deliver');
    expect((await status('dora')).signers).toMatchObject({ threshold: 3, people: ['carl', 'dora', 'erin'] });
  }, 180_000);

  it('says what it means when one goes and those who remain are too few, and goes on taking people out', async () => {
    const out = await company.keyward('carl', 'offboard', 'erin', '--confirm', 'erin');
    expect(out.status).toBe(0);
    const said = 'Every server asks for 3 signatures of the signers in force, and without erin carl, dora remain: people can be taken out, and nothing can be given or changed any more.';
    for (const text of [out.stdout, out.stderr]) expect(text.replaceAll(/\s+/g, ' ')).toContain(said);
    expect(await company.keyward('carl', 'check')).toMatchObject({ status: 0, stdout: expect.stringContaining('signer-left') });
    expect((await status('dora')).todo.find(({ what }) => what === 'signatures-cannot-be-had')?.why).toContain('erin has left');
    expect(await company.keyward('dora', 'deliver')).toMatchObject({ status: 0 });
    expect(await company.keyward('dora', 'offboard', 'mia', '--confirm', 'mia')).toMatchObject({ status: 0 });
    expect(await Promise.all(SERVERS.map((server) => has(server, 'mia')))).toEqual([false, false, false]);
    // Erin, asked, still signs herself out: then the two go on without her.
    threshold(2);
    rmSync(join(company.repo, 'signers/erin.pub'));
    await approved('carl', 'dora', 'erin');
    await company.must('carl', 'deliver');
    expect((await status('carl')).signers).toMatchObject({ threshold: 2, people: ['carl', 'dora'] });
    // What is left to look at is the second release of one number that was tried above: each server kept it.
    const { reported, todo } = await status('carl');
    expect(reported.map(({ target, kind }) => `${target} ${kind}`)).toEqual(SERVERS.toSorted().map((server) => `${server} conflict`));
    expect(todo.map(({ what }) => what)).toEqual(['look']);
  }, 180_000);
});
