/**
 * Whoever may write to the policy repository and signs nothing lays something there that cannot be read: a link, a pipe, a
 * name of strange letters, folders without end, too many bytes. It stops nobody who takes somebody out, carries or looks; it
 * is named; and nothing is signed from such a folder.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { release as releaseText } from '../../src/core/texts/index.ts';
import { access } from '../../src/verbs/access.ts';
import { approve } from '../../src/verbs/approve.ts';
import { readHere } from '../../src/verbs/clone.ts';
import { deliver } from '../../src/verbs/deliver.ts';
import { offboard, type OffboardReport } from '../../src/verbs/offboard.ts';
import { plan } from '../../src/verbs/plan.ts';
import { status } from '../../src/verbs/status.ts';
import type { World } from '../../src/world.ts';
import { knownRelease, MemoryServer, memoryTarget } from '../targets/memory-target.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from '../verbs/organization.ts';
import type { ScriptedTerminal } from '../verbs/scripted-terminal.ts';

const SERVERS = ['db-1', 'web-1'];
const LIMITS = { parallel: 4, timeout: 5, signal: GO };
const ALL = { servers: [], labels: [] };

/** Release 1 is in force, and bob is in. */
async function stage() {
  const acme = await makeOrganization({
    signers: ['alice'],
    employees: { bob: '' },
    servers: Object.fromEntries(SERVERS.map((name) => [name, ''])),
    rules: ['{ name: all, to: { employees: [alice, bob] }, servers: { names: ["*"] } }'],
  });
  await acme.approve(['alice']);
  const text = readFileSync(join(acme.root, 'releases/1/release'), 'latin1');
  const enrolled = knownRelease(text, releaseText.parse(text));
  const servers = SERVERS.map((name) => new MemoryServer({ id: acme.server(name), name, organization: acme.name, host: acme.hostPen(name), enrolled }));
  const world = async (): Promise<World & { readonly terminal: ScriptedTerminal }> => {
    const own = await acme.world('alice', { yes: 'all', risks: 'all' });
    const target: World['target'] = async ({ id }) => {
      const server = servers.find((one) => one.parts.id === id);
      if (server === undefined) throw new Error(`no server ${id}`);
      return memoryTarget(server);
    };
    return { ...own, target };
  };
  await deliver(await world(), { choice: ALL, limits: LIMITS, dryRun: false });
  const git = (...words: string[]) => execFileSync('git', ['-C', acme.root, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words]);
  git('init', '-q');
  git('add', '-A');
  git('commit', '-q', '-m', 'all');
  return { root: acme.root, servers, world, git };
}

type Plant = (absolute: string, root: string) => void;
const link: Plant = (path) => {
  if (existsSync(path)) renameSync(path, `${path}.moved`);
  symlinkSync('/etc/passwd', path);
};
const huge: Plant = (path) => {
  writeFileSync(path, '');
  truncateSync(path, 100 * 1024 * 1024);
};
const file: Plant = (path) => writeFileSync(path, 'x');
const pipe: Plant = (path) => {
  execFileSync('mkfifo', [path]);
};
const crowded: Plant = (path, root) => {
  file(path, root);
  mkdirSync(`${path}.before`);
};
const moved: Plant = (path, root) => {
  if (existsSync(path)) renameSync(path, join(root, 'elsewhere'));
  symlinkSync('../elsewhere', path);
};

const PLANTS: readonly (readonly [path: string, Plant])[] = [
  ['access-policy.yaml', link],
  ['access-policy.yaml', huge],
  ['access-policy.d/more.yaml', link],
  ['access-policy.d/more.yaml', pipe],
  ['keys', moved],
  ['keys/bob.pub', link],
  ['keys/eve.pub', huge],
  ['keys/b\u00f6b.pub', file],
  ['keys/a\n::error::b', file],
  ['keys/\u001b[2J', file],
  ['keys/sub/.git', file],
  ['keys/a/b/c/d/e/f/g/h/i/j', file],
  ['servers/web-1.pub', link],
  ['signers/alice.pub', link],
  ['couriers/pipeline.pub', link],
  ['revoked', moved],
  ['revoked/bob-00000000', link],
  ['revoked/bob-00000000', huge],
  ['releases/3', link],
  ['releases/1/x.sig', link],
  ['releases/2/release', link],
  ['releases/2/release', huge],
  [`releases/2/manifest-${'0'.repeat(64)}`, link],
  ['releases/\u00e9', file],
  ['releases/sub/.git', file],
];

