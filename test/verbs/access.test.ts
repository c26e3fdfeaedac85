/** `access`: read from what is signed, since when, by which rule, and what servers confirmed of it. */
import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/core/failure.ts';
import { accessText } from '../../src/terminal/access-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import { access } from '../../src/verbs/access.ts';
import type { AccessOptions, AccessReport } from '../../src/verbs/access.ts';
import type { AccessDetail } from '../../src/verbs/access-detail.ts';
import { jsonFaults } from '../stories/json-schemas.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';
import { draftByHand } from './release-by-hand.ts';

const RULE = '{ name: web, to: { employees: [alice, bob] }, servers: { labels: { role: web } }, allow: [pty] }';
const wishes = {
  signers: ['alice', 'bob'],
  threshold: 2,
  employees: { carol: '' },
  servers: { 'web-1': 'labels: { role: web }', 'web-2': 'labels: { role: web }', 'db-1': '' },
  rules: [RULE],
};

async function acme(): Promise<Organization> {
  const made = await makeOrganization(wishes);
  await made.release(['alice', 'bob']);
  return made;
}

/** The next release, a day later, with the policy's text changed. */
async function next(org: Organization, day: number, change: (text: string) => string = (text) => text): Promise<void> {
  org.clock.set(`2026-10-0${day}T08:00:00Z`);
  org.edit('access-policy.yaml', change);
  await org.release(['alice', 'bob']);
}

async function ask(org: Organization, options: Partial<AccessOptions> = {}): Promise<AccessReport> {
  const report = await access(await org.world('alice'), { draft: false, ...options });
  expect(jsonFaults('access', JSON.stringify(report))).toEqual([]);
  return report;
}

async function one(
  org: Organization,
  handle: string,
  on: string,
  options: Partial<AccessOptions> = {},
): Promise<AccessDetail | undefined> {
  return (await ask(org, { handle, on, ...options })).access[0];
}

const pairs = ({ access: all }: AccessReport): string[] => all.map(({ person, target }) => `${person} ${target}`);

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof Failure)) throw new Error('it did not fail');
  return failure;
}

describe('what is read', () => {
  it('is the signed release, whatever the working tree says', async () => {
    const org = await acme();
    org.edit('access-policy.yaml', (text) => text.replace('[alice, bob]', '[alice, bob, carol]'));
    const report = await ask(org);
    expect(pairs(report)).toEqual(['alice web-1', 'alice web-2', 'bob web-1', 'bob web-2']);
    expect(report.without.map(({ handle }) => handle)).toEqual(['carol']);
    expect(report.read).toMatchObject({ from: 'release', servers: 3, people: 2, policy: 'differs', compared: true });
    expect(report.read.release).toMatchObject({ number: 1, signedBy: ['alice', 'bob'], newest: true });
  });

  it('is the working tree when that is asked for, and only then', async () => {
    const org = await acme();
    org.edit('access-policy.yaml', (text) => text.replace('[alice, bob]', '[bob, carol]'));
    const report = await ask(org, { draft: true });
    expect(report.read.from).toBe('working-tree');
    expect(pairs(report)).toEqual(['bob web-1', 'bob web-2', 'carol web-1', 'carol web-2']);
    expect(report.access.map(({ since }) => since?.release)).toEqual([1, 1, undefined, undefined]);
  });

  it('needs a signed release: one signature of two is none', async () => {
    const org = await makeOrganization(wishes);
    await org.release(['alice']);
    expect((await failureOf(ask(org))).code).toBe('waits');
    expect(pairs(await ask(org, { draft: true }))).toHaveLength(4);
  });

  it('says that names come from a policy nobody signed when two handles were swapped', async () => {
    const org = await acme();
    expect((await ask(org)).read.policy).toBe('same');
    const [alice, bob] = [org.person('alice'), org.person('bob')];
    org.edit('access-policy.yaml', (text) =>
      text.replace(alice, 'x').replace(bob, alice).replace('id: x', `id: ${bob}`),
    );
    const report = await ask(org);
    expect(report.read.policy).toBe('differs');
    org.edit('releases/1/inputs', undefined);
    expect((await ask(org)).read.policy).toBe('unknown');
  });

  it('takes no list of inputs but the signed one, and sees a file that was added', async () => {
    const org = await acme();
    org.edit('access-policy.d/more.yaml', 'rules: []\n');
    expect((await ask(org)).read.policy).toBe('differs');
    const { files } = await draftByHand(await org.world('alice'));
    org.edit('releases/1/inputs', new TextDecoder().decode(files.get('releases/2/inputs')));
    expect((await ask(org)).read.policy).toBe('unknown');
  });

  it('is not believed when a manifest was changed, or when this device has seen a later release', async () => {
    const org = await acme();
    await next(org, 2, (text) => text.replace('[alice, bob]', '[alice]'));
    const world = await org.world('alice');
    const verified = { number: 3, hash: 'f'.repeat(64) };
    await world.settings.write('acme', { ...(await world.settings.read('acme')), verified });
    expect((await failureOf(ask(org))).code).toBe('trust');
    const other = await acme();
    const [path = ''] = [...(await (await other.world('alice')).repository.read(['releases/1'])).keys()].filter(
      (name) => name.includes('manifest-'),
    );
    other.edit(path, (text) => text.replace('organization acme', 'organization acmf'));
    expect((await failureOf(ask(other))).code).toBe('trust');
  });
});

