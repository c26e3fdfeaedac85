/** `status`: every thing it must name is planted here and found, and nothing else is; it reaches nothing. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { signerSetHash } from '../../src/core/texts/index.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import { statusText, thresholdText } from '../../src/terminal/status-text.ts';
import { plan } from '../../src/verbs/plan.ts';
import { status } from '../../src/verbs/status.ts';
import type { StatusReport } from '../../src/verbs/status.ts';
import { readClone } from '../../src/verbs/clone.ts';
import { crypto } from '../core/texts/signing.ts';
import { jsonFaults } from '../stories/json-schemas.ts';
import { makeOrganization } from './organization.ts';
import type { Organization, Wishes } from './organization.ts';

const wishes: Wishes = {
  signers: ['alice', 'bob', 'carol'],
  threshold: 2,
  employees: { dora: '' },
  servers: { 'web-1': '', 'web-2': '' },
  rules: ['{ name: web, to: { employees: [alice, dora] }, servers: { names: ["web-*"] }, allow: [pty] }'],
};

async function look(org: Organization, handle = 'alice'): Promise<StatusReport> {
  const world = await org.world(handle);
  const report = await status({
    ...world,
    target: () => Promise.reject(new Error('status reached a target')),
    journals: { ...world.journals, begin: () => Promise.reject(new Error('status wrote a journal')) },
    repository: {
      ...world.repository,
      write: () => Promise.reject(new Error('status wrote')),
      remove: () => Promise.reject(new Error('status removed')),
    },
  });
  expect(jsonFaults('status', JSON.stringify(report))).toEqual([]);
  return report;
}

const todo = (report: StatusReport): string[] => report.todo.map(({ what }) => what);
const plain = (report: StatusReport): string => statusText(report, PLAIN).replaceAll(/\s+/g, ' ');

/** Everything signed, delivered and confirmed. */
async function acme(more: Wishes = {}): Promise<Organization> {
  const org = await makeOrganization({ ...wishes, ...more });
  await org.release(['alice', 'bob']);
  for (const server of Object.keys(more.servers ?? wishes.servers ?? {})) await org.receipt(server);
  return org;
}

async function next(org: Organization, time: string, change: (text: string) => string = (text) => text): Promise<void> {
  org.clock.set(time);
  org.edit('access-policy.yaml', change);
  await org.release(['alice', 'bob']);
}

describe('nothing to do', () => {
  it('is said only after looking, and says at how much', async () => {
    const report = await look(await acme());
    expect(report.todo).toEqual([]);
    expect(report.looked).toEqual({
      releases: 1,
      targets: 2,
      receipts: 2,
      drafts: 0,
      revocations: 0,
      people: 2,
      accesses: 4,
    });
    expect(report.targets.map(({ state }) => state)).toEqual(['in-force', 'in-force']);
    expect(plain(report)).toContain(
      'Nothing to do. Looked at 1 release, 2 receipts of 2 targets, 0 revocations, 4 accesses of 2 people',
    );
  });

  it('is never said where nothing is signed', async () => {
    const report = await look(await makeOrganization(wishes));
    expect(todo(report)).toEqual(['approve']);
    expect(report.release).toBeUndefined();
    expect(plain(report)).toContain('nothing: no release has all its signatures yet');
  });
});