it('is passed over by who takes away, carries or looks, named, and never signed', async () => {
  const { root, servers, world, git } = await stage();
  const out = async (dryRun: boolean) => {
    const own = await world();
    const report = await offboard(own, { handle: 'bob', dryRun, show: () => undefined, limits: LIMITS });
    return { report, named: own.terminal.told.filter((line) => line.startsWith('Passed over, since it cannot be read')) };
  };
  const lay = ([path, plant]: (typeof PLANTS)[number]): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    plant(join(root, path), root);
  };
  const rows: string[] = [];
  for (const one of PLANTS) {
    const [path] = one;
    lay(one);
    await expect(approve(await world(), { renew: true, newDraft: false, dryRun: false, show: () => undefined }), path).rejects.toMatchObject({ name: 'Failure' });
    expect((await status(await world())).targets.map(({ state }) => state), path).toEqual(['in-force', 'in-force']);
    expect((await access(await world(), { draft: false, handle: 'bob' })).access, path).toHaveLength(2);
    expect((await deliver(await world(), { choice: ALL, limits: LIMITS, dryRun: false })).status, path).toBe(0);
    const { report, named } = await out(true);
    expect(report, path).toMatchObject({ targets: 2, reaches: [expect.any(String), expect.any(String)], unknown: [] });
    rows.push(`${JSON.stringify(path)}: ${named.join('; ')}`);
    git('checkout', '-q', '-f', '.');
    git('clean', '-ffdq');
  }
  console.log(`laid there\n${rows.join('\n')}`);
  expect(rows).toHaveLength(25);
  expect(rows.filter((row) => !/: Passed over, .*\. Take it out of the repository\.$/.test(row))).toEqual([]);
  // And all at once that do not stand in one another's way.
  for (const one of PLANTS.filter(([path], i) => path !== 'keys' && path !== 'revoked' && PLANTS.findIndex(([other]) => other === path) === i)) lay(one);
  const { report, named } = await out(false);
  expect(report).toMatchObject({ status: 0, targets: [{ state: 'out' }, { state: 'out' }] });
  expect(named).toEqual([expect.stringMatching(/; and 18 more\. Take/)]);
  expect(servers.map((server) => server.lines().map((line) => line.split(' ')[0]))).toEqual([['alice'], ['alice']]);
});

it.each([
  ['a file', file, 'a file, which is revoked.before now'],
  ['a link', moved, 'something else, which is taken away'],
  ['a pipe', pipe, 'something else, which is taken away'],
  ['a file, and no room for it beside,', crowded, 'something else, which is taken away'],
])('lays %s where the folder of revocations should be: it makes room, is named, and the revocation is kept and committed', async (_, plant, where) => {
  const { root, servers, world, git } = await stage();
  plant(join(root, 'revoked'), root);
  git('add', '-A');
  git('commit', '-q', '--allow-empty', '-m', 'laid there');
  const own = await world();
  const report = await offboard(own, { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS });
  expect(report).toMatchObject({ status: 0, targets: [{ state: 'out' }, { state: 'out' }], leftIsWritten: true });
  expect(servers.map((server) => server.lines().map((line) => line.split(' ')[0]))).toEqual([['alice'], ['alice']]);
  const { written, revocation } = report as OffboardReport;
  expect(readFileSync(join(root, revocation.path), 'latin1')).toMatch(/^keyward-revocation v1\n/);
  expect(own.terminal.told.filter((line) => line.startsWith('In place of the folder revoked lay '))).toEqual([expect.stringContaining(where)]);
  if (plant === file) expect(readFileSync(join(root, 'revoked.before'), 'utf8')).toBe('x');
  expect(await own.repository.commit(written, 'Offboard bob')).toMatchObject({ kind: 'done' });
  expect(String(git('ls-tree', '-r', '--name-only', 'HEAD', 'revoked')).trim()).toBe(revocation.path);
});

it('lays a file where the folder of revocations should be, and nobody goes: `check` names it, and what a server hands back is named as not kept', async () => {
  const { root, servers, world } = await stage();
  await offboard(await world(), { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS });
  rmSync(join(root, 'revoked'), { recursive: true });
  file(join(root, 'revoked'), root);
  expect((await readHere(await world())).compilation.findings).toContainEqual(expect.objectContaining({ severity: 'error', rule: 'revoked-name', place: { file: 'revoked' } }));
  const own = await world();
  expect((await deliver(own, { choice: ALL, limits: LIMITS, dryRun: false })).status).toBe(0);
  expect(own.terminal.told.filter((line) => line.startsWith('Not kept'))).toEqual([expect.stringMatching(/^Not kept: revoked\/bob-[0-9a-f]{8}: revoked is a file, not a folder; take that file away$/)]);
  expect(servers.map((server) => server.lines().map((line) => line.split(' ')[0]))).toEqual([['alice'], ['alice']]);
});