describe('since when', () => {
  it('is the first release of an unbroken run', async () => {
    const org = await acme();
    await next(org, 2, (text) => text.replace('[alice, bob]', '[alice]'));
    await next(org, 3);
    await next(org, 4, (text) => text.replace('[alice]', '[alice, bob]'));
    await next(org, 5);
    expect((await one(org, 'bob', 'web-1'))?.since).toMatchObject({ release: 4, signedBy: ['alice', 'bob'] });
    expect((await one(org, 'alice', 'web-1'))?.since?.release).toBe(1);
    expect((await one(org, 'bob', 'web-1', { at: '1' }))?.since?.release).toBe(1);
    expect(await one(org, 'bob', 'web-1', { at: '3' })).toBeUndefined();
  });

  it('is told of each line: what was added later is younger', async () => {
    const org = await acme();
    await next(org, 2, (text) =>
      text.replace('allow: [pty] }', 'allow: [pty], sudo: [{ run-as: root, commands: [/usr/bin/id] }] }'),
    );
    const found = await one(org, 'bob', 'web-1');
    expect(found?.since?.release).toBe(1);
    expect(found?.sudo).toMatchObject([{ runAs: 'root', command: '/usr/bin/id', since: { release: 2 } }]);
    expect(found?.keys).toMatchObject([{ allow: { pty: true }, since: { release: 1 } }]);
  });

  it('goes on when an end is put off in time, and begins anew when it had passed', async () => {
    const org = await makeOrganization({
      ...wishes,
      rules: [RULE.replace('allow', 'until: 2026-10-03T08:00:00Z, allow')],
    });
    await org.release(['alice', 'bob']);
    await next(org, 2, (text) => text.replace('2026-10-03T08', '2026-10-04T08'));
    expect((await one(org, 'bob', 'web-1'))?.since?.release).toBe(1);
    await next(org, 5, (text) => text.replace('2026-10-04T08', '2026-10-09T08'));
    expect((await one(org, 'bob', 'web-1'))?.since?.release).toBe(3);
  });
});