describe('where trust begins', () => {
  it('is printed whole, and whether this device compared it', async () => {
    const org = await acme();
    const { hash } = (await look(org)).release ?? {};
    expect((await look(org)).firstRelease).toEqual({ hash, number: 1, compared: true });
    const stranger = await look(org, 'dora');
    expect(stranger.firstRelease).toEqual({ hash, number: 1, compared: false });
    expect(todo(stranger)).toEqual(['compare-first-release']);
    expect(statusText(stranger, PLAIN)).toMatch(new RegExp(`^release 1 +${hash}$`, 'm'));
  });

  it('ends the page when this device has verified more than lies here', async () => {
    const org = await acme();
    const world = await org.world('alice');
    const verified = { number: 2, hash: 'a'.repeat(64) };
    await world.settings.write('acme', { ...(await world.settings.read('acme')), verified });
    await expect(look(org)).rejects.toThrow('this clone does not hold it');
  });

  it('ends the page when release 1 is another one', async () => {
    const org = await acme();
    const other = await makeOrganization({ ...wishes, now: '2026-10-05T08:00:00Z' });
    const world = await org.world('alice');
    const { hash } = await other.release(['alice', 'bob']);
    await world.settings.write('acme', { ...(await world.settings.read('acme')), firstRelease: hash });
    const failure = await look(org).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure instanceof Failure ? [failure.code, failure.exit] : failure).toEqual(['trust', 5]);
  });
});

describe('what the threshold means', () => {
  it.each([
    [1, ['alice'], 'alice alone can grant; whoever steals that key can too'],
    [1, ['alice', 'bob'], 'one signer alone can grant; whoever steals one of their keys can too'],
    [2, ['alice', 'bob', 'carol'], 'one stolen key grants nothing, and one lost key blocks nothing'],
    [3, ['a', 'b', 'c', 'd', 'e'], '2 stolen keys grant nothing, and 2 lost keys block nothing'],
    [2, ['alice', 'bob'], 'losing one key blocks everything but taking away'],
  ])('%i of %j', (threshold, people, sentence) => {
    expect(thresholdText({ threshold, people, left: [], set: 1 })).toContain(sentence);
  });

  it('is that of the release, not of the working tree', async () => {
    const org = await acme();
    org.edit('access-policy.yaml', (text) => text.replace('threshold: 2', 'threshold: 1'));
    expect((await look(org)).signers).toEqual({ threshold: 2, people: ['alice', 'bob', 'carol'], left: [], set: 1 });
  });
});

