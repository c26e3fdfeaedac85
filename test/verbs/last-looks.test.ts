/**
 * A server tells of ways in only to whoever asks for nothing else, as `drift` does. What it told stays known when the next
 * delivery takes the place of that answer, with the time it was told; and where no answer told of any, nobody says none.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseInstant } from '../../src/core/access/index.ts';
import type { Instant } from '../../src/core/access/index.ts';
import { fingerprint } from '../../src/core/ssh/public-key.ts';
import { release as releaseText } from '../../src/core/texts/index.ts';
import type { WayIn } from '../../src/core/texts/index.ts';
import { accessCsv } from '../../src/terminal/access-csv.ts';
import { accessHtml } from '../../src/terminal/access-html.ts';
import { accessText } from '../../src/terminal/access-text.ts';
import { wayWords } from '../../src/terminal/access-words.ts';
import { statusText } from '../../src/terminal/status-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import { access } from '../../src/verbs/access.ts';
import type { AccessOptions, AccessReport } from '../../src/verbs/access.ts';
import { deliver } from '../../src/verbs/deliver.ts';
import type { DeliverReport } from '../../src/verbs/deliver.ts';
import { drift } from '../../src/verbs/drift.ts';
import type { DriftReport } from '../../src/verbs/drift.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import { status } from '../../src/verbs/status.ts';
import type { StatusReport } from '../../src/verbs/status.ts';
import type { World } from '../../src/world.ts';
import { crypto } from '../core/texts/signing.ts';
import { jsonFaults } from '../stories/json-schemas.ts';
import { knownRelease, MemoryServer, memoryTarget } from '../targets/memory-target.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

const SERVERS = ['db-1', 'web-1'];
const LIMITS = { parallel: 2, timeout: 5, signal: GO };
const RULES = 'rules:\n  - { name: all, to: { employees: [bob] }, servers: { names: ["*"] } }\n';
const CHOICE = { servers: [], labels: [] };

interface Stage {
  readonly acme: Organization;
  readonly print: string;
  readonly server: (name: string) => MemoryServer;
  /** For the servers and the program alike. */
  readonly at: (time: string) => Instant;
  readonly world: () => Promise<World>;
  readonly deliver: () => Promise<DeliverReport>;
  readonly drift: (...servers: string[]) => Promise<DriftReport>;
  readonly status: () => Promise<StatusReport>;
  readonly access: (options?: Partial<AccessOptions>) => Promise<AccessReport>;
}

/** Two servers whose root lets bob in with his key, and release 2, which lets him in everywhere. Nobody has looked yet. */
async function stage(): Promise<Stage> {
  const acme = await makeOrganization({ signers: ['alice'], employees: { bob: '' }, servers: Object.fromEntries(SERVERS.map((name) => [name, ''])) });
  const { text } = await acme.release(['alice']);
  await acme.compare('alice');
  const enrolled = knownRelease(text, releaseText.parse(text));
  const print = fingerprint(acme.loginKey('bob'), crypto.sha256);
  const servers = SERVERS.map((name) => new MemoryServer({ id: acme.server(name), name, organization: acme.name, host: acme.hostPen(name), enrolled }));
  for (const one of servers) one.waysIn = [way(print)];
  acme.edit('access-policy.yaml', (policy) => policy.replace('rules: []\n', RULES));
  await acme.approve(['alice']);
  const mustFind = (fits: (one: MemoryServer) => boolean): MemoryServer => {
    const found = servers.find(fits);
    if (found === undefined) throw new Error('no such server');
    return found;
  };
  const world = async (): Promise<World> => ({
    ...(await acme.world('alice', { yes: 'all', risks: 'all' })),
    target: async ({ id }) => memoryTarget(mustFind((one) => one.parts.id === id)),
  });
  return {
    ...{ acme, print, world },
    server: (name) => mustFind((one) => one.parts.name === name),
    at: (time) => {
      acme.clock.set(time);
      for (const one of servers) one.clock = parseInstant(time);
      return parseInstant(time);
    },
    deliver: async () => deliver(await world(), { choice: CHOICE, limits: LIMITS, dryRun: false }),
    drift: async (...names) => drift(await world(), { choice: { ...CHOICE, servers: names }, limits: LIMITS }),
    status: async () => {
      const report = await status(await world());
      expect(jsonFaults('status', JSON.stringify(report))).toEqual([]);
      return report;
    },
    access: async (options = {}) => {
      const report = await access(await world(), { draft: false, ...options });
      expect(jsonFaults('access', JSON.stringify(report))).toEqual([]);
      return report;
    },
  };
}

