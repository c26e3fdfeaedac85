/** What most tests of the receiver begin with: one server, signers with their keys, and the server enrolled; and its end. */
import { startFleet, type Fleet, type TestServer } from '../../fleet/index.ts';
import { Bench } from './bench.ts';
import type { Programs } from './bench.ts';

export interface Stage {
  readonly fleet: Fleet;
  readonly server: TestServer;
  readonly bench: Bench;
}

/** `prepare` is done to the server before it is enrolled. */
export async function begin(programs: Programs = {}, prepare?: (server: TestServer) => Promise<void>): Promise<Stage> {
  const [fleet, bench] = await Promise.all([startFleet(['web-1']), Bench.make()]);
  const server = fleet.server('web-1');
  await prepare?.(server);
  await bench.enroll(server, programs);
  return { fleet, server, bench };
}

/** Also where beginning failed half way. */
export async function end({ fleet, bench }: Partial<Stage>): Promise<void> {
  bench?.clean();
  await fleet?.stop();
}