describe('servers', () => {
  const states = ({ targets }: StatusReport): string[] => targets.map(({ name, state }) => `${name} ${state}`);

  it('are told apart by their stored receipts', async () => {
    const org = await acme({ servers: { 'web-1': '', 'web-2': '', 'web-3': '', 'web-4': '', 'web-5': '' } });
    await next(org, '2026-10-02T08:00:00Z', (text) => text.replace('[alice, dora]', '[alice]'));
    const { hash } = await org.release(['alice', 'bob']);
    await org.receipt('web-1', { release: { number: 3, hash } });
    await org.receipt('web-2', { manifest: 'a'.repeat(64) });
    await org.receipt('web-3', { release: { number: 3, hash: 'b'.repeat(64) } });
    await org.receipt('web-4', { release: { number: 9, hash: 'c'.repeat(64) } });
    const report = await look(org);
    expect(states(report)).toEqual([
      'web-1 in-force',
      'web-2 partly',
      'web-3 conflict',
      'web-4 ahead',
      'web-5 lagging',
    ]);
    expect(report.targets[4]).toMatchObject({ release: 1, sameManifest: false });
    expect(todo(report)).toEqual(['pull', 'conflict', 'deliver']);
  });

  it('are never taken as clean when nobody heard from them, or when a receipt proves nothing', async () => {
    const org = await acme({ servers: { 'web-1': '', 'web-2': '', 'web-3': '' } });
    org.edit('receipts/web-1', undefined);
    org.edit('receipts/web-2', (text) => text.replace('clock right', 'clock behind'));
    const report = await look(org);
    expect(states(report)).toEqual(['web-1 never-heard', 'web-2 not-believed', 'web-3 in-force']);
    expect(report.looked).toMatchObject({ targets: 3, receipts: 2 });
    expect(report.todo).toMatchObject([{ what: 'deliver', next: 'keyward deliver --server web-1 --server web-2' }]);
  });

  it('that lag behind a release that changed nothing for them are named as such', async () => {
    const org = await acme();
    await next(org, '2026-10-02T08:00:00Z', (text) => text.replace('web-*', 'web-1'));
    expect((await look(org)).targets.map(({ sameManifest }) => sameManifest)).toEqual([true, false]);
  });

  it('that still believe other signers are named (R20)', async () => {
    const org = await acme();
    const old = (await readClone(await org.world('alice'), { for: 'look' })).chain?.newest.value;
    if (old === undefined) throw new Error('no release');
    org.edit('signers/carol.pub', undefined);
    await next(org, '2026-10-02T08:00:00Z');
    await org.receipt('web-1');
    await org.receipt('web-2', { signerSet: { number: 1, hash: signerSetHash(old, crypto) } });
    const report = await look(org);
    expect(report.signers.set).toBe(2);
    expect(report.targets.map(({ otherSigners }) => otherSigners)).toEqual([false, true]);
    expect(todo(report)).toEqual(['other-signers']);
    expect(plain(report)).toContain('web-2 still believes another signer set');
  });

  it.each([
    ['failed', { failed: [{ what: 'job', subject: 'cron', why: 'it stays' }] }, 'job cron: it stays'],
    ['differs', { differs: [{ what: 'sudoers', subject: 'keyward' }] }, 'sudoers keyward'],
    ['refused', { refused: [{ kind: 'release', hash: 'd'.repeat(64), why: 'rollback' as const }] }, 'release rollback'],
    ['conflict', { conflicts: [{ number: 4, hash: 'e'.repeat(64) }] }, 'a second release 4 (eeeeeeeeeeee…)'],
    ['clock-behind', { clock: 'behind' as const }, 'nothing that ends is served until its clock is right'],
    [
      'unknown-way-in',
      {
        waysIn: [
          { kind: 'sudo' as const, account: 'eve', subject: 'ALL', state: 'unknown' as const, comment: undefined },
        ],
      },
      'sudo for eve, by ALL',
    ],
  ])('report %s, and it is passed on', async (kind, parts, what) => {
    const org = await acme();
    await org.receipt('web-2', parts);
    const report = await look(org);
    expect(report.reported).toEqual([{ target: 'web-2', kind, what, ...(kind === 'unknown-way-in' ? { asOf: org.clock.now() } : {}) }]);
    expect(todo(report)).toEqual(['look']);
  });

  it('report nothing when a way in is accepted or a revocation was listed already', async () => {
    const subject = 'SHA256:Yk3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
    const org = await acme({ servers: { 'web-1': '', 'web-2': `accepted: [{ account: root, key: "${subject}", reason: rescue }]` } });
    await org.receipt('web-2', {
      waysIn: [{ kind: 'key', account: 'root', subject, state: 'accepted', comment: undefined }],
      refused: [{ kind: 'revocation', hash: 'd'.repeat(64), why: 'listed' }],
    });
    expect((await look(org)).reported).toEqual([]);
  });
});

