/**
 * Killed at any instant of `apply` and of `offboard`, a second run ends right, and nothing that was done is missing
 * (promise 7). The targets are in memory; that the receiver itself survives being killed is tried on real servers.
 */
import { expect, test } from 'vitest';
import { release as releaseText } from '../../src/core/texts/index.ts';
import { apply } from '../../src/verbs/apply.ts';
import { readClone } from '../../src/verbs/clone.ts';
import { offboard } from '../../src/verbs/offboard.ts';
import type { World } from '../../src/world.ts';
import { sha } from '../core/texts/signing.ts';
import { knownRelease, MemoryServer, memoryTarget } from '../targets/memory-target.ts';
import { GO } from '../targets/place.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';
import { Executioner, killable, Killed } from './stopping-points.ts';

const SERVERS = ['db-1', 'web-1', 'web-2'] as const;
const EVERYBODY = '{ name: all, to: { employees: [alice, bob] }, servers: { names: ["*"] } }';
const LIMITS = { parallel: 3, timeout: 30, signal: GO };

interface Stage {
  readonly acme: Organization;
  readonly servers: ReadonlyMap<string, MemoryServer>;
  /** Alice's device, killed at this stopping point. */
  world(at: number): Promise<{ readonly world: World; readonly executioner: Executioner }>;
}

/** Release 1 lists the servers and grants nobody anything; each is enrolled with it. */
async function stage(rules: readonly string[]): Promise<Stage> {
  const acme = await makeOrganization({
    signers: ['alice'],
    employees: { bob: '' },
    servers: Object.fromEntries(SERVERS.map((name) => [name, ''])),
    rules,
  });
  const { text } = await acme.release(['alice']);
  await acme.compare('alice');
  const servers = new Map(
    SERVERS.map((name) => [
      acme.server(name) as string,
      new MemoryServer({
        id: acme.server(name),
        name,
        organization: acme.name,
        host: acme.hostPen(name),
        enrolled: knownRelease(text, releaseText.parse(text)),
      }),
    ]),
  );
  return {
    acme,
    servers,
    async world(at) {
      const executioner = new Executioner(at);
      const world: World = await acme.world('alice', { yes: 'all', risks: 'all' });
      const target: World['target'] = async ({ id }) => memoryTarget(servers.get(id) ?? missing(id));
      return { world: killable({ ...world, target }, executioner), executioner };
    },
  };
}

function missing(id: string): never {
  throw new Error(`no server ${id}`);
}

const doApply = (world: World) =>
  apply(world, {
    renew: false,
    newDraft: false,
    dryRun: false,
    show: () => undefined,
    choice: { servers: [], labels: [] },
    limits: LIMITS,
  });
const doOffboard = (world: World) =>
  offboard(world, { handle: 'bob', dryRun: false, show: () => undefined, limits: LIMITS });

/** Runs to the stopping point and dies there. False when the run ended before it. */
async function dies(on: Stage, at: number, verb: (world: World) => Promise<unknown>): Promise<boolean> {
  const { world } = await on.world(at);
  try {
    await verb(world);
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  }
}

async function everyInstant(
  prepare: () => Promise<Stage>,
  verb: (world: World) => Promise<unknown>,
  after: (on: Stage, before: Kept) => Promise<void>,
): Promise<number> {
  for (let at = 1; ; at += 1) {
    const on = await prepare();
    const died = await dies(on, at, verb);
    await after(on, await kept(on));
    if (!died) return at - 1;
  }
}

/** What the killed run left and may never be lost again. */
interface Kept {
  readonly releases: readonly string[];
  readonly revocations: readonly string[];
  /** What servers held. */
  readonly held: readonly string[];
}

async function kept({ acme, servers }: Stage): Promise<Kept> {
  const clone = await readClone(await acme.world('alice'), { for: 'act' });
  return {
    releases: clone.chain?.verified.map((one) => one.hash) ?? [],
    revocations: clone.revocations.map((one) => one.hash),
    held: [...servers.values()].flatMap((server) => [...server.held.keys()]),
  };
}

test('apply, killed at any instant: a second run brings every server to the release the policy means', async () => {
  const prepare = async (): Promise<Stage> => {
    const on = await stage([]);
    on.acme.edit('access-policy.yaml', (text) => text.replace('rules: []\n', `rules:\n  - ${EVERYBODY}\n`));
    return on;
  };
  const instants = await everyInstant(prepare, doApply, async (on, before) => {
    const { world } = await on.world(Infinity);
    const report = await doApply(world);
    expect(report.status).toBe(0);
    const clone = await readClone(world, { for: 'act' });
    const newest = clone.chain?.newest;
    for (const server of on.servers.values()) {
      expect(server.known.hash).toBe(newest?.hash);
      expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['alice', 'bob']);
    }
    expect(clone.chain?.verified.map((one) => one.hash)).toEqual(expect.arrayContaining([...before.releases]));
    await receiptsAgree(on);
  });
  console.log(`apply: killed at ${instants} instants`);
  expect(instants).toBeGreaterThan(30);
});

test('offboard, killed at any instant: a second run has bob out everywhere, by one revocation', async () => {
  const prepare = async (): Promise<Stage> => {
    const on = await stage([EVERYBODY]);
    const { world } = await on.world(Infinity);
    await doApply(world);
    return on;
  };
  const instants = await everyInstant(prepare, doOffboard, async (on, before) => {
    const { world } = await on.world(Infinity);
    const report = await doOffboard(world);
    expect(report).toMatchObject({ status: 0 });
    const clone = await readClone(world, { for: 'act' });
    for (const server of on.servers.values()) {
      expect(server.lines().map((line) => line.split(' ')[0])).toEqual(['alice']);
      expect([...server.held.keys()]).toEqual(clone.revocations.map((one) => one.hash));
    }
    expect(clone.revocations).toHaveLength(1);
    expect(clone.revocations.map((one) => one.hash)).toEqual(
      expect.arrayContaining([...before.revocations, ...before.held]),
    );
    expect(clone.policy.people.find((person) => person.handle === 'bob')?.left).toBeDefined();
    await receiptsAgree(on);
  });
  console.log(`offboard: killed at ${instants} instants`);
  expect(instants).toBeGreaterThan(30);
});

/** Every stored receipt says what its server has in force. */
async function receiptsAgree({ acme, servers }: Stage): Promise<void> {
  const world = await acme.world('alice');
  const stored = await world.repository.read(['receipts']);
  expect(stored.size).toBe(servers.size);
  for (const server of servers.values()) {
    const text = Buffer.from(stored.get(`receipts/${server.parts.name}`) ?? []).toString('latin1');
    expect(text).toContain(`in-force ${sha(server.inForce())}\n`);
  }
}