describe('by which rule', () => {
  it('is known where the policy here gives exactly this', async () => {
    const org = await acme();
    org.edit(
      'access-policy.yaml',
      (text) => `${text}  - { name: db, to: { employees: [carol] }, servers: { names: [db-1] } }\n`,
    );
    expect((await one(org, 'bob', 'web-1'))?.by).toMatchObject({
      kind: 'rules',
      rules: [{ name: 'web', place: { file: 'access-policy.yaml' } }],
    });
  });

  it('is the policy of the release where the policy here would give something else', async () => {
    const org = await acme();
    org.edit('access-policy.yaml', (text) => text.replace('allow: [pty]', 'allow: []'));
    expect((await one(org, 'bob', 'web-1'))?.by).toEqual({ kind: 'policy-of-release', release: 1 });
  });

  it('is every rule that adds to it', async () => {
    const org = await makeOrganization({
      ...wishes,
      rules: [RULE, '{ name: more, to: { employees: [bob] }, servers: { names: [web-1] }, allow: [agent-forwarding] }'],
    });
    await org.release(['alice', 'bob']);
    const { by } = (await one(org, 'bob', 'web-1')) ?? {};
    expect(by?.kind === 'rules' ? by.rules.map(({ name }) => name) : by).toEqual(['web', 'more']);
  });
});

describe('what servers confirmed', () => {
  const state = async (org: Organization, on: string): Promise<unknown> =>
    (await one(org, 'bob', on))?.confirmed?.state;

  it('is told apart: confirmed, not yet, never heard, not believed', async () => {
    const org = await acme();
    await org.receipt('web-1');
    expect((await one(org, 'bob', 'web-1'))?.confirmed).toEqual({
      state: 'confirmed',
      release: 1,
      time: org.clock.now(),
      proof: 'signed',
    });
    expect(await state(org, 'web-2')).toBe('never-heard');
    await next(org, 2, (text) => text.replace('allow: [pty]', 'allow: [pty, x11]'));
    expect(await state(org, 'web-1')).toBe('not-yet');
    await org.receipt('web-2');
    expect(await state(org, 'web-2')).toBe('confirmed');
    org.edit('receipts/web-2', (text) => text.replace('openssh 9.2p1', 'openssh 9.2p2'));
    expect(await state(org, 'web-2')).toBe('not-believed');
  });

  it('is not a receipt of another server under this name', async () => {
    const org = await acme();
    await org.receipt('web-1');
    org.edit(
      'receipts/web-2',
      (await (await org.world('alice')).repository.read(['receipts/web-1'])).get('receipts/web-1')?.toString() ?? '',
    );
    expect(await state(org, 'web-2')).toBe('not-believed');
  });

  it('holds with an older release in which the same lines stand', async () => {
    const org = await acme();
    await org.receipt('web-1');
    await next(org, 2, (text) => text.replace('[alice, bob]', '[alice, bob, carol]'));
    expect(await state(org, 'web-1')).toBe('confirmed');
    expect((await one(org, 'carol', 'web-1'))?.confirmed?.state).toBe('not-yet');
  });

  it('is unknown for another day where no version control tells of it', async () => {
    const org = await acme();
    org.clock.set('2026-10-05T08:00:00Z');
    await org.receipt('web-1');
    expect((await one(org, 'bob', 'web-1', { at: '2026-10-02' }))?.confirmed).toMatchObject({ state: 'unknown' });
    expect((await one(org, 'bob', 'web-1', { at: '2026-10-05' }))?.confirmed).toMatchObject({ state: 'confirmed' });
  });
});