describe('what waits for signatures', () => {
  it('is named with those who may sign, and asks the one who sits here', async () => {
    const org = await acme();
    org.edit('access-policy.yaml', (text) => text.replace('[alice, dora]', '[alice]'));
    await org.release(['bob']);
    const report = await look(org);
    expect(report.drafts).toMatchObject([
      { number: 2, signedBy: ['bob'], missing: 1, from: ['alice', 'carol'], missingOfOldSet: 0 },
    ]);
    expect(report.todo).toMatchObject([{ what: 'sign', next: 'keyward approve' }]);
    expect((await look(org, 'bob')).todo).toMatchObject([
      { what: 'sign', next: 'ask alice or carol to run keyward approve' },
    ]);
    expect(report.release?.number).toBe(1);
  });

  it('names the signers in force as well where the set changes', async () => {
    const org = await acme();
    org.edit('signers/carol.pub', undefined);
    await org.release(['alice']);
    expect((await look(org)).drafts).toMatchObject([
      { missing: 1, from: ['bob'], missingOfOldSet: 1, fromOldSet: ['bob', 'carol'] },
    ]);
  });

  it('is no draft that nobody signed: it is named as not believed', async () => {
    const org = await acme();
    const { files } = await (await import('./release-by-hand.ts')).draftByHand(await org.world('bob'));
    await (await org.world('bob')).repository.write(files);
    const report = await look(org);
    expect(report.drafts).toEqual([]);
    expect(report.refused).toMatchObject([{ number: 2, reason: 'signature-missing' }]);
    expect(todo(report)).toEqual(['refused-release']);
  });

  it('is two releases of one number in one file after a merge: nobody is suspected, and how to go on is said', async () => {
    const org = await acme();
    org.edit('releases/2/release', '<<<<<<< HEAD\nkeyward-release v1\nnumber 2\n=======\nnumber 2\n>>>>>>> theirs\n');
    const report = await look(org);
    expect(report.refused).toMatchObject([{ number: 2, reason: 'merge-conflict' }]);
    expect(report.todo.find(({ what }) => what === 'refused-release')?.next).toContain('git checkout --theirs releases/2');
  });

  it('in a merge nothing is approved before it is finished: that is the next step, in the policy and in a release', async () => {
    const org = await acme();
    const nexts = async (): Promise<Record<string, string>> => Object.fromEntries((await look(org)).todo.map(({ what, next: step }) => [what, step]));
    org.edit('access-policy.yaml', (text) => text.replace('[alice, dora]', '[bob]'));
    org.edit('releases/2/release', '<<<<<<< HEAD\nkeyward-release v1\nnumber 2\n=======\nnumber 2\n>>>>>>> theirs\n');
    expect((await nexts())['approve']).toBe('finish the merge here, commit, then keyward plan, then keyward approve');
    org.edit('releases/2/release', undefined);
    expect((await nexts())['approve']).toBe('keyward plan, then keyward approve');
    await org.revoke('dora', 'carol');
    org.edit('access-policy.yaml', (text) => text.replace('threshold:', '<<<<<<< HEAD\nthreshold: 1\n=======\n>>>>>>> theirs\nthreshold:'));
    const inPolicy = await nexts();
    expect(inPolicy['check']).toBe("take git's marks out of it (keyward check shows where) and commit");
    expect(inPolicy['approve']).toBe('finish the merge here, commit, then keyward plan, then keyward approve');
    org.clock.set('2027-06-01T08:00:00Z');
    expect((await nexts())['renew']).toBe('finish the merge here, commit, then keyward approve');
    org.edit('access-policy.yaml', (text) => text.replace(/<<<<<<< HEAD\n.*\n=======\n>>>>>>> theirs\n/, 'typo: 1\n'));
    expect((await nexts())['check']).toBe('keyward check');
  });

  it('a policy that was changed and not approved is named', async () => {
    const org = await acme();
    org.edit('access-policy.yaml', (text) => text.replace('[alice, dora]', '[bob]'));
    const report = await look(org);
    expect(report.plan).toMatchObject({ widens: 2, narrows: 4 });
    expect(todo(report)).toEqual(['approve']);
  });
});

