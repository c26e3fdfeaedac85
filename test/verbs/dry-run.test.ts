/** `--dry-run` of what writes keys and takes servers out: it says what would be done, and not a byte changes. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { fingerprint, parsePublicKey } from '../../src/core/ssh/public-key.ts';
import { joinWorld } from '../../src/main.ts';
import { enrollFromText } from '../../src/terminal/enroll-from-text.ts';
import { enrollText } from '../../src/terminal/enroll-text.ts';
import { initText } from '../../src/terminal/init-text.ts';
import { keyRevokeText } from '../../src/terminal/key-revoke-text.ts';
import { keyAddText, onboardText } from '../../src/terminal/onboard-text.ts';
import { removeText } from '../../src/terminal/remove-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import { enrollFrom } from '../../src/verbs/enroll-from.ts';
import { enroll } from '../../src/verbs/enroll.ts';
import { init } from '../../src/verbs/init.ts';
import { addKey, revokeKey } from '../../src/verbs/key.ts';
import { onboard } from '../../src/verbs/onboard.ts';
import { removeServer } from '../../src/verbs/remove.ts';
import { status } from '../../src/verbs/status.ts';
import type { World } from '../../src/world.ts';
import { crypto, penOf, sha } from '../core/texts/signing.ts';
import { ownFolder } from '../disk/folder.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';
import { ScriptedTerminal } from './scripted-terminal.ts';
import { tree } from './tree.ts';

/** However it was wrapped. */
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');
const LIMITS = { parallel: 2, timeout: 5, signal: GO };

interface Stage {
  readonly acme: Organization;
  /** A device whose targets never answer; `asked` says which were spoken to. */
  readonly world: () => Promise<World>;
  readonly asked: string[];
}

async function stage(): Promise<Stage> {
  const acme = await makeOrganization({
    signers: ['alice', 'dora'],
    employees: { bob: '' },
    servers: { 'db-1': '', 'web-1': '' },
    rules: ['{ name: all, to: { employees: [alice, bob] }, servers: { names: ["*"] } }'],
  });
  await acme.approve(['alice']);
  const asked: string[] = [];
  const target: World['target'] = async ({ id, name }) => {
    const silent = async () => {
      asked.push(name);
      return { kind: 'unknown', why: 'nobody is there' } as const;
    };
    return { id, name, exchange: silent, offer: async (offers) => Promise.all(offers.map(silent)) };
  };
  const world = async (): Promise<World> => ({ ...(await acme.world('alice', { yes: 'all' })), target });
  await status(await world()); // what a device remembers of verified releases is written by looking
  return { acme, world, asked };
}

/** The repository and all devices. */
function everything({ acme }: Stage): ReadonlyMap<string, string> {
  return tree(dirname(acme.root));
}

/** Runs it dry and then in earnest: the first changes nothing, the second does, or the first could not have been seen to. */
async function dryThenReal<T>(on: Stage, run: (world: World, dryRun: boolean) => Promise<T>): Promise<T> {
  const before = everything(on);
  expect(before.size).toBeGreaterThan(8);
  const dry = await run(await on.world(), true);
  expect([everything(on), on.asked]).toEqual([before, []]);
  await run(await on.world(), false);
  expect(everything(on)).not.toEqual(before);
  return dry;
}

