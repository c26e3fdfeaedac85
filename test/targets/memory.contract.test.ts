/** The contract over the target in memory: only because it holds here may tests of verbs use it. */
import { afterAll, beforeAll, describe } from 'vitest';
import { release as releaseText, splitSigned } from '../../src/core/texts/index.ts';
import type { TestServer } from '../fleet/index.ts';
import { makePen } from '../core/texts/signing.ts';
import { Bench } from '../servers/receiver/bench.ts';
import { contract } from './contract.ts';
import { knownRelease, MemoryServer, memoryTarget } from './memory-target.ts';

describe('the target contract, in memory', () => {
  let bench: Bench;
  let server: MemoryServer;
  let silent: MemoryServer;
  let down: MemoryServer;
  // As much of a server as the bench needs to write a manifest.
  const host = makePen();
  const named = { name: 'web-1', hostKeys: [host.key.line] } as unknown as TestServer;

  beforeAll(async () => {
    bench = await Bench.make();
    const { text } = splitSigned(await bench.release([], { number: 1 }), 'release');
    const make = (): MemoryServer =>
      new MemoryServer({
        id: bench.target(named),
        name: 'web-1',
        organization: 'acme',
        host,
        enrolled: knownRelease(text, releaseText.parse(text)),
      });
    server = make();
    silent = make();
    silent.silent = true;
    down = make();
    down.up = false;
  });
  afterAll(() => bench?.clean());

  contract('memory', () => ({
    bench,
    target: memoryTarget(server),
    manifest: (people) =>
      bench.manifest(
        named,
        people.map((name) => ({
          id: bench.ids[name as keyof Bench['ids']] ?? '',
          account: name,
          keys: [bench.login(name)],
        })),
      ),
    inForce: async () => server.inForce(),
    unreachable: memoryTarget(down),
    silent: memoryTarget(silent),
    replaying: (earlier) => memoryTarget(server, { replayed: earlier }),
    mistaken: memoryTarget(server, { takenFor: `srv_${'0'.repeat(26)}` }),
    proof: 'signed',
    offers: 'answers',
  }));
});
