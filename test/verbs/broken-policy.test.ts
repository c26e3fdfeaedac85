/**
 * A policy that somebody half edited, left in a merge, moved away or broke in any other file stops nobody who only needs
 * what was signed: taking away, carrying, looking (promise 2 must not wait for an editor). Nothing is signed from it.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newId } from '../../src/core/access/index.ts';
import { fingerprint } from '../../src/core/ssh/public-key.ts';
import { release as releaseText } from '../../src/core/texts/index.ts';
import { findRepository } from '../../src/disk/index.ts';
import { access } from '../../src/verbs/access.ts';
import { approve } from '../../src/verbs/approve.ts';
import { deliver } from '../../src/verbs/deliver.ts';
import { drift } from '../../src/verbs/drift.ts';
import { revokeKey } from '../../src/verbs/key.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import type { OffboardReport } from '../../src/verbs/offboard.ts';
import { removeServer } from '../../src/verbs/remove.ts';
import type { RemoveReport } from '../../src/verbs/remove.ts';
import { status } from '../../src/verbs/status.ts';
import type { World } from '../../src/world.ts';
import { crypto } from '../core/texts/signing.ts';
import { knownRelease, MemoryServer, memoryTarget } from '../targets/memory-target.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';
import type { ScriptedTerminal } from './scripted-terminal.ts';

const SERVERS = ['db-1', 'web-1'];
const LIMITS = { parallel: 4, timeout: 5, signal: GO };
const ALL = { servers: [], labels: [] };
const POLICY = 'access-policy.yaml';

interface Stage {
  readonly acme: Organization;
  readonly servers: readonly MemoryServer[];
  world(): Promise<World & { readonly terminal: ScriptedTerminal }>;
}

/** Release 1 grants alice and others everything and is in force; all is committed where there is version control. */
async function stage({ git = true, others = ['bob'] } = {}): Promise<Stage> {
  const acme = await makeOrganization({
    signers: ['alice'],
    employees: Object.fromEntries(others.map((handle) => [handle, ''])),
    servers: Object.fromEntries(SERVERS.map((name) => [name, ''])),
    rules: [`{ name: all, to: { employees: [${['alice', ...others].join(', ')}] }, servers: { names: ["*"] } }`],
  });
  await acme.approve(['alice']);
  const text = readFileSync(join(acme.root, 'releases/1/release'), 'latin1');
  const enrolled = knownRelease(text, releaseText.parse(text));
  const servers = SERVERS.map((name) => new MemoryServer({ id: acme.server(name), name, organization: acme.name, host: acme.hostPen(name), enrolled }));
  const on: Stage = {
    acme,
    servers,
    world: async () => {
      const world = await acme.world('alice', { yes: 'all', risks: 'all' });
      const target: World['target'] = async ({ id, address }) => {
        const server = servers.find((one) => one.parts.id === id);
        if (server === undefined || address !== `${server.parts.name}.example.com`) throw new Error(`no server ${id} at ${address}`);
        return memoryTarget(server);
      };
      return { ...world, target };
    },
  };
  expect((await deliver(await on.world(), { choice: ALL, limits: LIMITS, dryRun: false })).status).toBe(0);
  if (git) committed(acme);
  return on;
}

function committed({ root }: Organization): void {
  const git = (...words: string[]) => execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words]);
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', 'all');
}

type Spoil = (acme: Organization) => void;
/** Each leaves a policy that `check` refuses. */
const SPOILED: Readonly<Record<string, Spoil>> = {
  'a line half typed': (acme) => acme.edit(POLICY, (text) => text.replace('rules:\n', 'rules:\n  - { name: hal\n')),
  'a merge conflict': (acme) => acme.edit(POLICY, (text) => text.replace('employees:\n', '<<<<<<< HEAD\nemployees:\n=======\nemployees: {}\n>>>>>>> theirs\n')),
  'a team nobody knows': (acme) => acme.edit(POLICY, (text) => text.replace('employees: [alice, bob]', 'teams: [suport]')),
  'a policy file moved away': ({ root }) => renameSync(join(root, POLICY), join(root, 'old.yaml')),
  'an empty policy file': (acme) => acme.edit(POLICY, ''),
  'a broken key file': (acme) => acme.edit('keys/bob.pub', 'ssh-ed25519 AAAA bob\n'),
};