describe('who is revoked', () => {
  it('is marked until a release counts it, and says where it is held', async () => {
    const org = await acme();
    await org.receipt('web-1');
    org.clock.set('2026-10-02T08:00:00Z');
    const { name, hash } = await org.revoke('bob', 'alice');
    const found = await one(org, 'bob', 'web-1');
    expect(found?.revoked).toEqual({ name, by: 'alice', time: org.clock.now(), heldThere: false });
    expect(found?.keys[0]?.revoked).toBe(true);
    expect((await one(org, 'alice', 'web-1'))?.revoked).toBeUndefined();
    await org.receipt('web-1', { revocations: [hash] });
    expect((await one(org, 'bob', 'web-1'))?.revoked?.heldThere).toBe(true);
    expect((await one(org, 'bob', 'web-1', { at: '1' }))?.revoked).toBeUndefined();
    await next(org, 3);
    expect(await one(org, 'bob', 'web-1')).toBeUndefined();
  });

  it('is not marked by a revocation that nobody may sign', async () => {
    const org = await acme();
    await org.revoke('bob', 'carol');
    expect((await one(org, 'bob', 'web-1'))?.revoked).toBeUndefined();
  });

  it('is not marked any more once a release takes it back', async () => {
    const org = await acme();
    const { name } = await org.revoke('bob', 'alice');
    await next(org, 2);
    await next(org, 3, (text) => `${text}undone: [${name}]\n`);
    const found = await one(org, 'bob', 'web-1');
    expect([found?.since?.release, found?.revoked, found?.keys[0]?.revoked]).toEqual([3, undefined, false]);
  });

  it('keeps the person where only a key is taken away', async () => {
    const org = await acme();
    await org.revoke('bob', 'alice', { id: undefined });
    const found = await one(org, 'bob', 'web-1');
    expect(found?.revoked).toBeUndefined();
    expect(found?.keys[0]?.revoked).toBe(true);
  });
});

describe('which day, which person, which target', () => {
  it('leaves out what has ended, and finds it on a day before', async () => {
    const org = await makeOrganization({ ...wishes, rules: [RULE.replace('allow', 'until: 2026-10-03, allow')] });
    await org.release(['alice', 'bob']);
    org.clock.set('2026-10-04T00:00:00Z');
    expect(pairs(await ask(org))).toEqual([]);
    expect(pairs(await ask(org, { at: '2026-10-03' }))).toHaveLength(4);
    expect(pairs(await ask(org, { at: '1' }))).toHaveLength(4);
  });

  it('takes the release that was newest then', async () => {
    const org = await acme();
    await next(org, 3, (text) => text.replace('[alice, bob]', '[bob]'));
    const then = await ask(org, { at: '2026-10-02' });
    expect(then.read.release).toMatchObject({ number: 1, newest: false });
    expect(pairs(then)).toContain('alice web-1');
    expect((await ask(org, { at: '2026-10-03T07:59:59Z' })).read.release?.number).toBe(1);
    expect((await ask(org, { at: '2026-10-03T08:00:00Z' })).read.release?.number).toBe(2);
  });

  it.each([
    ['2026-09-30', 'not-found'],
    ['9', 'not-found'],
    ['yesterday', 'usage'],
    ['2026-02-30', 'usage'],
    ['0', 'usage'],
  ])('refuses --at %s', async (at, code) => {
    expect((await failureOf(ask(await acme(), { at }))).code).toBe(code);
  });

  it('narrows to a target or a pattern, and a typo is no "nobody"', async () => {
    const org = await acme();
    expect(pairs(await ask(org, { on: 'web-*', handle: 'bob' }))).toEqual(['bob web-1', 'bob web-2']);
    expect(pairs(await ask(org, { on: org.server('web-2') }))).toEqual(['alice web-2', 'bob web-2']);
    const none = await ask(org, { on: 'db-1' });
    expect([none.access, none.read.servers, none.read.people]).toEqual([[], 1, 0]);
    expect((await failureOf(ask(org, { on: 'wbe-1' }))).next).toContain('web-1');
    expect((await failureOf(ask(org, { handle: 'bbo' }))).code).toBe('not-found');
  });

  it('finds somebody whose line is gone by the id, as the signed release has it', async () => {
    const org = await acme();
    const id = org.person('bob');
    org.edit('access-policy.yaml', (text) =>
      text
        .replace(/ {2}bob: .*\n/, '')
        .replace('[alice, bob]', '[alice]')
        .replace('threshold: 2', 'threshold: 1'),
    );
    for (const path of ['keys/bob.pub', 'signers/bob.pub']) org.edit(path, undefined);
    const report = await ask(org, { handle: id });
    expect(pairs(report)).toEqual([`${id} web-1`, `${id} web-2`]);
  });
});

