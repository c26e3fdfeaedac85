/** Enrolls a test server with the code that enrolls any: over root's own ssh, proved by the courier. */
import { join } from 'node:path';
import { existsSync } from 'node:fs';
import { splitSigned } from '../../src/core/texts/index.ts';
import { withTemporaryFile } from '../../src/disk/index.ts';
import { readPrograms } from '../../src/receiver/index.ts';
import { openEnroller, serversTarget } from '../../src/targets/servers/index.ts';
import type { Answer, ConnectionKey, Enrolment, Enroller, Found, Outcome, RootAccess } from '../../src/world.ts';
import { makeKey } from '../fleet/index.ts';
import type { TestServer } from '../fleet/index.ts';
import { LOOK, RECEIVE, RECEIVER_HASH } from '../servers/receiver/bench.ts';
import type { Bench } from '../servers/receiver/bench.ts';
import { CRYPTO, GO, Hasty, keyOf, nonce, placeOf } from './place.ts';

/** The bytes that the bench's releases name, also while somebody changes the sources. */
const { enroll } = await readPrograms();

/** The temporary files that were written, to look whether they are gone. */
export const temporary: string[] = [];

/** With the program that enrolls, or with a changed one. */
export const enrollerWith = (program: string): Enroller => openEnroller({
  crypto: CRYPTO,
  mayAsk: false,
  programs: async () => ({ receive: RECEIVE, look: LOOK, enroll: program, hash: RECEIVER_HASH }),
  withTemporaryFile: (name, text, work) =>
    withTemporaryFile(name, text, (path) => {
      temporary.push(path);
      return work(path);
    }),
});
export const enroller = enrollerWith(enroll);
export { enroll };

/** A key of root's own, listed on the server. */
export async function rootAccess(server: TestServer, bench: Bench, user = 'root'): Promise<RootAccess> {
  const identityFile = join(bench.folder, 'own-access');
  if (!existsSync(identityFile)) await makeKey(bench.folder, 'own-access');
  const { readFileSync } = await import('node:fs');
  const line = readFileSync(`${identityFile}.pub`, 'utf8').trim();
  if (user === 'root' && !(await server.run('cat /root/.ssh/authorized_keys')).stdout.includes(line))
    await server.addRootKey(line);
  const { address, port } = server;
  return {
    user,
    address,
    port,
    identityFile,
    hostKeys: server.hostKeys.map(keyOf),
    options: ['-F', 'none', '-o', 'IdentityAgent=none'],
  };
}

export async function enrolmentOf(server: TestServer, bench: Bench): Promise<Enrolment> {
  const release = splitSigned(await bench.release([], { number: 1 }), 'release');
  const [targetId, name] = [bench.target(server), server.name];
  return {
    organization: 'acme',
    targetId,
    name,
    nonce: nonce(),
    release,
    couriers: [keyOf(bench.keys.courier.publicLine)],
    hostKeys: server.hostKeys.map(keyOf),
  };
}

/** Looks as the courier, which is what confirms an enrolment. */
export function proofBy(server: TestServer, bench: Bench, courier: ConnectionKey): () => Promise<Outcome<Answer>> {
  const target = serversTarget(placeOf(server, { id: bench.target(server) }), courier, {
    crypto: CRYPTO,
    pacing: new Hasty(),
  });
  return () => target.exchange({ nonce: nonce(), about: [], revocations: [], releases: [] }, GO);
}

export async function enrolled(
  server: TestServer,
  bench: Bench,
  courier: ConnectionKey,
): Promise<Found & { readonly answer: Answer }> {
  const outcome = await enroller.enroll(
    await rootAccess(server, bench),
    await enrolmentOf(server, bench),
    proofBy(server, bench, courier),
    GO,
  );
  if (outcome.kind !== 'done') throw new Error(`not enrolled, ${outcome.kind}: ${outcome.why}`);
  return outcome.value;
}
