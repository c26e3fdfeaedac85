/** Scene 8: what anybody can check afterwards, without believing keyward. */
import type { Cast } from './cast.ts';
import { equal, type Seen } from './checks.ts';
import { denied } from './logging-in.ts';

export async function proveAfterwards(cast: Cast): Promise<void> {
  const { narrator, checks, alice, dana, bob, carol } = cast;
  narrator.chapter('What stays: proof');
  narrator.says(`Each server answered with a receipt, signed by its host key. ssh-keygen checks it without keyward:`);
  const receipt = await readReceipt(cast);
  await checks.that('the receipt names the release, the revocation and what was ended', () => namesAll(receipt));
  narrator.gap();
  narrator.says(`Release 2 still grants bob everything, and it carries two valid signatures. Somebody delivers it again, from
    a clone that has never heard of the offboarding:`);
  const again = await dana.types('keyward deliver');
  await checks.that('the delivery is taken', () => equal(again.status, 0));
  const replayed = await bob.ssh('web-1 id -un', 'quietly');
  await checks.that('and bob stays out: a revocation outlives the releases that came before it', () =>
    denied(replayed),
  );
  await checks.that('the servers handed the revocation back, so that clone knows of it now', async () => {
    const held = await dana.device.must('ls revoked');
    return /^bob-[0-9a-f]{8}\n$/.test(held) ? true : `revoked/ holds ${held}`;
  });
  await dana.device.must('git checkout -q -- . && git clean -fdq && git pull -q --ff-only');
  narrator.gap();
  const journal = await alice.types('keyward journal verify');
  await checks.that("alice's journal is as it was written, and receipts vouch for it", () => equal(journal.status, 0));
  await settle(cast);
  const refused = await bob.ssh('web-1 id -un', 'quietly');
  await checks.that('web-1 still refuses him', () => denied(refused));
  const still = await carol.ssh('db-1 id -un', 'quietly');
  await checks.that('carol still reaches db-1', () => equal(still.stdout.trim(), 'carol'));
}

/** The revocation goes into a release, so that every target's manifest says it. */
async function settle({ narrator, checks, alice, dana }: Cast): Promise<void> {
  narrator.gap();
  narrator.says('What is left to do? The page that an admin opens in the morning knows:');
  const status = await dana.types('keyward status', (line) => !/^Looked|^  people/.test(line));
  await checks.that('the status names the revocation that no release counts yet', () =>
    /bob-[0-9a-f]{8}/.test(status.stdout) && status.stdout.includes('keyward approve') ? true : status.stdout,
  );
  const runs: readonly (readonly [typeof alice, string])[] = [
    [alice, 'keyward approve --confirm release-3 --commit'],
    [dana, 'keyward approve --confirm release-3 --commit'],
    [dana, 'keyward deliver --commit'],
  ];
  for (const [admin, line] of runs) {
    await admin.pull();
    const answer = await admin.types(line, (said) => /^(✓|  All|Release|exit)/.test(said));
    if (answer.status !== 0 && answer.status !== 6) throw new Error(`${line}: ${answer.stdout}`);
    await admin.push(line);
  }
  const access = await dana.types('keyward access');
  await checks.that('bob stands in no release any more', () =>
    /^(carol|shop-deploy) /m.test(access.stdout) && !/^bob /m.test(access.stdout) ? true : access.stdout,
  );
}

async function readReceipt({ alice, checks, web1, narrator }: Cast): Promise<string> {
  alice.device.write('web-1-key', `web-1 ${web1.hostKeys.find((line) => line.startsWith('ssh-ed25519')) ?? ''}\n`);
  await alice.device.must(
    `sed '/^-----BEGIN/,$d' receipts/web-1 > ../receipt && sed -n '/^-----BEGIN/,$p' receipts/web-1 > ../receipt.sig`,
  );
  const verified = await alice.types(
    'ssh-keygen -Y verify -f ../web-1-key -I web-1 -n keyward-receipt-v1 -s ../receipt.sig < ../receipt',
  );
  await checks.that('the signature on the receipt is the host key of web-1', () => equal(verified.status, 0));
  narrator.gap();
  await alice.types(`grep -E '^(time|release|revocation|account|ended) ' receipts/web-1`);
  return alice.read('receipts/web-1');
}

function namesAll(receipt: string): Seen {
  const lines = ['release 2 ', 'revocation ', 'ended emp_'].filter(
    (start) => !receipt.split('\n').some((line) => line.startsWith(start)),
  );
  const kinds = ['session', 'tmux', 'process', 'cron', 'at', 'sudo'].filter(
    (kind) => !new RegExp(`^ended emp_\\S+ bob ${kind} [1-9]`, 'm').test(receipt),
  );
  return lines.length + kinds.length === 0 ? true : `it lacks ${[...lines, ...kinds].join(', ')}`;
}