it('key add says which key and which file, of one that would be made here only the files', async () => {
  const on = await stage();
  const { key } = penOf(71);
  const dry = await dryThenReal(on, (world, dryRun) => addKey(world, { handle: 'bob', source: { kind: 'given', line: key.line }, dryRun }));
  const print = fingerprint(key, crypto.sha256);
  expect(dry).toEqual({ handle: 'bob', fingerprint: print, type: 'ssh-ed25519', wouldWrite: ['keys/bob.pub'] });
  expect(flat(keyAddText(dry, PLAIN))).toBe(`bob would have one more key: ssh-ed25519 ${print} Files that would be written: keys/bob.pub Nothing was written (dry run).`);
  const made = await addKey(await on.world(), { handle: 'bob', source: { kind: 'generated', file: '/nowhere/new', passphrase: 'correct horse battery' }, dryRun: true });
  expect(made).toEqual({ handle: 'bob', wouldWrite: ['keys/bob.pub', '/nowhere/new'] });
  // The one that the run in earnest has written.
  const again = await addKey(await on.world(), { handle: 'bob', source: { kind: 'given', line: key.line }, dryRun: true });
  expect(flat(keyAddText(again, PLAIN))).toBe(`bob has this key already: ssh-ed25519 ${print} Nothing was written (dry run).`);
  const nobody = addKey(await on.world(), { handle: 'hal', source: { kind: 'given', line: key.line }, dryRun: true });
  await expect(nobody).rejects.toMatchObject({ code: 'not-found' });
});

it('onboard says who would reach what with which key, and has no letter to send', async () => {
  const on = await stage();
  const { key } = penOf(72);
  const teams: readonly string[] = [];
  const dry = await dryThenReal(on, (world, dryRun) => onboard(world, { handle: 'carol', teams, key: { kind: 'given', line: key.line }, dryRun }));
  const print = fingerprint(key, crypto.sha256);
  expect(dry).toMatchObject({ fingerprint: print, written: [], wouldWrite: ['access-policy.yaml', 'keys/carol.pub'] });
  expect(flat(onboardText(dry, PLAIN))).toMatch(/^carol would be in the policy as an employee, account carol\. Key SHA256:\S+ No rule gives them anything yet: .* Files that would be written: access-policy\.yaml, keys\/carol\.pub Nothing was written \(dry run\)\.$/);
  const file = join(dirname(on.acme.root), 'dave');
  const made = await onboard(await on.world(), { handle: 'dave', teams, key: { kind: 'generated', file, passphrase: 'correct horse battery' }, dryRun: true });
  expect(made.wouldWrite).toEqual([file, 'access-policy.yaml', 'keys/dave.pub']);
  expect(onboardText(made, PLAIN)).toContain('Key: one that would be made here');
});

it('key revoke says who would be told and what would change, and signs nothing', async () => {
  const on = await stage();
  const print = fingerprint(on.acme.loginKey('bob'), crypto.sha256);
  const dry = await dryThenReal(on, (world, dryRun) => revokeKey(world, { handle: 'bob', fingerprint: print, limits: LIMITS, dryRun }));
  expect(new Set(on.asked)).toEqual(new Set(['db-1', 'web-1']));
  expect(dry).toEqual({ handle: 'bob', fingerprint: print, targets: ['db-1', 'web-1'], wouldChange: ['keys/bob.pub'] });
  expect(flat(keyRevokeText(dry, PLAIN))).toBe(`${print} of bob would be revoked on 2 targets and taken out of keys/bob.pub. Nothing was signed, written or told (dry run).`);
  const unknown = revokeKey(await on.world(), { handle: 'bob', fingerprint: 'SHA256:none', limits: LIMITS, dryRun: true });
  await expect(unknown).rejects.toMatchObject({ code: 'not-found' });
});

it('key revoke of a key that signs names its file, and tells no target', async () => {
  const on = await stage();
  const [line = ''] = readFileSync(join(on.acme.root, 'signers/dora.pub'), 'latin1').split('\n');
  const print = fingerprint(parsePublicKey(line), crypto.sha256);
  const dry = await dryThenReal(on, (world, dryRun) => revokeKey(world, { handle: 'dora', fingerprint: print, limits: LIMITS, dryRun }));
  expect(dry).toEqual({ handle: 'dora', fingerprint: print, targets: [], wouldChange: ['signers/dora.pub'] });
  expect(flat(keyRevokeText(dry, PLAIN))).toContain(`${print} would be taken out of signers/dora.pub; no target is told, the next release says it.`);
});

