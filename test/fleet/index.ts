/**
 * Real OpenSSH servers on this one machine, as many as a test wants: each with its own /etc, /home, processes and address.
 *
 * Belongs here: starting, stopping and looking into servers, and the real ssh client against them. Does not: anything that
 * knows keyward. Needs Linux and root; `needs()` says what is missing, for `describe.skipIf`.
 *
 * A server shares the kernel and the network of this machine: it is a good stand-in for a server, not a safe cage.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { reserve, type Reservation } from './addresses.ts';
import { identities, type Identities } from './identities.ts';
import { needs } from './needs.ts';
import { TestServer, type ServerOptions } from './server.ts';
export { needsSystemd } from './systemd.ts';
export { trees, type Tree } from './trees.ts';

export {
  makeKey,
  openSession,
  ssh,
  sshArguments,
  type Destination,
  type KeyOptions,
  type KeyPair,
  type LoginOptions,
  type Session,
} from './client.ts';
export { command, quoted, type Answer, type CommandOptions } from './command.ts';
export { ensurePackages, needs } from './needs.ts';
export { TestServer, type RunOptions, type ServerOptions, type ShellName, type UserOptions } from './server.ts';

/** How many start at the same time: more only get into each other's way. */
const AT_ONCE = 8;

export class Fleet {
  readonly servers: ReadonlyMap<string, TestServer>;
  readonly #id: string;
  readonly #places: readonly Reservation[];

  constructor(id: string, servers: ReadonlyMap<string, TestServer>, places: readonly Reservation[]) {
    this.#id = id;
    this.servers = servers;
    this.#places = places;
  }

  server(name: string): TestServer {
    const server = this.servers.get(name);
    if (server === undefined)
      throw new Error(`no server ${name} in this fleet: ${[...this.servers.keys()].join(', ')}`);
    return server;
  }

  /** Ends all of them and throws when a process or a mount is left behind. */
  async stop(): Promise<void> {
    const ended = await Promise.allSettled([...this.servers.values()].map((server) => server.end()));
    await Promise.all(this.#places.map((place) => place.release()));
    const failed = ended.flatMap((result) => (result.status === 'rejected' ? [String(result.reason)] : []));
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
    failed.push(
      ...mounts.filter((line) => line.includes(`keyward-fleet-${this.#id}`)).map((line) => `mounted: ${line}`),
    );
    if (failed.length > 0) throw new Error(failed.join('\n'));
  }
}

/** Starts one server for each name and waits until all of them listen. Starts none for good when one fails. */
export async function startFleet(names: readonly string[], options: ServerOptions = {}): Promise<Fleet> {
  const reason = needs();
  if (reason !== undefined) throw new Error(`no real servers here: ${reason}`);
  if (new Set(names).size < names.length) throw new Error(`a name twice in one fleet: ${names.join(' ')}`);
  const id = randomBytes(6).toString('hex');
  const users = identities(options.tree ?? '/');
  const servers = new Map<string, TestServer>();
  const places: Reservation[] = [];
  const waiting = [...names];
  const errors: unknown[] = [];
  const worker = async (): Promise<void> => {
    for (let name = waiting.shift(); name !== undefined && errors.length === 0; name = waiting.shift()) {
      try {
        servers.set(name, await startOne(id, name, users, options, places));
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const inOrder = new Map([...servers].sort(([a], [b]) => names.indexOf(a) - names.indexOf(b)));
  const fleet = new Fleet(id, inOrder, places);
  if (errors.length === 0) return fleet;
  await fleet.stop();
  throw errors[0];
}

async function startOne(
  fleet: string,
  name: string,
  users: Identities,
  options: ServerOptions,
  places: Reservation[],
): Promise<TestServer> {
  const place = await reserve();
  places.push(place);
  return TestServer.launch({ fleet, name, place, identities: users, options });
}
