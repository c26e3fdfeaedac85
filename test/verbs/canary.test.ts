/**
 * A release goes to one server before the rest: the one whose id sorts lowest, or the next where that does not answer.
 * Where it is refused no other gets it; revocations wait for nobody (promise 6).
 */
import { expect, it } from 'vitest';
import { release as releaseText } from '../../src/core/texts/index.ts';
import { deliver } from '../../src/verbs/deliver.ts';
import type { DeliverReport } from '../../src/verbs/deliver.ts';
import type { Limits } from '../../src/verbs/side-by-side.ts';
import type { Target, World } from '../../src/world.ts';
import { knownRelease, MemoryServer, memoryTarget } from '../targets/memory-target.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

const SERVERS = ['db-1', 'web-1', 'web-2'];

interface Stage {
  readonly acme: Organization;
  /** In the order of their ids. */
  readonly servers: readonly MemoryServer[];
  readonly deliver: () => Promise<DeliverReport>;
  /** `begin NAME release` and `end NAME`, as it happened. */
  readonly events: readonly string[];
}

/** Release 1 is known on all servers; release 2, which grants bob something, waits to be delivered. */
async function stage(names = SERVERS, limits: Partial<Limits> = {}): Promise<Stage> {
  const acme = await makeOrganization({
    signers: ['alice'],
    employees: { bob: '' },
    servers: Object.fromEntries(names.map((name) => [name, ''])),
  });
  const { text } = await acme.release(['alice']);
  await acme.compare('alice');
  const enrolled = knownRelease(text, releaseText.parse(text));
  const servers = names.map(
    (name) =>
      new MemoryServer({ id: acme.server(name), name, organization: acme.name, host: acme.hostPen(name), enrolled }),
  );
  servers.sort((a, b) => (a.parts.id < b.parts.id ? -1 : 1));
  acme.edit('access-policy.yaml', (policy) =>
    policy.replace('rules: []\n', 'rules:\n  - { name: all, to: { employees: [bob] }, servers: { names: ["*"] } }\n'),
  );
  await acme.approve(['alice']);
  const events: string[] = [];
  return {
    acme,
    servers,
    events,
    deliver: async () => {
      const world: World = await acme.world('alice', { yes: 'all', risks: 'all' });
      const target: World['target'] = async ({ id }) => {
        const server = servers.find((one) => one.parts.id === id);
        if (server === undefined) throw new Error(`no server ${id}`);
        return told(memoryTarget(server), events);
      };
      return deliver(
        { ...world, target },
        { choice: { servers: [], labels: [] }, limits: { parallel: 3, timeout: 5, signal: GO, ...limits }, dryRun: false },
      );
    },
  };
}

/** Writes down when an exchange begins, and with what, and when it has ended. */
function told(target: Target, events: string[]): Target {
  return {
    ...target,
    async exchange(parcel, signal, turn) {
      events.push(`begin ${target.name} ${parcel.releases.length > 0 ? 'release' : 'revocations'}`);
      await new Promise((resolve) => setTimeout(resolve, 5)); // so that what runs beside would be seen
      const outcome = await target.exchange(parcel, signal, turn);
      events.push(`end ${target.name}`);
      return outcome;
    },
  };
}

function namesOf(servers: readonly MemoryServer[]): string[] {
  return servers.map((server) => server.parts.name);
}

it('the lowest id is first, and the others begin after it has answered', async () => {
  const { servers, events, deliver: run } = await stage();
  expect((await run()).status).toBe(0);
  const [first, ...rest] = namesOf(servers);
  expect(events.slice(0, 2)).toEqual([`begin ${first} release`, `end ${first}`]);
  expect(new Set(events.slice(2).filter((event) => event.startsWith('begin')))).toEqual(new Set(rest.map((name) => `begin ${name} release`)));
});

it('the next one is first where that does not answer, and it is named', async () => {
  const { servers, events, deliver: run } = await stage();
  const [first, second, third] = servers;
  if (first === undefined || second === undefined || third === undefined) throw new Error('not all servers are there');
  first.up = false;
  const report = await run();
  expect(report.status).toBe(4);
  expect(events.slice(0, 4)).toEqual(
    namesOf([first, second]).flatMap((name) => [`begin ${name} release`, `end ${name}`]),
  );
  expect(report.targets.find((one) => one.id === first.parts.id)?.state).toBe('unknown');
  expect(third.lines()).toHaveLength(1);
});

it('a release that the first server refuses reaches no other', async () => {
  const { servers, events, deliver: run } = await stage();
  const [first, ...rest] = servers;
  if (first === undefined) throw new Error('no server is there');
  // It was told of a later release by somebody else.
  first.known = { ...first.known, value: { ...first.known.value, number: 9 } };
  const report = await run();
  expect(report.status).toBe(5);
  expect(events).toEqual(namesOf([first]).flatMap((name) => [`begin ${name} release`, `end ${name}`]));
  expect(rest.map((server) => [server.parcels, server.lines().length])).toEqual([
    [0, 0],
    [0, 0],
  ]);
  expect(report.targets.map((one) => one.state).sort()).toEqual(['not-begun', 'not-begun', 'refused']);
});

it('a revocation reaches all of them all the same', async () => {
  const { acme, servers, deliver: run } = await stage();
  const { hash } = await acme.revoke('bob', 'alice');
  const [first, ...rest] = servers;
  if (first === undefined) throw new Error('no server is there');
  first.known = { ...first.known, value: { ...first.known.value, number: 9 } };
  expect((await run()).status).toBe(5);
  expect([first, ...rest].map((server) => [...server.held.keys()])).toEqual([[hash], [hash], [hash]]);
});

