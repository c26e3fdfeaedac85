/** A real login on a managed account against one on a server that never heard of keyward, with more and more revoked keys. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newId, parseId, parseInstant } from '../src/core/access/index.ts';
import { parsePublicKey } from '../src/core/ssh/public-key.ts';
import { joinSigned, revocation } from '../src/core/texts/index.ts';
import { command, needs, ssh, startFleet } from '../test/fleet/index.ts';
import type { Destination } from '../test/fleet/index.ts';
import type { Company } from '../test/servers/line/company.ts';
import { foundEnrolled } from './enrolled-company.ts';
import { compared, inTurns, median } from './figure.ts';
import type { Benchmark, Figure } from './figure.ts';
import { keyLine } from './new-key.ts';

const REVOKED = [0, 100, 1000];
/** As many as fit into the 64 KiB of one revocation. */
const KEYS_EACH = 500;
const TIMES = 40;

export const login: Benchmark = {
  name: 'login',
  about: 'a login on a managed account against one on a plain sshd',
  missing: needs,
  async run(tell) {
    const company = await foundEnrolled(1, ['bob'], ['{ name: all, to: { employees: [bob] }, servers: { names: ["*"] } }']);
    const plain = await startFleet(['plain']);
    try {
      const key = company.key('bob');
      await plain.server('plain').addUser('bob', { authorizedKeys: [key.publicLine] });
      const figures: Figure[] = [];
      let revoked = 0;
      for (const count of REVOKED) {
        await revoke(company, count - revoked);
        revoked = count;
        const [server] = company.fleet.servers.values();
        if (server === undefined) throw new Error('no server is there');
        const list = Number(await server.must('cat /etc/ssh/keyward/current/revoked | wc -l'));
        if (list !== count) throw new Error(`${list} keys are revoked there, not ${count}`);
        const works = { plain: () => in1(plain.server('plain'), key.path), managed: () => in1(server, key.path) };
        await inTurns(3, works);
        const took = await inTurns(TIMES, works);
        const figure = { name: `login, ${count} revoked keys`, value: median(took.managed), unit: 'ms', most: 1.1 } as const;
        figures.push(compared(figure, 'plain sshd', median(took.plain)));
        tell(`${count} revoked keys: in turns, ${TIMES} times each`);
      }
      return figures;
    } finally {
      await plain.stop();
      await company.end();
    }
  },
};

async function in1(server: Destination, keyFile: string): Promise<void> {
  const { status, stderr } = await ssh(server, 'bob', { keyFile, command: 'true' });
  if (status !== 0) throw new Error(`bob cannot log in: ${stderr}`);
}

/** So many keys more that open nothing, of people who left, counted by a release that is delivered. */
async function revoke(company: Company, count: number): Promise<void> {
  for (let left = count; left > 0; left -= KEYS_EACH) await revokeSome(company, Math.min(left, KEYS_EACH));
  if (count === 0) return;
  await company.apply();
}

async function revokeSome(company: Company, count: number): Promise<void> {
  const policy = readFileSync(join(company.repo, 'access-policy.yaml'), 'utf8');
  const signer = parseId(/^ {2}alice: \{ id: (emp_\w+)/m.exec(policy)?.[1] ?? '', 'emp');
  const time = parseInstant(`${new Date().toISOString().slice(0, 19)}Z`);
  const keys = Array.from({ length: count }, () => parsePublicKey(keyLine()));
  const text = revocation.write({ organization: 'acme', signer, time, id: newId('emp', randomBytes(16)), keys });
  const sign = ['ssh-keygen', '-Y', 'sign', '-q', '-f', company.key('alice-sign').path, '-n', 'keyward-revocation-v1'];
  const { status, stdout, stderr } = await command(sign, { input: text });
  if (status !== 0) throw new Error(`ssh-keygen did not sign: ${stderr}`);
  mkdirSync(join(company.repo, 'revoked'), { recursive: true });
  const hash = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(company.repo, `revoked/gone-${hash.slice(0, 8)}`), joinSigned({ text, signatures: [stdout] }));
}
