/** What most tests of the receiver begin with: one server, signers with their keys, and the server enrolled; and its end. */
import { afterAll, beforeAll } from 'vitest';
import { startFleet, type Fleet, type TestServer } from '../../fleet/index.ts';
import { Bench } from './bench.ts';
import type { Programs } from './bench.ts';

export interface Stage {
  readonly fleet: Fleet;
  readonly server: TestServer;
  readonly bench: Bench;
}

/**
 * For the tests of one `describe`: `take` gets the stage before the first of them, and it ends after the last, also where
 * beginning failed half way. `prepare` is done to the server before it is enrolled.
 */
export function staged(take: (stage: Stage) => void, programs: Programs = {}, prepare?: (server: TestServer) => Promise<void>): void {
  let begun: Partial<Stage> = {};
  beforeAll(async () => {
    const [fleet, bench] = await Promise.all([startFleet(['web-1']), Bench.make()]);
    begun = { fleet, bench };
    const server = fleet.server('web-1');
    await prepare?.(server);
    await bench.enroll(server, programs);
    take({ fleet, server, bench });
  });
  afterAll(async () => {
    begun.bench?.clean();
    await begun.fleet?.stop();
  });
}