it('server remove says which of its two steps is next, and speaks to nobody', async () => {
  const on = await stage();
  const options = { name: 'web-1', user: 'root', keepAccess: false, limits: LIMITS };
  const marked = await dryThenReal(on, (world, dryRun) => removeServer(world, { ...options, dryRun }));
  expect(marked).toMatchObject({ state: 'marked', written: [], dryRun: true });
  expect(flat(removeText(marked, PLAIN))).toContain('web-1 would be marked as removed');
  expect(await removeServer(await on.world(), { ...options, dryRun: true })).toMatchObject({ state: 'waits', dryRun: true });
  await on.acme.approve(['alice']);
  await status(await on.world());
  const before = everything(on);
  const gone = await removeServer(await on.world(), { ...options, dryRun: true });
  expect([everything(on), on.asked]).toEqual([before, []]);
  expect(gone).toMatchObject({ state: 'gone', written: [], dryRun: true });
  expect(flat(removeText(gone, PLAIN))).toContain('Receiver and courier would be taken off web-1');
  await expect(removeServer(await on.world(), { ...options, dryRun: false })).rejects.toMatchObject({ code: 'unreachable' });
  expect(on.asked).toEqual(['web-1']);
});

/** Servers that let themselves be looked at and take nothing. */
function onlyLooked(world: World): World {
  const look: World['enroller']['look'] = async ({ address }) =>
    address === '10.0.0.2' ? { kind: 'unknown', why: 'nobody is there' } : { kind: 'done', value: { lines: ['openssh 9.2', 'account root 0 open', `way-in key root SHA256:${'a'.repeat(43)} unknown old@desk`, 'looked account 3'] } };
  return { ...world, enroller: { ...world.enroller, look, enroll: async () => ({ kind: 'refused', why: 'no' }) } };
}

it('server enroll looks, says what is there and what would be accepted, and writes nothing', async () => {
  const on = await stage();
  const options = { name: 'web-9', address: '10.0.0.9', user: 'root', hostKeys: [penOf(9).key.line], labels: {}, limits: LIMITS };
  const before = everything(on);
  const run = async (name: string, accept?: string) => enroll(onlyLooked(await on.world()), { ...options, name, dryRun: true, ...(accept === undefined ? {} : { accept }) });
  const dry = await run('web-9');
  expect([everything(on), on.asked]).toEqual([before, []]);
  expect(dry).toMatchObject({ name: 'web-9', wouldAccept: 0, wouldWrite: ['access-policy.yaml', 'servers/web-9.pub'] });
  if (!('wouldAccept' in dry)) throw new Error('it must be a preview');
  const text = flat(enrollText(dry, PLAIN));
  expect(text).toMatch(/^web-9 could be enrolled\. Host key: SHA256:\S+ Looked at 3 accounts; 1 account with a login shell\. 1 way in that keyward does not manage, asked about then\./);
  expect(text).toMatch(/old@desk.* Files that would be written: access-policy\.yaml, servers\/web-9\.pub Nothing was written, and the server is as it was \(dry run\)\.$/);
  expect(await run('web-1', 'rescue')).toMatchObject({ id: on.acme.server('web-1'), wouldAccept: 1 });
  await expect(run('Web 9')).rejects.toMatchObject({ code: 'usage' });
  await expect(enroll(onlyLooked(await on.world()), { ...options, dryRun: false })).rejects.toMatchObject({ code: 'target-failed' });
});