function way(subject: string): WayIn {
  return { kind: 'key', account: 'root', subject, state: 'unknown', comment: 'bob at home' };
}
function git({ root }: Organization, ...words: string[]): void {
  execFileSync('git', ['-C', root, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...words], { encoding: 'utf8' });
}
/** The receipts as they lie there, to show that the newest one really tells of no way in. */
function tells({ root }: Organization, path: string): boolean {
  return /^way-in /m.test(readFileSync(join(root, path), 'latin1'));
}
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ');

it('what was told stays known after the next delivery, with the time, for status, access and whoever is taken out', async () => {
  const { acme, print, at, deliver: carry, drift: look, status: now, access: ask, world } = await stage();
  await carry();
  const seen = at('2026-10-02T08:00:00Z');
  expect((await look()).written).toEqual(['receipts/db-1', 'receipts/db-1.look', 'receipts/web-1', 'receipts/web-1.look']);
  at('2026-10-03T08:00:00Z');
  acme.edit('access-policy.yaml', (policy) => policy.replace('  - {', '  - { name: more, to: { employees: [alice] }, servers: { names: ["*"] } }\n  - {'));
  await acme.approve(['alice']);
  expect((await carry()).written).toEqual(['receipts/db-1', 'receipts/web-1']);
  expect([tells(acme, 'receipts/web-1'), tells(acme, 'receipts/web-1.look')]).toEqual([false, true]);

  const page = await now();
  expect(page.reported).toEqual(SERVERS.map((target) => ({ target, kind: 'unknown-way-in', what: `key for root: ${print}, "bob at home"`, asOf: seen })));
  expect(page.targets.map(({ state, waysToldOf }) => [state, waysToldOf])).toEqual([['in-force', seen], ['in-force', seen]]);
  expect(page.todo.map(({ what }) => what)).toEqual(['look']);
  expect(plain(statusText(page, PLAIN))).toContain('"bob at home", as it says since 2026-10-02T08:00:00Z');

  const report = await ask();
  expect(report.waysIn).toMatchObject(SERVERS.map((target) => ({ target, owner: 'bob', state: 'unknown', seen: true, looked: true, asOf: seen })));
  expect(plain(accessText(report, PLAIN))).toContain('! not accepted, there, as it says since 2026-10-02T08:00:00Z, a key of bob');
  expect(accessText(report, PLAIN)).not.toContain('unknown');

  const out = await offboard(await world(), { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS });
  expect('status' in out ? out.waysLeft.map(({ target, account }) => `${account} ${target}`) : []).toEqual(['root db-1', 'root web-1']);
});

it('what is accepted since, or no longer, goes by the manifest, not by the older answer', async () => {
  const { acme, print, at, deliver: carry, drift: look, status: now, access: ask } = await stage();
  at('2026-10-02T08:00:00Z');
  await look();
  acme.edit('access-policy.yaml', (policy) => policy.replace('address: db-1.example.com', `$&, accepted: [{ account: root, key: "${print}", reason: rescue }]`));
  await acme.approve(['alice']);
  await carry();
  expect((await now()).reported.map(({ target }) => target)).toEqual(['web-1']);
  expect((await ask()).waysIn.map(({ target, state, seen }) => [target, state, seen])).toEqual([['db-1', 'accepted', true], ['web-1', 'unknown', true]]);
  acme.edit('access-policy.yaml', (policy) => policy.replace(/, accepted: \[[^\]]*\]/, ''));
  await acme.approve(['alice']);
  await carry();
  expect((await now()).reported.map(({ target }) => target)).toEqual(['db-1', 'web-1']);
});