describe('revocations', () => {
  it('are named until a release counts them and every server shows it', async () => {
    const org = await acme();
    org.clock.set('2026-10-02T08:00:00Z');
    const { name, hash } = await org.revoke('dora', 'carol');
    const first = await look(org);
    expect(first.revocations).toMatchObject([
      { name, person: 'dora', by: 'carol', counted: false, notShownBy: ['web-1', 'web-2'] },
    ]);
    expect(todo(first)).toEqual(['approve', 'deliver']);
    await org.receipt('web-1', { revocations: [hash] });
    expect((await look(org)).revocations[0]?.notShownBy).toEqual(['web-2']);
    org.edit('receipts/web-2', undefined);
    expect((await look(org)).revocations[0]?.notShownBy).toEqual(['web-2']);
    await next(org, '2026-10-03T08:00:00Z');
    expect((await look(org)).revocations).toMatchObject([{ name, counted: true, notShownBy: ['web-2'] }]);
    await org.receipt('web-2');
    expect((await look(org)).revocations).toEqual([]);
  });

  it('that are taken back are done with once a release says so', async () => {
    const org = await acme();
    const { name } = await org.revoke('dora', 'carol');
    org.edit('access-policy.yaml', (text) => `${text}undone: [${name}]\n`);
    expect((await look(org)).revocations).toMatchObject([{ name, counted: false, undoing: true }]);
    await next(org, '2026-10-02T08:00:00Z');
    expect((await look(org)).revocations).toEqual([]);
  });

  it('that do not count are named', async () => {
    const org = await acme();
    const { name } = await org.revoke('alice', 'dora');
    const report = await look(org);
    expect(report.revocations).toEqual([]);
    expect(report.idle.map((one) => one.name)).toEqual([name]);
    expect(todo(report)).toContain('idle-revocation');
  });
});

describe('what ends within 14 days', () => {
  const until = (end: string): Wishes => ({
    rules: [(wishes.rules?.[0] ?? '').replace('allow', `until: ${end}, allow`)],
  });

  it.each([
    ['2026-10-15T08:00:00Z', ['alice', 'dora']],
    ['2026-10-15T08:00:01Z', []],
    ['2026-10-01T08:00:00Z', ['alice', 'dora']],
  ])('until %s', async (end, who) => {
    const all = { kind: 'access', targets: ['web-1', 'web-2'], last: true };
    const { endsSoon } = await look(await acme(until(end)));
    expect(endsSoon).toMatchObject(who.map((person) => ({ person, ...all })));
    expect(endsSoon).toHaveLength(who.length);
  });

  it('is a person, or only some of what they may do', async () => {
    const org = await acme({
      employees: { dora: 'until: 2026-10-05' },
      rules: [
        ...(wishes.rules ?? []),
        '{ name: root for a while, to: { employees: [alice] }, servers: { names: [web-1] }, until: 2026-10-09, allow: [x11], sudo: [{ run-as: root, commands: ALL }] }',
      ],
    });
    const { endsSoon } = await look(org);
    expect(endsSoon.map(({ person, kind, targets, last }) => [person, kind, targets.join(), last])).toEqual([
      ['dora', 'access', 'web-1,web-2', true],
      ['alice', 'key-options', 'web-1', false],
      ['alice', 'sudo', 'web-1', false],
    ]);
  });

  it('has ended is not told any more', async () => {
    const org = await acme(until('2026-10-09'));
    org.clock.set('2026-10-10T00:00:00Z');
    expect((await look(org)).endsSoon).toEqual([]);
  });

  it.each([
    ['2026-12-16T07:59:59Z', 'fresh'],
    ['2026-12-16T08:00:00Z', 'expires-soon'],
    ['2026-12-30T08:00:00Z', 'expires-soon'],
    ['2026-12-30T08:00:01Z', 'expired'],
  ])('is the release itself, at %s %s', async (now, state) => {
    const org = await acme();
    org.clock.set(now);
    const report = await look(org);
    expect(report.release?.state).toBe(state);
    expect(todo(report)).toEqual(state === 'fresh' ? [] : ['renew']);
  });
});

describe('what lies here and does not count', () => {
  it('is named: an older release again, a receipt of nobody', async () => {
    const org = await acme();
    await next(org, '2026-10-02T08:00:00Z');
    for (const server of ['web-1', 'web-2']) await org.receipt(server);
    org.edit('receipts/old-server', 'keyward-receipt v1\n');
    await org.release(['alice'], { number: 3, previous: 'f'.repeat(64), signerSet: 3 });
    const report = await look(org);
    expect(report.strays).toEqual(['receipts/old-server']);
    expect(plain(report)).toContain('receipts/old-server of no target of this release');
    expect([...report.refused, ...report.drafts].map(({ number }) => number)).toEqual([3]);
  });

  it('is a release whose predecessor was lost', async () => {
    const org = await acme();
    await next(org, '2026-10-02T08:00:00Z', (text) => text.replace('[alice, dora]', '[alice]'));
    await next(org, '2026-10-03T08:00:00Z');
    const repository = (await org.world('alice')).repository;
    for (const name of await repository.list('releases/2'))
      if (!name.startsWith('manifest-')) org.edit(`releases/2/${name}`, undefined);
    const report = await look(org);
    expect(report.gaps).toEqual([3]);
    expect(todo(report)).toContain('gap');
  });
});

