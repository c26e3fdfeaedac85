/** Scene 5: one signature alone is refused by the server itself; with two the release is delivered. */
import type { TestServer } from '../test/fleet/index.ts';
import type { Admin } from './admin.ts';
import type { Cast } from './cast.ts';
import { equal, type Seen } from './checks.ts';

const SHORT = /^(✓|  Waits|  All sig|exit)/;

export async function signAndDeliver(cast: Cast): Promise<void> {
  const { narrator, checks, alice, dana, web1 } = cast;
  narrator.chapter('Signatures');
  await alice.types('keyward approve --confirm release-2', (line) => SHORT.test(line));
  await alice.push('Onboard three, sign release 2');
  const alone = await alice.types('keyward deliver');
  await checks.that('keyward carries nothing that lacks a signature: exit status 6', () => equal(alone.status, 6));
  narrator.gap();
  narrator.says(`keyward refused, but a thief would not use keyward. So alice hands release 2, with her one signature, to
    web-1 herself, with the courier's key, by plain ssh:`);
  await handOver(cast, 'releases/2/alice.sig');
  narrator.gap();
  narrator.says('Her signature twice is one person still:');
  await handOver(cast, 'releases/2/alice.sig releases/2/alice.sig');
  narrator.gap();
  narrator.says('Now dana. She pulls, reads the same difference on her own device, and signs.');
  await dana.pull();
  const second = await dana.types('keyward approve --confirm release-2', (line) => SHORT.test(line));
  await checks.that('dana signed what she compiled herself', () => equal(second.status, 0));
  await dana.push('Sign release 2');
  await alice.pull();
  const delivered = await alice.types('keyward deliver --commit');
  await alice.push('Receipts');
  await checks.that('release 2 is in force on all three servers', () => equal(delivered.status, 0));
  await checks.that('the accounts are there now, made by the servers themselves', async () =>
    equal(
      (await web1.run('id -un bob; id -un carol; id -un shop-deploy')).stdout.trim().split('\n').join(' '),
      'bob carol shop-deploy',
    ),
  );
}

/** As anybody could who holds the courier's key and the repository. */
async function handOver({ checks, alice, web1 }: Cast, signatures: string): Promise<void> {
  await writeParts(alice, web1);
  const line = `cat ../request releases/2/release ${signatures} ../manifest | ssh web-1`;
  const answer = await alice.types(line, (said) => said.startsWith('refused: '));
  await checks.that('web-1 itself refuses it: below the threshold', () =>
    answer.status === 5 && /^refused: below-threshold$/m.test(answer.stdout)
      ? true
      : `status ${answer.status}: ${answer.stdout}`,
  );
  await checks.that('and nothing changed there: release 1 in force, no account for bob', () => unchanged(web1));
}

async function writeParts(alice: Admin, server: TestServer): Promise<void> {
  const nonce = (await alice.device.must('head -c 32 /dev/urandom | sha256sum')).slice(0, 64);
  alice.device.write('request', `keyward-request v1\nnonce ${nonce}\n`);
  const key = server.hostKeys[0]?.split(' ')[1] ?? '';
  await alice.device.must(`cp "$(grep -lF 'host-key ssh-ed25519 ${key}' releases/2/manifest-*)" ../manifest`);
}

async function unchanged(server: TestServer): Promise<Seen> {
  const receipt = await server.read('/etc/ssh/keyward/receipt');
  if (!/^release 1 /m.test(receipt)) return `its receipt says ${/^release .*/m.exec(receipt)?.[0]}`;
  return (await server.run('getent passwd bob')).status === 2 ? true : 'bob has an account';
}