it('lays it among the receipts, which prove nothing then and are written anew', async () => {
  const { root, servers, world } = await stage();
  for (const [path, plant] of [['receipts/db-1', link], ['receipts/db-1.look', link], ['receipts/web-1', huge], ['receipts/\u00e9', file]] as const) plant(join(root, path), root);
  expect((await deliver(await world(), { choice: ALL, limits: LIMITS, dryRun: false })).status).toBe(0);
  for (const name of SERVERS) link(join(root, `receipts/${name}`), root);
  expect(await offboard(await world(), { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS })).toMatchObject({ status: 0, targets: [{ state: 'out' }, { state: 'out' }] });
  expect(servers.map((server) => server.lines().map((line) => line.split(' ')[0]))).toEqual([['alice'], ['alice']]);
  for (const name of SERVERS) expect(readFileSync(join(root, `receipts/${name}`), 'latin1')).toMatch(/^keyward-receipt v1\n/);
});

it('lays a folder where a receipt should be: that one is named, the others are kept, and what was done is told', async () => {
  const { root, world } = await stage();
  renameSync(join(root, 'receipts/db-1'), join(root, 'old'));
  mkdirSync(join(root, 'receipts/db-1'));
  const own = await world();
  const report = await offboard(own, { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS });
  expect(report).toMatchObject({ status: 0, targets: [{ state: 'out' }, { state: 'out' }], written: expect.arrayContaining(['receipts/web-1']) });
  expect(own.terminal.told.filter((line) => line.startsWith('Not kept'))).toEqual([expect.stringContaining('receipts/db-1')]);
});

it('gives the organization another name: nobody forgets what they know by it, and nothing is planned or signed under it', async () => {
  const { root, servers, world } = await stage();
  const path = join(root, 'access-policy.yaml');
  writeFileSync(path, readFileSync(path, 'utf8').replace('organization: acme', 'organization: acme2'));
  const { settings, repository } = await world();
  const given = { firstRelease: (await settings.read('acme')).firstRelease ?? '' };
  for (const own of [await world(), { ...(await world()), given }]) {
    await expect(approve(own, { renew: true, newDraft: false, dryRun: false, show: () => undefined })).rejects.toMatchObject({ code: 'trust' });
    await expect(plan(own)).rejects.toMatchObject({ code: 'trust', message: expect.stringContaining('the releases are of acme') });
    expect(await status(own)).toMatchObject({ organization: 'acme', policyErrors: 1, targets: [{ state: 'in-force' }, { state: 'in-force' }] });
    expect(await deliver(own, { choice: ALL, limits: LIMITS, dryRun: false })).toMatchObject({ organization: 'acme', status: 0 });
  }
  expect(await offboard(await world(), { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS })).toMatchObject({ status: 0 });
  expect(servers.map((server) => server.lines().map((line) => line.split(' ')[0]))).toEqual([['alice'], ['alice']]);
  expect(await settings.read('acme2')).toEqual({});
  // Without what this device was told of there is nothing to go by.
  await repository.remove(['releases/1/release']);
  await expect(deliver(await world(), { choice: ALL, limits: LIMITS, dryRun: false })).rejects.toMatchObject({ name: 'Failure' });
});

it('a mistake of ours with one target ends nothing that is under way to the others', async () => {
  const { servers, world } = await stage();
  const own = await world();
  const target: World['target'] = async (place, file) => {
    const real = await own.target(place, file);
    return place.name === 'db-1' ? { ...real, exchange: () => Promise.reject(new TypeError('x')) } : real;
  };
  const report = await offboard({ ...own, target }, { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS });
  expect(report).toMatchObject({ status: 4, targets: [{ name: 'db-1', state: 'unknown', why: expect.stringContaining('keyward itself') }, { name: 'web-1', state: 'out' }] });
  expect(servers.map((server) => server.lines().map((line) => line.split(' ')[0]))).toEqual([['alice', 'bob'], ['alice']]);
});