describe('a provider', () => {
  const aws = async (): Promise<Organization> => {
    const org = await makeOrganization({
      ...wishes,
      providers: {
        'aws-production':
          'account-id: "123456789012", rules: [{ name: billing, to: { employees: [bob] }, groups: [billing-read], console: true }]',
      },
    });
    await org.release(['alice', 'bob']);
    return org;
  };

  it('gives rights, since when and by which rule', async () => {
    const org = await aws();
    await next(org, 2, (text) => text.replace('[billing-read]', '[billing-read, support]'));
    const report = await ask(org, { handle: 'bob' });
    expect([report.read.servers, report.read.providers, pairs(report)]).toEqual([
      3,
      1,
      ['bob aws-production', 'bob web-1', 'bob web-2'],
    ]);
    expect(report.access[0]).toMatchObject({
      since: { release: 1 },
      keys: [],
      rights: [
        { what: 'console', value: 'yes', since: { release: 1 } },
        { what: 'group', value: 'billing-read', since: { release: 1 } },
        { what: 'group', value: 'support', since: { release: 2 } },
      ],
      confirmed: { state: 'never-heard' },
    });
    expect(accessText(report, PLAIN)).toContain('group support; since release 2');
  });

  it('answers without a signature, and that is said', async () => {
    const org = await aws();
    await org.receipt('aws-production');
    const report = await ask(org, { on: 'aws-production' });
    expect(report.access[0]?.confirmed).toMatchObject({ state: 'confirmed', proof: 'says' });
    expect(accessText(await ask(org, { on: 'aws-production', handle: 'bob' }), PLAIN)).toContain(
      'says so: unsigned answer of',
    );
    org.edit('receipts/aws-production', (text) =>
      text.replace(org.provider('aws-production'), org.provider('aws-test')),
    );
    expect((await ask(org, { on: 'aws-production' })).access[0]?.confirmed?.state).toBe('not-believed');
  });
});

describe('what lets in beside keyward', () => {
  it('is told: what is accepted, what a server saw, and whose key it is', async () => {
    const other = 'SHA256:Yk3aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
    const org = await makeOrganization({
      ...wishes,
      servers: { ...wishes.servers, 'db-1': `accepted: [{ account: root, key: "${other}", reason: rescue }]` },
    });
    await org.release(['alice', 'bob']);
    const { fingerprint } = await import('../../src/core/ssh/public-key.ts');
    const { crypto } = await import('../core/texts/signing.ts');
    const subject = fingerprint(org.loginKey('bob'), crypto.sha256);
    await org.receipt('web-1', {
      waysIn: [{ kind: 'key', account: 'backup', subject, state: 'unknown', comment: 'bob at home' }],
    });
    const report = await ask(org);
    expect(report.waysIn).toEqual([
      { target: 'db-1', kind: 'key', account: 'root', subject: other, state: 'accepted', seen: false, looked: false },
      {
        target: 'web-1',
        kind: 'key',
        account: 'backup',
        subject,
        comment: 'bob at home',
        owner: 'bob',
        state: 'unknown',
        seen: true,
        looked: true,
        asOf: org.clock.now(),
      },
    ]);
    await org.receipt('db-1', {
      waysIn: [{ kind: 'key', account: 'root', subject: other, state: 'accepted', comment: undefined }],
    });
    const [seen, ...more] = (await ask(org, { on: 'db-1' })).waysIn;
    expect([seen?.seen, more]).toEqual([true, []]);
    // One that looked and did not find it is another answer than one that did not look.
    await org.receipt('db-1', { waysIn: [], looked: [{ what: 'sudoers-file', count: 3 }] });
    expect((await ask(org, { on: 'db-1' })).waysIn.map(({ seen: is, looked }) => [is, looked])).toEqual([[false, true]]);
    expect((await ask(org, { handle: 'bob' })).waysIn.map(({ target }) => target)).toEqual(['web-1']);
    expect((await ask(org, { handle: 'alice' })).waysIn).toEqual([]);
  });
});
