/** The auditor's question: who reached this server on that day, by which rule, signed by whom, and what the server said. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { accessText } from '../../src/terminal/access-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import { access } from '../../src/verbs/access.ts';
import type { AccessOptions, AccessReport } from '../../src/verbs/access.ts';
import { jsonFaults } from '../stories/json-schemas.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

const RULE = '{ name: web people, to: { employees: [bob] }, servers: { names: [web-1] } }';

function git(org: Organization, ...words: string[]): string {
  return execFileSync('git', ['-C', org.root, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], {
    encoding: 'utf8',
  });
}
function commit(org: Organization): void {
  git(org, 'add', '--all');
  git(org, 'commit', '--quiet', '--message', 'x');
}

/** bob from release 1 (1 October) to release 2 (5 October), when the rule and his line go; the receipts in between. */
async function history(): Promise<Organization> {
  const org = await makeOrganization({
    signers: ['alice', 'dora'],
    threshold: 2,
    employees: { bob: '' },
    servers: { 'web-1': '' },
    rules: [RULE],
  });
  git(org, 'init', '--quiet');
  await org.release(['alice', 'dora']);
  commit(org);
  org.clock.set('2026-10-02T08:00:00Z');
  const way = {
    kind: 'key',
    account: 'root',
    subject: 'SHA256:NgtTVYmAjyd4F9GcXyCEs4l3MRwlSH6A3iNJ4OZnlLg',
    state: 'unknown',
    comment: 'old admin',
  } as const;
  await org.receipt('web-1', { waysIn: [way] });
  commit(org);
  org.clock.set('2026-10-05T08:00:00Z');
  org.edit('access-policy.yaml', (text) => text.replace(/rules:[\s\S]*/, 'rules: []\n').replace(/ {2}bob:.*\n/, ''));
  org.edit('keys/bob.pub', undefined);
  await org.release(['alice', 'dora']);
  org.clock.set('2026-10-06T08:00:00Z');
  await org.receipt('web-1');
  commit(org);
  return org;
}

async function ask(org: Organization, options: Partial<AccessOptions>): Promise<AccessReport> {
  const report = await access(await org.world('alice'), { draft: false, ...options });
  expect(jsonFaults('access', JSON.stringify(report))).toEqual([]);
  return report;
}

it('is answered from version control: rule, signatures, receipt, and the ways in of that day', async () => {
  const org = await history();
  for (const at of ['2026-10-03', '1']) {
    const { read, access: all, waysIn, targets } = await ask(org, { on: 'web-1', at });
    expect(read).toMatchObject({ policy: 'then', release: { number: 1, signedBy: ['alice', 'dora'], newest: false } });
    expect(all).toHaveLength(1);
    expect(all[0]).toMatchObject({
      person: 'bob',
      since: { release: 1, signedBy: ['alice', 'dora'] },
      by: { kind: 'rules', rules: [{ name: 'web people', place: { file: 'access-policy.yaml' } }] },
      confirmed: { state: 'confirmed', release: 1, proof: 'signed' },
    });
    expect(waysIn).toMatchObject([{ account: 'root', comment: 'old admin', state: 'unknown' }]);
    expect(targets[0]?.heard).toMatchObject({ state: 'heard', release: 1 });
  }
  const text = accessText(await ask(org, { on: 'web-1', at: '2026-10-03' }), PLAIN);
  expect(text).toContain('web-1  release 1, 2026-10-02T08:00:00Z, signed by its host key');
  expect(text).toContain('from the policy that release 1 was made from');
  expect((await ask(org, { handle: 'bob', at: '1' })).access).toHaveLength(1);
});

it('is answered for the day before the server said anything, and for the day after it all went', async () => {
  const org = await history();
  const early = await ask(org, { on: 'web-1', at: '2026-10-01' });
  expect(early.access[0]?.confirmed).toEqual({ state: 'never-heard' });
  expect(accessText(early, PLAIN)).toContain('never heard from: what else let in there is unknown');
  const late = await ask(org, { on: 'web-1', at: '2026-10-07' });
  expect(late).toMatchObject({ access: [], waysIn: [], read: { policy: 'same', release: { number: 2 } } });
});

it('believes nothing of version control that does not prove itself', async () => {
  const org = await history();
  // Somebody puts a receipt into the history that says more than the server signed.
  org.clock.set('2026-10-03T08:00:00Z');
  const signed = git(org, 'show', 'HEAD:receipts/web-1');
  org.edit('receipts/web-1', signed.replace('time 2026-10-06', 'time 2026-10-03'));
  commit(org);
  org.edit('receipts/web-1', signed);
  commit(org);
  expect((await ask(org, { on: 'web-1', at: '2026-10-04' })).targets[0]?.heard).toMatchObject({
    state: 'heard',
    time: 1_790_928_000,
  });
});

it('takes the newest receipt of then, also where somebody put an older one back', async () => {
  const org = await history();
  org.edit('receipts/web-1', git(org, 'show', 'HEAD~1:receipts/web-1'));
  commit(org);
  const { targets, waysIn } = await ask(org, { on: 'web-1', at: '2026-10-07' });
  expect(targets[0]?.heard).toMatchObject({ state: 'heard', release: 2, time: 1_791_273_600 });
  expect(waysIn).toEqual([]);
});

it('is unknown, not "nothing", without version control and in a clone without its history', async () => {
  const org = await history();
  execFileSync('sh', ['-c', 'mv "$1/.git" "$1/../git-aside"', 'sh', org.root]);
  const { access: all, targets, read } = await ask(org, { on: 'web-1', at: '2026-10-03' });
  expect(all[0]).toMatchObject({ by: { kind: 'policy-of-release', release: 1 }, confirmed: { state: 'unknown' } });
  expect(targets[0]?.heard).toMatchObject({ state: 'unknown', why: expect.stringContaining('no version control') });
  expect(read.policy).toBe('differs');
  execFileSync('sh', [
    '-c',
    'git clone -q --depth 1 "file://$1/../git-aside" "$1/../shallow" && mv "$1/../shallow/.git" "$1/.git"',
    'sh',
    org.root,
  ]);
  expect((await ask(org, { on: 'web-1', at: '2026-10-03' })).targets[0]?.heard).toMatchObject({
    state: 'unknown',
    why: expect.stringContaining('whole history'),
  });
});
