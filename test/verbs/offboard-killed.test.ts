/**
 * The keyward process really killed, by SIGKILL, while AWS holds one call of `offboard` or just carried it out: what it had
 * begun is in its journal, nothing is said to be done that is not, the same command again ends right, and no secret stands
 * in anything that was written. Every call of the adapter is such a point in test/targets/aws/killed.test.ts; here a
 * spread of them, each with an organization, a device and an account of its own, side by side: a run waits 12 s for AWS.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { readEvent } from '../../src/core/journal/index.ts';
import { awsTarget, prepare as prepareAws } from '../../src/targets/aws-iam/index.ts';
import { deliver } from '../../src/verbs/deliver.ts';
import { prepare } from '../../src/verbs/prepare.ts';
import type { World } from '../../src/world.ts';
import { builtProgram } from '../built.ts';
import { startIam } from '../iam/index.ts';
import type { FaultKind, Iam } from '../iam/index.ts';
import { CRYPTO, GO } from '../targets/place.ts';
import { isDenied, openAt } from '../targets/aws/stages.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

const ACCOUNT = '123456789012';
const WRITES = /^(?!Get|List|Generate|Simulate)/;

interface Scene {
  readonly acme: Organization;
  readonly iam: Iam;
  readonly secrets: readonly string[];
}

/** Carol has a login at AWS, with a password and an access key of her own making. */
async function scene(): Promise<Scene> {
  const iam = await startIam({ accountId: ACCOUNT });
  const acme = await makeOrganization({
    now: new Date().toISOString().replace(/\.\d+Z/, 'Z'),
    signers: ['alice'],
    employees: { carol: '' },
    providers: { 'aws-production': `account-id: "${ACCOUNT}", rules: [{ to: { employees: [carol] }, groups: [billing], console: true }]` },
  });
  const joined = await acme.world('alice', { yes: 'all', risks: 'all' });
  const client = { endpoint: iam.endpoint, credentials: iam.root, settle: 40 };
  const passwords: string[] = [];
  const handOver = async (_: string, __: string, password: string): Promise<void> => void passwords.push(password);
  const random = (length: number): Uint8Array => new Uint8Array(randomBytes(length));
  const world: World = {
    ...joined,
    prepare: (place, wanted, makes, signal) => prepareAws(place, wanted, makes, signal, client),
    target: async (place) => awsTarget(place, { crypto: CRYPTO, random, now: () => acme.clock.now(), handOver, iam: client }),
  };
  await prepare(world, { name: 'aws-production', trusts: undefined, makes: true, signal: GO });
  await acme.approve(['alice']);
  await acme.compare('alice');
  await deliver(world, { choice: { servers: [], labels: [] }, limits: { parallel: 1, timeout: 30, signal: GO }, dryRun: false });
  const made = JSON.stringify([iam.hands.do('CreateAccessKey', { UserName: 'carol' }), iam.hands.do('CreateServiceSpecificCredential', { UserName: 'carol', ServiceName: 'codecommit.amazonaws.com' })]);
  const secrets = [...made.matchAll(/"(?:SecretAccessKey|ServicePassword)":"([^"]+)"/g)].map(([, secret = '']) => secret);
  iam.calls.clear();
  if (passwords.length + secrets.length !== 3) throw new Error('there is too little to look for');
  return { acme, iam, secrets: [iam.root.secretAccessKey, ...passwords, ...secrets] };
}

interface Ran {
  readonly status: number | null;
  readonly said: string;
}