async function out(on: Stage, handle: string): Promise<{ report: OffboardReport; told: readonly string[] }> {
  const own = await on.world();
  const report = await offboard(own, { handle, dryRun: false, show: () => undefined, limits: LIMITS });
  if (!('status' in report)) throw new Error('it must be more than a preview');
  return { report, told: own.terminal.told };
}

/** Everybody who gets in, by account. */
const inside = (servers: readonly MemoryServer[]): string[][] => servers.map((server) => server.lines().map((line) => line.split(' ')[0] ?? ''));

describe.each(Object.entries(SPOILED))('%s', (_, spoil) => {
  it('stops no offboarding', async () => {
    const on = await stage();
    spoil(on.acme);
    const { report, told } = await out(on, 'bob');
    expect(report.status).toBe(0);
    expect(report.targets.map(({ name, state }) => [name, state])).toEqual(SERVERS.map((name) => [name, 'out']));
    expect(inside(on.servers)).toEqual([['alice'], ['alice']]);
    expect(told.filter((line) => line.startsWith('The policy here has '))).toEqual([expect.stringMatching(/keyward check.*going by release 1 as it was signed\.$/)]);
    // What is half edited is finished by whoever began it; a line that can be edited by itself is.
    const path = join(on.acme.root, POLICY);
    if (report.leftIsWritten) expect(readFileSync(path, 'utf8')).toMatch(/bob: \{.*left: 2026-10-01/);
    else expect(report.written).not.toContain(POLICY);
  });

  it('stops neither deliver, drift, access nor status, and is named by status', async () => {
    const on = await stage();
    await on.acme.revoke('bob', 'alice');
    spoil(on.acme);
    const delivered = await deliver(await on.world(), { choice: { servers: ['web-*', 'db-1'], labels: [] }, limits: LIMITS, dryRun: false });
    expect([delivered.status, delivered.targets.map(({ name }) => name)]).toEqual([0, SERVERS]);
    expect(inside(on.servers)).toEqual([['alice'], ['alice']]);
    expect((await drift(await on.world(), { choice: ALL, limits: LIMITS })).targets.map(({ name }) => name)).toEqual(SERVERS);
    const who = await access(await on.world(), { draft: false, handle: 'bob' });
    expect([who.person?.id, who.read.policy, who.access.map(({ target }) => target)]).toEqual([on.acme.person('bob'), 'then', SERVERS]);
    const page = await status(await on.world());
    expect([page.plan, page.policyErrors > 0, page.todo[0]?.what]).toEqual([undefined, true, 'check']);
    expect(page.targets.map(({ name }) => name)).toEqual(SERVERS);
  });

  it('lets nobody sign, and no draft be read', async () => {
    const on = await stage();
    spoil(on.acme);
    const options = { renew: true, newDraft: false, dryRun: false, show: () => undefined };
    await expect(approve(await on.world(), options)).rejects.toMatchObject({ code: 'policy' });
    await expect(access(await on.world(), { draft: true })).rejects.toMatchObject({ code: 'policy' });
  });
});

it('a stolen key is revoked with a policy in a merge, and a signer who goes is told of what is left', async () => {
  const on = await stage();
  SPOILED['a merge conflict']?.(on.acme);
  const key = fingerprint(on.acme.loginKey('bob'), crypto.sha256);
  const revoked = await revokeKey(await on.world(), { handle: 'bob', fingerprint: key, limits: LIMITS, dryRun: false });
  if (!('status' in revoked)) throw new Error('it is a login key');
  expect([revoked.status, inside(on.servers)]).toEqual([0, [['alice'], ['alice']]]);
  const { report } = await out(on, 'alice');
  expect([report.status, report.removed, report.isSigner]).toEqual([0, [], true]);
});

/** One's own root access, which is not there in a test: what would be done with it. */
async function taken(on: Stage, name: string): Promise<{ report: RemoveReport; removals: readonly string[] }> {
  const own = await on.world();
  const removals: string[] = [];
  const remove: World['enroller']['remove'] = async ({ address }, { targetId }) => {
    removals.push(`${targetId} at ${address}`);
    return { kind: 'done', value: { lines: [] } };
  };
  const options = { name, user: 'root', keepAccess: false, limits: LIMITS, dryRun: false };
  const report = await removeServer({ ...own, enroller: { ...own.enroller, remove } }, options);
  return { report, removals };
}

describe('a server on its way out', () => {
  it.each(Object.entries(SPOILED))('is taken off with a policy that has %s', async (_, spoil) => {
    const on = await stage();
    expect((await taken(on, 'db-1')).report.state).toBe('marked');
    await on.acme.approve(['alice']);
    await deliver(await on.world(), { choice: ALL, limits: LIMITS, dryRun: false });
    committed(on.acme);
    spoil(on.acme);
    const { report, removals } = await taken(on, 'db-1');
    expect([report.state, report.written]).toEqual(['gone', ['receipts/db-1']]);
    expect(removals).toEqual([`${on.acme.server('db-1')} at db-1.example.com`]);
  });

  it.each(['a team nobody knows', 'a broken key file'])('is marked with %s elsewhere, and nothing is signed from there', async (how) => {
    const on = await stage();
    SPOILED[how]?.(on.acme);
    const { report, removals } = await taken(on, 'db-1');
    expect([report.state, report.written, removals]).toEqual(['marked', [POLICY], []]);
    expect(readFileSync(join(on.acme.root, POLICY), 'utf8')).toMatch(/db-1: \{.*removed: 2026-10-01/);
    expect((await taken(on, 'db-1')).report.state).toBe('waits');
    const options = { renew: false, newDraft: false, dryRun: false, show: () => undefined };
    await expect(approve(await on.world(), options)).rejects.toMatchObject({ code: 'policy' });
  });

  it.each(['a line half typed', 'a merge conflict', 'a policy file moved away'])('cannot be marked in the middle of an edit, and the place is named: %s', async (how) => {
    const on = await stage();
    SPOILED[how]?.(on.acme);
    const failed = taken(on, 'db-1');
    await expect(failed).rejects.toMatchObject({ code: 'policy', message: expect.stringContaining('db-1'), next: expect.stringContaining('keyward check') });
    await expect(failed).rejects.toHaveProperty('findings.0.place.file', POLICY);
  });

  it('is the one of the signed policy, also where the draft gives its name to another', async () => {
    const on = await stage();
    const other = newId('srv', crypto.sha256(new TextEncoder().encode('another')));
    on.acme.edit(POLICY, (text) => text.replace(on.acme.server('db-1'), other));
    SPOILED['a team nobody knows']?.(on.acme);
    await expect(taken(on, 'db-1')).rejects.toMatchObject({ code: 'policy' });
    expect(readFileSync(join(on.acme.root, POLICY), 'utf8')).not.toContain('removed:');
  });
});

it('before anything was signed, a policy with errors is all there is, and it is said', async () => {
  const acme = await makeOrganization({ signers: ['alice'] });
  acme.edit(POLICY, (text) => `${text}rulez: []\n`);
  await expect(deliver(await acme.world('alice'), { choice: ALL, limits: LIMITS, dryRun: false })).rejects.toMatchObject({ code: 'policy' });
});

it('a line that was deleted before the offboarding hides nobody', async () => {
  const on = await stage();
  on.acme.edit(POLICY, (text) => text.replace(/^ {2}bob: .*\n/m, '').replace('[alice, bob]', '[alice]').replace(/^ {2}web-1: .*\n/m, ''));
  on.acme.edit('keys/bob.pub', undefined);
  on.acme.edit('servers/web-1.pub', undefined);
  const { report } = await out(on, 'bob');
  expect([report.status, report.leftIsWritten]).toEqual([0, false]);
  expect(inside(on.servers)).toEqual([['alice'], ['alice']]);
});

it('a handle that means another one meanwhile is asked about; the id is always clear', async () => {
  const on = await stage();
  const other = on.acme.person('carol');
  on.acme.edit(POLICY, (text) => text.replace(`id: ${on.acme.person('bob')}`, `id: ${other}`));
  await expect(out(on, 'bob')).rejects.toMatchObject({ code: 'usage', next: expect.stringContaining(on.acme.person('bob')) });
  expect(inside(on.servers)).toEqual([['alice', 'bob'], ['alice', 'bob']]);
  const { report } = await out(on, on.acme.person('bob'));
  expect(report.leftIsWritten).toBe(false);
  expect(inside(on.servers)).toEqual([['alice'], ['alice']]);
});

it('two who were given one another’s handles, keys and all, are not taken for one another', async () => {
  const on = await stage({ others: ['bob', 'dave'] });
  const [bob, dave] = [on.acme.person('bob'), on.acme.person('dave')];
  on.acme.edit(POLICY, (text) => text.replace(bob, 'other').replace(dave, bob).replace('other', dave));
  const [ofBob, ofDave] = ['keys/bob.pub', 'keys/dave.pub'].map((path) => readFileSync(join(on.acme.root, path), 'latin1'));
  on.acme.edit('keys/bob.pub', ofDave);
  on.acme.edit('keys/dave.pub', ofBob);
  await expect(out(on, 'bob')).rejects.toMatchObject({ code: 'usage', next: expect.stringContaining(bob) });
  const key = fingerprint(on.acme.loginKey('bob'), crypto.sha256);
  await expect(revokeKey(await on.world(), { handle: 'dave', fingerprint: key, limits: LIMITS, dryRun: false })).rejects.toMatchObject({ code: 'usage' });
  expect(inside(on.servers)).toEqual([['alice', 'bob', 'dave'], ['alice', 'bob', 'dave']]);
  expect((await out(on, bob)).report.status).toBe(0);
  expect(inside(on.servers)).toEqual([['alice', 'dave'], ['alice', 'dave']]);
});

describe('without version control, where the signed policy is not found any more', () => {
  const swap = ({ acme }: Stage, fields: (handle: string) => string): void => {
    const [bob, dave] = [acme.person('bob'), acme.person('dave')];
    acme.edit(POLICY, (text) => text.replace(/^ {2}bob: .*$/m, `  bob: { id: ${dave}${fields('dave')} }`).replace(/^ {2}dave: .*$/m, `  dave: { id: ${bob}${fields('bob')} }`));
    const [ofBob, ofDave] = ['keys/bob.pub', 'keys/dave.pub'].map((path) => readFileSync(join(acme.root, path), 'latin1'));
    acme.edit('keys/bob.pub', ofDave);
    acme.edit('keys/dave.pub', ofBob);
  };

  it('an account that is another’s by the release tells two people apart who were given one another’s handles', async () => {
    const on = await stage({ git: false, others: ['bob', 'dave'] });
    swap(on, () => '');
    const bob = on.acme.person('bob');
    await expect(out(on, 'bob')).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('the account it has there'), next: expect.stringContaining(bob) });
    expect(inside(on.servers)).toEqual([['alice', 'bob', 'dave'], ['alice', 'bob', 'dave']]);
    expect((await out(on, bob)).told.join(' ')).not.toContain('nobody can tell');
    expect(inside(on.servers)).toEqual([['alice', 'dave'], ['alice', 'dave']]);
  });

  it('where the accounts were moved with the ids as well, nothing tells, and that is said of a handle', async () => {
    const on = await stage({ git: false, others: ['bob', 'dave'] });
    swap(on, (account) => `, account: ${account}`);
    expect((await out(on, 'bob')).told.join(' ')).toContain('whether bob meant somebody else then, nobody can tell. An id is always clear.');
    expect(inside(on.servers)).toEqual([['alice', 'bob'], ['alice', 'bob']]);
  });

  it('nothing is said where the policy is as it was signed, nor of one who takes an account over', async () => {
    const on = await stage({ git: false });
    expect((await out(on, 'bob')).told.join(' ')).not.toContain('nobody can tell');
    const other = await stage({ git: false });
    other.acme.edit(POLICY, (text) => text.replace(/^ {2}bob: .*$/m, (line) => `${line.replace(' }', ', left: 2026-09-30 }')}\n  carla: { id: ${other.acme.person('carla')}, account: bob, takes-over: ${other.acme.person('bob')} }`));
    expect((await out(other, 'carla')).report.targets.map(({ state }) => state)).not.toContain('refused');
  });
});

it.each(['a team nobody knows', 'a line half typed', 'a merge conflict', 'a broken key file'])('without version control what can still be read is enough: %s', async (how) => {
  const on = await stage({ git: false });
  SPOILED[how]?.(on.acme);
  const { report, told } = await out(on, 'bob');
  expect(report.status).toBe(0);
  expect(told.join(' ')).toContain('not in version control here');
});

it('where nothing can be read any more the id still signs the revocation, and every server is named as not reached', async () => {
  const on = await stage({ git: false });
  on.acme.edit(POLICY, '');
  const { report } = await out(on, on.acme.person('bob'));
  expect([report.status, report.targets.map(({ state }) => state)]).toEqual([4, ['unknown', 'unknown']]);
  expect(report.written).toEqual([report.revocation.path]);
});

it('a repository whose policy file is gone is still found from a folder in it', async () => {
  const { acme } = await stage();
  renameSync(join(acme.root, POLICY), join(acme.root, 'old.yaml'));
  expect(await findRepository(join(acme.root, 'keys'))).toBe(acme.root);
});
