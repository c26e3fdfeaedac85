/**
 * The demo itself: a broken keyward makes exactly the claims fail that it breaks, Ctrl-C leaves nothing behind, and
 * without root there is one sentence. That it succeeds with the real one is seen by running it (`npm run demo`).
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { assertBuilt } from '../built.ts';
import { needs } from '../fleet/index.ts';
import { plantFaults } from './faulty-program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const reason = needs();

interface Run {
  readonly child: ChildProcess;
  said(): string;
  readonly ended: Promise<number | null>;
}

function start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Run {
  const [program = '', ...args] = argv;
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status));
  });
  return { child, said: () => text, ended };
}

const demo = (env: Readonly<Record<string, string>> = {}): Run => start([process.execPath, 'demo/run.js'], env);
const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('keyward-demo-'));

/** The claims that failed, as far as they stand on their first line. */
function failedClaims(text: string): string[] {
  return text.split('\n').flatMap((line) => (line.startsWith('  NOT OK  ') ? [line.slice('  NOT OK  '.length)] : []));
}

/**
 * One signature is enough; a revocation is taken, kept, said in the receipt, and has no effect; sudo is given as anybody;
 * a machine's key has no fixed command.
 */
const RECEIVER = [
  ['[ "$own" -lt "$its_threshold" ]', '[ "$own" -lt 0 ]'],
  ['file == "held" && $1 == "id"', 'file == "never"'],
  ['file == "held" && $1 == "key"', 'file == "never"'],
  ['" ALL=(" $5 ") "', '" ALL=(ALL) "'],
  ['rest(5) > ("keys/" $3)', '($3 == "shop-deploy" ? "restrict " $(NF-1) " " $NF : rest(5)) > ("keys/" $3)'],
] as const;

/**
 * Nothing is denied, and AWS's own answer to that is not looked at; an access key is never seen to work, or to be there; a login without
 * MFA is kept from nothing.
 */
const AWS = [
  ['if (isDeniedAll(now)) return;', 'return;'],
  ['return open === 0 && denied;', 'return open === 0;'],
  ['results.length === ASKED.length && open.length === 0', 'true'],
  ['active: status !== "Inactive"', 'active: false'],
  ['...left.map((one) => say(`inactive-${one.kind}`, one.id)),', ''],
  ['BoolIfExists: { "aws:MultiFactorAuthPresent": "false" }', 'Bool: { "aws:MultiFactorAuthPresent": "never" }'],
] as const;

const BROKEN: readonly RegExp[] = [
  /^web-1 itself refuses it/,
  /^and nothing changed there/,
  /^as root he does not/,
  /^shop-deploy deploys the shop/,
  /^keyward says that it is done/,
  /^his shell has ended/,
  /^his multiplexed connection has ended/,
  /^his tunnel has ended/,
  /^so has the connection/,
  /^the multiplexed connection opens nothing/,
  /^his tmux/,
  /^on web-1 no process is left/,
  /^on web-2 no process is left/,
  /^his cron job is gone/,
  /^his at job is gone/,
  /^his sudo is gone/,
  /^web-1 refuses his key/,
  /^so does web-2/,
  /^the receipt names/,
  /^and bob stays out/,
  /^without MFA she may read nothing/,
  /^the key is drift, by its name/,
  /^and it is all that differs anywhere/,
  /^a call signed with the key is refused/,
  /^one table names all four/,
  /^AWS refused her/,
  /^db-1 refused her key/,
  /^her session at AWS is denied everything/,
  /^every server refuses her key/,
  /^at AWS she has no password and no active key/,
  /^the status says: denied, not yet removed/,
];

describe.skipIf(reason !== undefined)(`the demo${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  test('faults in the receiver and at AWS make exactly the claims fail that they break', async () => {
    const faulty = plantFaults({ file: 'receiver/keyward-receive', texts: RECEIVER }, { file: 'chunks/aws-iam-*.js', texts: AWS });
    try {
      const run = demo({ KEYWARD_DEMO_PROGRAM: faulty.path });
      expect(await run.ended, run.said()).toBe(1);
      const failed = failedClaims(run.said());
      console.log(`with ${RECEIVER.length + AWS.length} faults planted: ${/^\d+ checks passed, \d+ failed$/m.exec(run.said())?.[0]}`);
      expect(BROKEN.filter((broken) => !failed.some((claim) => broken.test(claim)))).toEqual([]);
      expect(failed.filter((claim) => !BROKEN.some((broken) => broken.test(claim)))).toEqual([]);
      expect(run.said()).toMatch(new RegExp(`^\\d+ checks passed, ${failed.length} failed$`, 'm'));
    } finally {
      faulty.clean();
    }
  }, 240_000);

  test('Ctrl-C in the middle ends the servers and leaves no file', async () => {
    assertBuilt();
    const before = folders();
    const run = demo();
    while (!run.said().includes('web-1 is enrolled')) {
      if (run.child.exitCode !== null) throw new Error(`it ended by itself: ${run.said()}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(folders().filter((name) => !before.includes(name))).toHaveLength(1);
    run.child.kill('SIGINT');
    expect(await run.ended, run.said()).toBe(130);
    expect(run.said()).toContain('everything is cleaned up');
    expect(run.said()).not.toContain('NOT OK');
    expect(folders().filter((name) => !before.includes(name))).toEqual([]);
  }, 120_000);
});

test.skipIf(process.platform !== 'linux')('without root there is one sentence, and exit status 1', async () => {
  const without = process.getuid?.() === 0 ? ['unshare', '--user'] : [];
  const run = start([...without, process.execPath, 'demo/run.js']);
  expect(await run.ended).toBe(1);
  expect(run.said()).toBe('The demo runs real servers on this machine and needs root.\n');
});