it('server enroll --from does so for each of a list; one that does not answer is unknown', async () => {
  const on = await stage();
  const list = JSON.stringify([1, 2].map((n) => ({ name: `new-${n}`, address: `10.0.0.${n}`, hostKeys: [penOf(n).key.line] })));
  const before = everything(on);
  const dry = await enrollFrom(onlyLooked(await on.world()), { list, label: 'list', servers: [], user: 'root', labels: {}, limits: LIMITS, accept: 'rescue', dryRun: true });
  const changed = [...everything(on)].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
  expect(changed.filter((path) => !/^devices\/alice\/state(\/keyward(\/acme(\/journal(\/[^/]+)?)?)?)?$/.test(path))).toEqual([]); // that it looked is in the journal
  expect([dry.status, dry.written, dry.wouldWrite, dry.servers.map(({ name, state, accepted }) => [name, state, accepted])]).toEqual([4, [], ['access-policy.yaml', 'servers/new-1.pub'], [['new-1', 'ready', 1], ['new-2', 'unknown', 0]]]);
  expect(flat(enrollFromText(dry, PLAIN))).toMatch(/new-1 could be enrolled OpenSSH 9\.2; 1 way in not managed.* 1 would be written as accepted\..*1 could be enrolled, 1 not reached\. .*Nothing was written, and every server is as it was \(dry run\)\.$/);
});

it('init says which files it would write, and believes nothing', async () => {
  const on = await stage();
  const courierKey = { publicLine: penOf(5).key.line, file: '/nowhere/courier' };
  const dry = await dryThenReal(on, (world, dryRun) => init(world, { me: 'alice', courierKey, dryRun }));
  expect(dry).toMatchObject({ state: 'joined', courier: true, written: [], wouldWrite: ['couriers/alice.pub'] });
  expect(flat(initText(dry, PLAIN))).toMatch(/^This device would work for acme as alice\. .*Files that would be written: couriers\/alice\.pub Nothing was written, here or in the settings \(dry run\)\.$/);
  const stranger = init(await on.world(), { me: 'hal', courierKey, dryRun: true });
  await expect(stranger).rejects.toMatchObject({ code: 'not-found' });
});

it('init of a newcomer tells what it would ask about release 1, and asks nobody', async () => {
  const on = await stage();
  await on.acme.world('bob'); // that bob works there is all this device knows
  const before = everything(on);
  const world = await on.acme.world('bob');
  const dry = await init(world, { me: 'bob', dryRun: true });
  expect([everything(on), world.terminal.asked]).toEqual([before, []]);
  const firstRelease = sha(readFileSync(join(on.acme.root, 'releases/1/release'), 'latin1'));
  expect(dry).toMatchObject({ state: 'joined', written: [], wouldWrite: [], firstRelease, firstNumber: 1 });
  expect(world.terminal.told).toContain('It would be asked: Is it the same?');
  await expect(init(await on.acme.world('bob'), { me: 'bob', dryRun: false })).rejects.toMatchObject({ code: 'trust' });
  await init(await on.acme.world('bob', { yes: ['first-release'] }), { me: 'bob', dryRun: false });
  expect(everything(on)).not.toEqual(before);
});

it('init where nothing is yet makes neither repository nor settings', async () => {
  const on = await stage();
  const folder = ownFolder();
  const begin = async (dryRun: boolean) => {
    const own = await joinWorld({ repo: folder, begins: true, terminal: new ScriptedTerminal(), env: on.acme.env('erin') });
    return init(own, { organization: 'new', me: 'erin', signingKey: { publicLine: penOf(31).key.line }, dryRun });
  };
  const [before, here] = [everything(on), readdirSync(folder)];
  expect(here).toEqual([]);
  const dry = await begin(true);
  expect([everything(on), readdirSync(folder)]).toEqual([before, here]);
  expect(dry).toMatchObject({ state: 'new', written: [], wouldWrite: ['.gitattributes', 'access-policy.yaml', 'signers/erin.pub'] });
  expect(flat(initText(dry, PLAIN))).toMatch(/^new would begin here, with erin\. .*Files that would be written: \.gitattributes, access-policy\.yaml, signers\/erin\.pub Nothing was written/);
  await begin(false);
  expect(readdirSync(folder).sort()).toEqual(['.gitattributes', 'access-policy.yaml', 'signers']);
  expect(everything(on)).not.toEqual(before);
});
