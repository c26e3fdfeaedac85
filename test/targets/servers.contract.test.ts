/** The contract over a real server: real sshd, the real receiver, enrolled as keyward enrolls. */
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { joinSigned } from '../../src/core/texts/index.ts';
import { serversTarget } from '../../src/targets/servers/index.ts';
import type { ConnectionKey, Target, TargetPlace } from '../../src/world.ts';
import { needs, startFleet } from '../fleet/index.ts';
import type { Fleet, TestServer } from '../fleet/index.ts';
import { Bench } from '../servers/receiver/bench.ts';
import { contract } from './contract.ts';
import type { Bed } from './contract.ts';
import { enrolled } from './enrolled.ts';
import { connectionKey, CRYPTO, Hasty, placeOf } from './place.ts';

describe.skipIf(needs() !== undefined)('the target contract', () => {
  let fleet: Fleet;
  let server: TestServer;
  let bench: Bench;
  let courier: ConnectionKey;
  let listener: Server;

  beforeAll(async () => {
    [fleet, bench] = await Promise.all([startFleet(['web-1']), Bench.make()]);
    server = fleet.server('web-1');
    courier = await connectionKey(bench.keys.courier.path);
    await enrolled(server, bench, courier);
    listener = createServer(() => undefined);
    await new Promise<void>((resolve) => listener.listen(0, server.address, resolve));
  });
  afterAll(async () => {
    listener?.close();
    bench?.clean();
    await fleet?.stop();
  });

  contract('servers', () => {
    const place = placeOf(server, { id: bench.target(server) });
    const target = (more: Partial<TargetPlace> = {}): Target =>
      serversTarget({ ...place, ...more }, courier, { crypto: CRYPTO, pacing: new Hasty() });
    const bed: Bed = {
      bench,
      target: target(),
      manifest: (people) =>
        bench.manifest(
          server,
          people.map((name) => ({
            id: bench.ids[name as keyof Bench['ids']] ?? '',
            account: name,
            keys: [bench.login(name)],
          })),
        ),
      inForce: () =>
        server.must(
          'cd /etc/ssh/keyward && ls -l current && find current/ /etc/passwd /etc/shadow /etc/group /etc/sudoers.d -type f -exec sha256sum {} + | sort',
        ),
      unreachable: target({ port: 1 }),
      silent: target({ port: (listener.address() as { port: number }).port }),
      replaying: (earlier) => {
        const file = join(bench.folder, 'earlier');
        rmSync(file, { force: true });
        writeFileSync(file, joinSigned(earlier));
        return target({ via: ['sh', '-c', `cat > /dev/null; cat ${file}`] });
      },
      mistaken: target({ id: placeOf(server).id }),
      proof: 'signed',
      offers: 'answers',
    };
    return bed;
  });
});