const SEVEN = ['a-1', 'a-2', 'a-3', 'a-4', 'a-5', 'a-6', 'a-7'];

it('however many say nothing, it costs one time limit', async () => {
  const { servers, deliver: run } = await stage(SEVEN, { timeout: 4, parallel: 7 });
  for (const server of servers.slice(0, 4)) server.silent = true;
  const began = performance.now();
  const report = await run();
  const seconds = (performance.now() - began) / 1000;
  expect(report.targets.map((one) => one.state).sort()).toEqual([
    ...Array.from({ length: 3 }, () => 'in-force'),
    ...Array.from({ length: 4 }, () => 'unknown'),
  ]);
  // The first was waited for before the others were spoken to; one after the other they would take 16 seconds.
  expect(seconds).toBeLessThan(4 + 2 + 2);
});

it('a bad release reaches one server only, also when several are spoken to because the first says nothing', async () => {
  const { servers, deliver: run } = await stage(SEVEN, { timeout: 30, parallel: 7 });
  const [first, ...rest] = servers;
  if (first === undefined) throw new Error('no server is there');
  first.silent = true;
  for (const server of rest) server.known = { ...server.known, value: { ...server.known.value, number: 9 } };
  const began = performance.now();
  const report = await run();
  expect(report.status).toBe(5);
  expect(rest.map((server) => server.parcels).sort((a, b) => a - b)).toEqual([0, 0, 0, 0, 0, 1]);
  // The lowest of those that answer, and nobody waits for the silent one.
  expect(rest[0]?.parcels).toBe(1);
  expect(performance.now() - began).toBeLessThan(10_000);
  expect(report.targets.map((one) => one.state).sort()).toEqual([
    ...Array.from({ length: 6 }, () => 'not-begun'),
    'refused',
  ]);
});

it('one that wakes up late gets the release after the others', async () => {
  const { servers, deliver: run } = await stage(SEVEN, { timeout: 30, parallel: 3 });
  const [first] = servers;
  if (first === undefined) throw new Error('no server is there');
  first.late = 3500;
  const report = await run();
  expect(report.targets.map((one) => one.state)).toEqual(SEVEN.map(() => 'in-force'));
  expect(servers.map((server) => server.parcels)).toEqual(SEVEN.map(() => 1));
});

it('one that is not who it must be stops nobody: the next one is first, and it is named', async () => {
  const { servers, events, deliver: run } = await stage();
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error('not all servers are there');
  first.impostor = true;
  const report = await run();
  expect(report.status).toBe(5);
  expect(events.slice(0, 4)).toEqual(namesOf([first, second]).flatMap((name) => [`begin ${name} release`, `end ${name}`]));
  const stateOf = (server: MemoryServer) => report.targets.find((one) => one.id === server.parts.id)?.state;
  expect(servers.map(stateOf)).toEqual(['refused', 'in-force', 'in-force']);
});

it('a fleet of which none is who it must be is not asked one by one', async () => {
  const { servers, deliver: run } = await stage(SEVEN, { parallel: 7 });
  for (const server of servers) Object.assign(server, { impostor: true, late: 400 });
  const began = performance.now();
  const report = await run();
  expect(report.targets.map((one) => one.state)).toEqual(SEVEN.map(() => 'refused'));
  // 1, then 1, 2 and the last 3 at once: four rounds, where one by one would be seven.
  expect(performance.now() - began).toBeLessThan(6 * 400);
});

it('revocations beside silent servers cost one time limit, and who answers has the release before it is over', async () => {
  const { acme, servers, events, deliver: run } = await stage(SEVEN, { timeout: 4, parallel: 7 });
  const { hash } = await acme.revoke('bob', 'alice');
  const [, , third, fourth] = servers;
  if (third === undefined || fourth === undefined) throw new Error('not all servers are there');
  const silent = [third, fourth];
  for (const server of silent) server.silent = true;
  const began = performance.now();
  const report = await run();
  expect(performance.now() - began).toBeLessThan(6000);
  expect(report.status).toBe(4);
  expect(report.targets.filter((one) => one.state === 'unknown').map((one) => one.name).sort()).toEqual(namesOf(silent).sort());
  const answering = servers.filter((server) => !silent.includes(server));
  expect(answering.map((server) => [...server.held.keys()])).toEqual(answering.map(() => [hash]));
  const silentEnds = events.indexOf(`end ${third.parts.name}`);
  expect(silentEnds).toBe(Math.min(...silent.map((server) => events.indexOf(`end ${server.parts.name}`))));
  for (const name of namesOf(answering)) expect(events.lastIndexOf(`end ${name}`)).toBeLessThan(silentEnds);
});

it('whom the revocations do not reach is named also where the release stops', async () => {
  const { acme, servers, deliver: run } = await stage(SERVERS, { timeout: 1 });
  await acme.revoke('bob', 'alice');
  const [first, second, third] = servers;
  if (first === undefined || second === undefined || third === undefined) throw new Error('not all servers are there');
  first.known = { ...first.known, value: { ...first.known.value, number: 9 } };
  second.silent = true;
  const report = await run();
  const stateOf = (server: MemoryServer) => report.targets.find((one) => one.id === server.parts.id)?.state;
  expect([first, second, third].map(stateOf)).toEqual(['refused', 'unknown', 'not-begun']);
  expect(report.written).toContain(`receipts/${third.parts.name}`);
});