it('one that goes is gone with the next look, and one that stays keeps the time since when it is known', async () => {
  const { acme, print, at, server, deliver: carry, drift: look, status: now, access: ask } = await stage();
  await carry();
  const first = at('2026-10-02T08:00:00Z');
  await look();
  const later = at('2026-10-03T08:00:00Z');
  server('db-1').waysIn = [];
  expect((await look()).written).toContain('receipts/db-1.look');
  expect((await ask()).waysIn.map(({ target, asOf }) => [target, asOf])).toEqual([['web-1', first]]);
  const report = await ask();
  expect(report.targets.map(({ ways }) => ways)).toEqual([{ state: 'told', time: later }, { state: 'told', time: first }]);
  // web-1 was looked at again the next day: no words may say that its time is that of the last look.
  const page = await now();
  for (const text of [plain(accessText(report, PLAIN)), accessCsv(report), plain(accessHtml(report).replaceAll(/<[^>]*>/g, '')), plain(statusText(page, PLAIN))]) {
    expect(text).toContain('as it says since 2026-10-02T08:00:00Z');
    expect(text).not.toMatch(/as of|last looked/);
  }
  // A kept look that proves nothing is not believed, and the next one takes its place.
  acme.edit('receipts/web-1.look', (text) => text.replace('openssh 9.2p1', 'openssh 9.2p2'));
  await carry();
  const doubted = await ask();
  expect([doubted.waysIn, doubted.targets[1]?.ways?.state]).toEqual([[], 'not-believed']);
  expect(plain(accessText(doubted, PLAIN))).toContain('! What else lets in to web-1 is unknown:');
  expect((await look()).written).toContain('receipts/web-1.look');
  expect((await ask()).waysIn.map(({ target, subject }) => [target, subject])).toEqual([['web-1', print]]);
});

it('where no answer tells of any, nobody says that there is none', async () => {
  const { acme, at, deliver: carry, drift: look, status: now, access: ask } = await stage();
  await carry();
  at('2026-10-02T08:00:00Z');
  await look('web-1');
  expect(existsSync(join(acme.root, 'receipts/db-1.look'))).toBe(false);
  const page = await now();
  expect(page.targets.map(({ waysToldOf }) => waysToldOf === undefined)).toEqual([true, false]);
  expect(page.todo).toContainEqual({ what: 'look-for-ways-in', why: 'no answer here tells what else lets in to db-1', next: 'keyward drift --server db-1' });
  const report = await ask({ on: 'db-1' });
  expect([report.waysIn, report.targets[0]?.ways]).toEqual([[], { state: 'never-told' }]);
  const words = 'What else lets in to db-1 is unknown: no answer here tells of ways in; `keyward drift` asks.';
  expect(plain(accessText(report, PLAIN))).toContain(`! ${words}`);
  expect(accessHtml(report)).toContain(words);
  expect(accessCsv(report)).toMatch(/"beside keyward, unknown",.*"db-1",.*"no answer here tells of ways in"\r\n$/);
});

it('the auditor gets the last look of that day, though a delivery came after it; and the day before, nobody had looked', async () => {
  const { acme, at, deliver: carry, drift: look, access: ask } = await stage();
  git(acme, 'init', '--quiet');
  const commit = (): void => {
    git(acme, 'add', '--all');
    git(acme, 'commit', '--quiet', '--message', 'x');
  };
  await carry();
  commit();
  const seen = at('2026-10-02T08:00:00Z');
  await look();
  commit();
  at('2026-10-03T08:00:00Z');
  await acme.approve(['alice'], { renew: true });
  await carry();
  commit();
  const then = await ask({ at: '2026-10-04', on: 'web-1' });
  expect(then.targets[0]).toMatchObject({ heard: { state: 'heard', release: 3 }, ways: { state: 'told', time: seen } });
  expect(then.waysIn).toMatchObject([{ account: 'root', seen: true, asOf: seen }]);
  const early = await ask({ at: '2026-10-01', on: 'web-1' });
  expect([early.waysIn, early.targets[0]?.ways]).toEqual([[], { state: 'never-told' }]);
  expect(plain(accessText(early, PLAIN))).toContain('! What else lets in to web-1 is unknown: no answer here tells of ways in.');
});

it('one that is accepted and not named is not there since then, or nobody looked', () => {
  const asOf = parseInstant('2026-10-02T08:00:00Z');
  expect(wayWords({ seen: false, looked: true, asOf })).toBe('not there, as it says since 2026-10-02T08:00:00Z');
  expect(wayWords({ seen: false, looked: false })).toBe('no receipt here looked for it: keyward drift');
});
