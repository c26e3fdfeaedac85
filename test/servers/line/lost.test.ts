/**
 * All signers and their couriers are lost. Others begin anew: with a release of their own, said on each device, and by root
 * on each server. What was taken away stays away, and nobody gets a server to follow without root.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey, needs } from '../../fleet/index.ts';
import { fingerprint as printOf, parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import { hashOf } from '../../../src/core/texts/index.ts';
import { crypto } from '../../core/texts/signing.ts';
import { Company } from './company.ts';
import type { Ran } from './company.ts';
import { carry, forged, last, manifestFor, stored } from './forging.ts';

const SERVERS = ['web-1', 'db-2'];

interface Status {
  readonly release: { readonly number: number };
  readonly firstRelease: { readonly hash: string; readonly number: number };
  readonly signers: { readonly people: readonly string[]; readonly set: number };
  readonly drafts: readonly { readonly number: number; readonly hash: string; readonly missing: number; readonly missingOfOldSet: number }[];
  readonly targets: readonly { readonly name: string; readonly state: string; readonly enrolledTimes?: number }[];
  readonly todo: readonly { readonly what: string; readonly why: string; readonly next: string }[];
  readonly looked: { readonly revocations: number };
}

describe.skipIf(needs() !== undefined)(`all signers lost${needs() === undefined ? '' : ` (${needs()})`}`, () => {
  let company: Company;
  let fingerprint: string;

  const joins = async (who: string): Promise<Ran> => {
    for (const part of ['sign', 'courier']) company.keys.set(`${who}-${part}`, await makeKey(join(company.folder, 'keys'), `${who}-${part}`));
    const keys = ['--signing-key', company.key(`${who}-sign`).path, '--courier-key', company.key(`${who}-courier`).path];
    return company.must(who, 'init', '--me', who, ...keys, '--confirm', 'first-release');
  };
  const approve = (who: string): Promise<Ran> => company.keyward(who, 'approve', ...company.confirmed(), '--accept-risk', 'last-courier');
  const begins = (who: string, ...more: string[]): Promise<Ran> => company.keyward(who, 'init', '--me', who, '--first-release', fingerprint, ...more);
  const status = (who: string): Promise<Status> => company.json<Status>(who, 'status');
  const enroll = (who: string, server: string, ...access: string[]): Promise<Ran> =>
    company.keyward(who, 'server', 'enroll', server, '--host-key', company.writeHostKeys(company.server(server)), '--accept', 'there at enrolment', ...access);
  const asRoot = (): string[] => ['--identity', company.key('root').path];
  const receipt = (server: string): string => readFileSync(join(company.repo, 'receipts', server), 'latin1');

  beforeAll(async () => {
    company = await Company.found({ servers: SERVERS, signers: ['alice', 'bob'], threshold: 2, employees: ['dora', 'erin', 'eve', 'mia'] });
    company.rules('{ name: all, to: { employees: [eve, mia] }, servers: { names: ["*"] } }');
    await company.apply();
    // An account that keyward does not manage, with a key of somebody who is out.
    for (const server of SERVERS) await company.server(server).addUser('legacy', { authorizedKeys: [company.key('eve').publicLine, company.key('mia').publicLine] });
    await company.must('alice', 'offboard', 'eve', '--confirm', 'eve');
    await company.apply();
    await joins('dora');
    await joins('erin');
    // What they had is gone; their files go with them.
    for (const who of ['alice', 'bob']) for (const folder of ['signers', 'couriers']) rmSync(join(company.repo, folder, `${who}.pub`));
  }, 180_000);
  afterAll(async () => company?.end());

  it('is a release that its own signers signed, and that waits for those of before', async () => {
    expect(await approve('dora')).toMatchObject({ status: 6 });
    fingerprint = hashOf(stored(company, last(company)).text, crypto);
    expect(await begins('dora', '--confirm', 'new-signers')).toMatchObject({ status: 6, stderr: expect.stringContaining('of its own signers yet') });
    expect(await approve('erin')).toMatchObject({ status: 6 });
    const { drafts, release, signers } = await status('dora');
    expect(drafts).toMatchObject([{ number: release.number + 1, missing: 0, missingOfOldSet: 2 }]);
    expect(signers.people).toEqual(['alice', 'bob']);
    fingerprint = drafts[0]?.hash ?? '';
    // No server takes it from anybody: here carried by a key that is let in.
    const draft = stored(company, release.number + 1);
    for (const server of SERVERS) {
      expect(await carry(company, server, 'alice-courier', [draft], manifestFor(company, draft, server))).toBe('below-old-threshold');
      expect(await carry(company, server, 'alice-courier', [stored(company, release.number)], manifestFor(company, stored(company, release.number), server))).toBe('nothing');
    }
  }, 120_000);

  it('is believed on a device only when somebody says so, seeing whom', async () => {
    const asked = await begins('dora');
    expect(asked.status).toBe(5);
    const said = asked.stderr.replaceAll(/\s+/g, ' ');
    expect(said).toContain('Up to release 3 this device believes 2 of alice, bob.');
    expect(said).toContain('From release 4 on it would believe 2 of dora, erin, whom those before did not let in.');
    for (const who of ['dora', 'erin']) expect(said).toContain(`${who}: ${printOf(parsePublicKey(company.key(`${who}-sign`).publicLine), crypto.sha256)}`);
    expect(said).toContain('--confirm new-signers');
    expect((await status('dora')).signers.people).toEqual(['alice', 'bob']);
    const other = await company.keyward('dora', 'init', '--me', 'dora', '--first-release', 'ab'.repeat(32), '--confirm', 'new-signers');
    expect(other).toMatchObject({ status: 5, stderr: expect.stringContaining('release 1 here has another fingerprint') });
    // One that leaves out what this device verified: somebody would have it forget release 3.
    const { value, text } = stored(company, 4);
    const short = forged(company, { value, text, signatures: [] }, { previous: hashOf(stored(company, 2).text, crypto), number: 9 }, ['dora', 'erin']);
    const folder = join(company.repo, 'releases/9');
    mkdirSync(folder);
    writeFileSync(join(folder, 'release'), short.text);
    for (const [i, signature] of short.signatures.entries()) writeFileSync(join(folder, `${i}.sig`), signature);
    const forgets = await company.keyward('dora', 'init', '--me', 'dora', '--first-release', hashOf(short.text, crypto), '--confirm', 'new-signers');
    expect(forgets).toMatchObject({ status: 5, stderr: expect.stringContaining('release 9 does not follow release 3, which this device verified') });
    rmSync(folder, { recursive: true });
    for (const who of ['dora', 'erin']) expect(await begins(who, '--confirm', 'new-signers')).toMatchObject({ status: 0, stdout: expect.stringContaining(`Release 4: ${fingerprint}`) });
    const now = await status('erin');
    expect(now).toMatchObject({ firstRelease: { hash: fingerprint, number: 4 }, release: { number: 4 }, signers: { people: ['dora', 'erin'] }, looked: { revocations: 1 } });
    expect(now.todo.map(({ what }) => what)).toEqual(['enroll-again']);
    expect(now.todo[0]?.why).toContain('db-2, web-1 believe the signers from before release 4');
    // What was before is known still.
    expect((await company.must('dora', 'access', '--on', 'web-1', '--at', '2')).stdout).toMatch(/^eve {2}web-1$/m);
    expect((await company.must('dora', 'access', '--on', 'web-1')).stdout).not.toMatch(/^eve {2}web-1$/m);
  }, 120_000);

  it('gets no server to follow without root', async () => {
    expect(await company.keyward('dora', 'deliver')).toMatchObject({ status: 5, stderr: expect.stringContaining('db-2, web-1 refused it') });
    const tries: readonly (readonly [string, readonly string[]])[] = [
      ['an employee with an account', ['--user', 'mia', '--identity', company.key('mia').path]],
      ['an unmanaged account without sudo', ['--user', 'legacy', '--identity', company.key('mia').path]],
      ['a courier of before', ['--user', 'keyward-courier', '--identity', company.key('alice-courier').path]],
      ['root with a key of a signer', ['--identity', company.key('dora-sign').path]],
    ];
    const rows: string[] = [];
    for (const [what, access] of tries) {
      const before = await company.server('web-1').must('find /etc/ssh/keyward /usr/local/sbin /etc/ssh/sshd_config.d -type f ! -name receipt ! -name lock | sort | xargs sha256sum');
      const ran = await enroll('dora', 'web-1', ...access);
      const after = await company.server('web-1').must('find /etc/ssh/keyward /usr/local/sbin /etc/ssh/sshd_config.d -type f ! -name receipt ! -name lock | sort | xargs sha256sum');
      rows.push(`${what}: ${ran.status} ${before === after ? 'as it was' : 'CHANGED'}; ${ran.stderr.trim().split('\n').find((line) => line.includes('error')) ?? 'WORKED'}`);
    }
    console.log(`enrolling again without root\n${rows.join('\n')}`);
    expect(rows).toHaveLength(4);
    expect(rows.filter((row) => /: 0 |CHANGED|WORKED/.test(row))).toEqual([]);
  }, 180_000);

  it('follows when root enrolls it again: said aloud, in each receipt, in the journal, and nobody’s access changes', async () => {
    const first = await enroll('dora', 'web-1', ...asRoot());
    expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining('Looking at web-1') });
    const said = first.stdout.replaceAll(/\s+/g, ' ');
    expect(said).toContain('Enrolled 2 times now: it believes the signers of the release in force here from now on, whoever it believed before');
    expect(said).toContain(`key for root: ${company.key('root').fingerprint}`);
    expect(await company.login('web-1', 'mia')).toMatchObject({ status: 0 });
    const half = await status('erin');
    expect(half.todo.find(({ what }) => what === 'enroll-again')?.why ?? '').toContain('db-2');
    // Many at once: those that let the new courier in are done already.
    const list = SERVERS.map((name) => {
      const { address, port, hostKeys } = company.server(name);
      return { name, address, port, hostKeys };
    });
    const file = join(company.folder, 'again.json');
    writeFileSync(file, JSON.stringify(list));
    const rest = await company.must('dora', 'server', 'enroll', '--from', file, '--accept', 'there at enrolment', ...asRoot());
    expect(rest.stdout).toMatch(/1 enrolled, 1 /);
    expect(await company.must('erin', 'deliver')).toMatchObject({ stdout: expect.stringContaining('Release 4 is in force on 2 of 2 targets') });
    const { targets, todo } = await status('erin');
    expect(targets.map(({ state, enrolledTimes }) => [state, enrolledTimes])).toEqual([['in-force', 2], ['in-force', 2]]);
    // What it found there and wrote as accepted is a proposal, as ever.
    expect(todo.map(({ what }) => what)).toEqual(['approve', 'look']);
    for (const who of ['dora', 'erin']) await approve(who);
    await company.must('dora', 'deliver');
    expect((await status('erin')).todo).toEqual([]);
    for (const server of SERVERS) expect(receipt(server)).toMatch(/^enrolled 2 /m);
    expect((await company.must('erin', 'status')).stdout).toContain('enrolled 2 times');
    const shown = (await company.must('dora', 'journal', 'show')).stdout;
    const runs = shown.split('\n').filter((line) => line.includes('server enroll'));
    expect(runs.filter((line) => line.endsWith('enrolled'))).toHaveLength(2);
    expect(await company.must('dora', 'journal', 'verify')).toMatchObject({ status: 0 });
    expect(await company.keyward('erin', 'drift')).toMatchObject({ status: 0, stdout: expect.stringContaining('2 of 2 targets as signed') });
  }, 180_000);

  it('keeps out whom those of before took out, and believes those of before no more', async () => {
    const logins = async (as: string): Promise<boolean[]> =>
      Promise.all(SERVERS.flatMap((server) => [as, 'legacy'].map(async (account) => (await company.login(server, account, { as })).status === 0)));
    expect(await logins('eve')).toEqual([false, false, false, false]);
    expect(await logins('mia')).toEqual([true, true, true, true]);
    const newest = stored(company, last(company));
    const old = stored(company, 3);
    const tries = [
      ['the next of their chain', forged(company, old, {}, ['alice', 'bob']), 'signer-set-rollback'],
      ['theirs, as if let in', forged(company, newest, { signers: old.value.signers, signerSet: newest.value.signerSet + 1 }, ['alice', 'bob']), 'below-old-threshold'],
      ['this set, by them', forged(company, newest, {}, ['alice', 'bob']), 'signature-bad'],
      ['their last release again', old, 'signer-set-rollback'],
      ['one of the new two', forged(company, newest, {}, ['dora']), 'below-threshold'],
      ['what the new two signed', newest, 'nothing'],
    ] as const;
    const rows: string[] = [];
    for (const server of SERVERS)
      for (const [what, release, why] of tries) {
        const told = await carry(company, server, 'dora-courier', [release], manifestFor(company, newest, server));
        rows.push(`${server}: ${what}: ${told === why ? 'as expected' : 'UNEXPECTED'} ${told}`);
      }
    console.log(`tried\n${rows.join('\n')}`);
    expect(rows).toHaveLength(12);
    expect(rows.filter((row) => row.includes('UNEXPECTED'))).toEqual([]);
    // The couriers of before carry no more, since the release that root pinned has its manifest in force.
    for (const server of SERVERS) expect(await carry(company, server, 'alice-courier', [newest])).toContain('status 255');
  }, 180_000);

  it('goes on from there: the next change, an offboarding of one of before, who is known to have had root', async () => {
    company.rules('{ name: all, to: { employees: [mia, erin] }, servers: { names: ["*"] } }');
    expect(await approve('dora')).toMatchObject({ status: 6 });
    expect(await approve('erin')).toMatchObject({ status: 0 });
    await company.must('dora', 'deliver');
    expect(await Promise.all(SERVERS.map(async (server) => (await company.login(server, 'erin')).status))).toEqual([0, 0]);
    const out = await company.must('dora', 'offboard', 'alice', '--confirm', 'alice');
    expect(out.stdout.match(/alice enrolled it: reported, not proved, until it is\s+rebuilt/g)).toHaveLength(2);
    expect((await company.must('erin', 'offboard', 'mia', '--confirm', 'mia')).stdout).not.toContain('enrolled it');
    // A pipeline is given the new fingerprint; with the one of release 1 it carries nothing that servers take.
    const runner = { KEYWARD_COURIER_KEY: company.key('erin-courier').path };
    expect(await company.keywardWith({ ...runner, KEYWARD_FIRST_RELEASE: fingerprint }, 'runner', 'deliver')).toMatchObject({ status: 0 });
    const first = hashOf(stored(company, 1).text, crypto);
    const behind = await company.keywardWith({ ...runner, KEYWARD_FIRST_RELEASE: first }, 'runner', 'deliver');
    expect(behind.status).toBe(5);
    expect(behind.stdout.replaceAll(/\s+/g, ' ')).toContain('which this device does not believe; if that one begins anew');
    expect((await company.must('erin', 'access', '--on', 'web-1')).stdout.replaceAll(/ +/g, ' ')).toContain(`key on root ${company.key('root').fingerprint}`);
  }, 180_000);
});