function keyward({ acme, iam }: Scene, ...words: readonly string[]): { readonly child: ChildProcess; readonly ended: Promise<Ran> } {
  const env = {
    ...acme.env('alice'),
    PATH: process.env['PATH'],
    AWS_ENDPOINT_URL_IAM: iam.endpoint,
    AWS_REGION: iam.region,
    AWS_ACCESS_KEY_ID: iam.root.accessKeyId,
    AWS_SECRET_ACCESS_KEY: iam.root.secretAccessKey,
  };
  const program = join(builtProgram(), 'bin/run.js');
  const child = spawn(process.execPath, [program, ...words, '--no-input', '--timeout', '120'], { cwd: acme.root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => said.push(bytes.toString()));
  return { child, ended: new Promise((resolve) => void child.on('close', (status) => resolve({ status, said: said.join('') }))) };
}

function offboard(on: Scene): ReturnType<typeof keyward> {
  return keyward(on, 'offboard', 'carol', '--confirm', 'carol');
}

/** Everything under the organization's folders, and what was said. */
function written({ acme }: Scene, runs: readonly Ran[]): string {
  const folders = [acme.root, ...Object.values(acme.env('alice'))];
  const files = folders.flatMap((folder) => globSync('**', { cwd: folder }).map((name) => join(folder, name))).filter((path) => statSync(path).isFile());
  return [...files.map((path) => readFileSync(path, 'latin1')), ...runs.map(({ said }) => said)].join('\n');
}

interface Fate {
  readonly at: string;
  readonly killedBy: string | undefined;
  readonly wrong: readonly string[];
}

/** Offboards Carol, kills the process at its n-th call, and offboards her again. */
async function killedAt(nth: number, kind: FaultKind): Promise<Fate> {
  const on = await scene();
  const { iam, acme } = on;
  const wrong: string[] = [];
  try {
    iam.faults.plan({ kind, nth });
    const { child, ended } = offboard(on);
    while (iam.faults.struck === 0 && child.exitCode === null) await new Promise((resolve) => void setTimeout(resolve, 5));
    child.kill('SIGKILL');
    const first = await ended;
    iam.faults.clear();
    const [call, made] = [iam.calls.list[nth - 1]?.action, iam.calls.list.filter(({ action, outcome }) => WRITES.test(action) && outcome.startsWith('ok')).length];
    const { journals } = await acme.world('alice');
    const runs = (await journals.runs(acme.name)).map(({ lines }) => lines.flatMap((line) => readEvent(line) ?? []));
    const steps = (runs.find(([begin]) => begin?.['command'] === 'offboard') ?? []).filter(({ what }) => what === 'step');
    const of = (state: string): number => steps.filter((one) => one['state'] === state).length;
    if (of('begun') < made || of('done') > made) wrong.push(`${made} changes made, ${of('begun')} begun and ${of('done')} done in the journal`);
    const second = await offboard(on).ended;
    const carol = iam.account.replica.latest.users.get('carol');
    if (second.status !== 0) wrong.push(`the second run ended with ${second.status}: ${second.said}`);
    if (!isDenied(carol) || openAt(carol).length > 0) wrong.push(`open at the end: ${openAt(carol).join(' ')}`);
    const all = written(on, [first, second]);
    wrong.push(...on.secrets.filter((secret) => all.includes(secret)).map(() => 'a secret was written'));
    return { at: `${nth} ${kind} ${call}`, killedBy: first.status === null ? call : undefined, wrong };
  } finally {
    await iam.stop();
  }
}

test('killed at a spread of its calls, the second run has her out', { timeout: 240_000 }, async () => {
  const whole = await scene();
  const run = await offboard(whole).ended;
  await whole.iam.stop();
  expect([run.status, run.said.includes('carol')]).toEqual([0, true]);
  const actions = whole.iam.calls.actions;
  const writes = actions.flatMap((action, at) => (WRITES.test(action) ? [at + 1] : []));
  const spread = [1, Math.floor((writes[0] ?? 0) / 2), ...writes, actions.length];
  const fates = await Promise.all(spread.map((nth, at) => killedAt(nth, at % 2 === 0 ? 'done-then-silent' : 'silent')));
  console.log(`killed at ${fates.map(({ at }) => at).join(', ')} of ${actions.length} calls`);
  expect(fates.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
  expect(fates.filter(({ killedBy }) => killedBy === undefined)).toEqual([]);
});

test('first passwords stand in the file that was named, and nowhere else, whatever AWS answers', { timeout: 120_000 }, async () => {
  const on = await scene();
  const { iam, acme } = on;
  const runs: Ran[] = [];
  const given: string[] = [];
  for (const [round, [kind, action]] of ([['AccessDenied', 'CreateLoginProfile'], ['ServiceFailure', 'CreateLoginProfile'], ['done-then-reset', 'CreateLoginProfile'], ['AccessDenied', 'AddUserToGroup']] as const).entries()) {
    iam.hands.do('DeleteLoginProfile', { UserName: 'carol' });
    if (action === 'AddUserToGroup') iam.hands.do('RemoveUserFromGroup', { UserName: 'carol', GroupName: 'billing' });
    iam.faults.plan({ kind, action });
    const file = join(acme.root, '..', `first-passwords-${round}`);
    runs.push(await keyward(on, 'deliver', '--passwords', file).ended, await keyward(on, 'drift').ended);
    iam.faults.clear();
    if (existsSync(file)) given.push(...readFileSync(file, 'utf8').trim().split('\n').map((line) => line.split(' ').at(-1) ?? ''));
    if (action === 'AddUserToGroup') runs.push(await keyward(on, 'deliver').ended);
    const login = iam.account.replica.latest.users.get('carol')?.login;
    if (login !== undefined) expect(given).toContain(login.password);
    else iam.hands.do('CreateLoginProfile', { UserName: 'carol', Password: 'Correct-Horse-7-Battery' });
  }
  await iam.stop();
  const all = written(on, runs);
  expect([...on.secrets, ...given].filter((secret) => all.includes(secret))).toEqual([]);
  expect([given.length, runs.filter(({ status }) => status === 0 || status === 2 || status === 4).length]).toEqual([3, runs.length]);
  expect(all).toContain('"step":"give-password"');
});