describe('the receiver', () => {
  const NEWER = 'cd'.repeat(32);
  const carrying = async (org: Organization, receiver: string): Promise<StatusReport> => {
    const world = await org.world('alice');
    return status({ ...world, receiver: async () => ({ text: '', hash: receiver }) });
  };

  it('of a server that is not the one of the release is named, and enrolling again renews it', async () => {
    const org = await makeOrganization(wishes);
    await org.release(['alice', 'bob']);
    await org.compare('alice');
    await org.receipt('web-1');
    await org.receipt('web-2');
    expect(todo(await look(org))).toEqual([]);
    await org.receipt('web-2', { receiver: 'ab'.repeat(32) as never });
    const report = await look(org);
    expect(report.receiver.state).toBe('same');
    expect(report.targets.map(({ name, otherReceiver }) => [name, otherReceiver])).toEqual([
      ['web-1', false],
      ['web-2', true],
    ]);
    expect(report.todo).toEqual([
      expect.objectContaining({ what: 'renew-receiver', next: 'keyward server enroll web-2' }),
    ]);
    expect(plain(report)).toContain('has another receiver than the release');
  });

  it('that a newer keyward carries is to be signed first; an older keyward is told to be renewed, and approves only by a risk', async () => {
    const org = await makeOrganization(wishes);
    await org.release(['alice', 'bob']);
    await org.compare('alice');
    const here = await carrying(org, NEWER);
    expect(here.receiver).toMatchObject({ carried: NEWER, state: 'other' });
    expect(todo(here)).toContain('sign-receiver');
    const old = (await look(org)).receiver.carried;
    org.clock.set('2026-10-02T08:00:00Z');
    await org.release(['alice', 'bob'], { receiver: NEWER as never });
    await org.receipt('web-1', { receiver: old as never });
    const report = await look(org);
    expect(report.receiver).toEqual({ carried: old, signed: NEWER, state: 'older' });
    expect(todo(report)).toContain('renew-keyward');
    expect(todo(report)).not.toContain('renew-receiver');
    expect(report.todo.find(({ what }) => what === 'renew-keyward')?.next).toContain('then keyward server enroll web-1');
    expect((await plan(await org.world('alice'))).risks.map(({ name }) => name)).toContain('older-receiver');
    expect(todo(await carrying(org, NEWER))).toContain('renew-receiver');
  });

  it('of a server that has a later release than this clone is nothing to enroll again: the clone is the one that lags', async () => {
    const org = await makeOrganization(wishes);
    await org.release(['alice', 'bob']);
    await org.compare('alice');
    await org.receipt('web-1');
    await org.receipt('web-2', { receiver: NEWER as never, release: { number: 2, hash: 'cd'.repeat(32) as never } });
    const report = await look(org);
    expect(report.targets[1]).not.toHaveProperty('otherReceiver');
    expect(todo(report)).toEqual(['pull']);
    expect(report.todo[0]?.next).toBe('git pull');
    // In a merge git pulls nothing: it says so, and a person must finish the merge first.
    org.edit('access-policy.yaml', (text) => text.replace('threshold:', '<<<<<<< HEAD\nthreshold: 1\n=======\n>>>>>>> theirs\nthreshold:'));
    const merging = await look(org);
    expect(merging.todo.find(({ what }) => what === 'pull')?.next).toBe('finish the merge here, commit, then git pull');
  });
});
