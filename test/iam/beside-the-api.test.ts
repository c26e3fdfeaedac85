/** What tests do with the service beside calling it: lag, rate, faults, the list of calls, the clock, signing in. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as sdk from '@aws-sdk/client-iam';
import { IAM } from '@aws-sdk/client-iam';
import { afterEach, describe, expect, it } from 'vitest';
import { type Iam, type IamOptions, startIam, totp } from './index.ts';
import { STATUS } from './iam-error.ts';
import { ACTIONS } from './service.ts';

const DENY_ALL = 'arn:aws:iam::aws:policy/AWSDenyAll';
const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const running: Iam[] = [];

async function started(options: IamOptions = {}): Promise<{ iam: Iam; admin: IAM }> {
  const iam = await startIam(options);
  running.push(iam);
  return { iam, admin: client(iam, iam.root) };
}

function client(
  iam: Iam,
  credentials: sdk.IAMClientConfig['credentials'] & object,
  more: sdk.IAMClientConfig = {},
): IAM {
  return new IAM({ endpoint: iam.endpoint, region: iam.region, credentials, maxAttempts: 1, ...more });
}

async function keyOf(admin: IAM, UserName: string): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  const { AccessKey } = await admin.createAccessKey({ UserName });
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'ok',
    (error: unknown) => (error as Error).name,
  );
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((iam) => iam.stop()));
});

describe('starting', () => {
  it('takes little time, and two services share nothing', async () => {
    await startIam().then((iam) => iam.stop());
    const times: number[] = [];
    for (let at = 0; at < 9; at += 1) {
      const before = performance.now();
      await started();
      times.push(performance.now() - before);
    }
    const median = times.sort((a, b) => a - b)[4] ?? Infinity;
    console.log(`started in ${median.toFixed(1)} ms (median of 9); ${ACTIONS.length} actions`);
    expect(median).toBeLessThan(50);
    const [one, two] = running;
    one?.hands.do('CreateUser', { UserName: 'bob' });
    expect([one?.account.replica.latest.users.size, two?.account.replica.latest.users.size]).toEqual([1, 0]);
    expect(new URL(one?.endpoint ?? '').hostname).toMatch(/^127\.77\./);
  });

  it('runs as a process of its own, until its input ends', async () => {
    const main = fileURLToPath(new URL('main.ts', import.meta.url));
    const child = spawn(process.execPath, [main, '--account-id', '123456789012', '--lag', '0'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve) =>
      child.stdout.once('data', (data: Buffer) => resolve(data.toString())),
    );
    const said = JSON.parse(line) as Pick<Iam, 'endpoint' | 'region' | 'root'>;
    const admin = new IAM({ endpoint: said.endpoint, region: said.region, credentials: said.root });
    expect((await admin.getUser({})).User?.Arn).toBe('arn:aws:iam::123456789012:root');
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    child.stdin.end();
    expect(await ended).toBe(0);
  });
});

describe('errors', () => {
  it('are those that the SDK has a model of, code and status', () => {
    const modelled = Object.values(sdk).flatMap((one): [string, number][] => {
      const traits: unknown = Array.isArray(one) ? one[3] : undefined;
      const pair = (traits as { awsQueryError?: [string, number] } | undefined)?.awsQueryError;
      return pair === undefined ? [] : [pair];
    });
    const known: Record<string, number> = STATUS;
    const ours = modelled.filter(([code]) => code in known);
    console.log(`compared ${ours.length} of ${modelled.length} modelled errors`);
    expect(ours.length).toBeGreaterThanOrEqual(23);
    expect(ours.map(([code]) => [code, known[code]])).toEqual(ours);
  });
});

describe('the lag before a change is seen', () => {
  it('keeps a new user from being read and changed until it is over', async () => {
    const { iam, admin } = await started({ lag: 4000 });
    await admin.createUser({ UserName: 'bob' });
    expect(await codeOf(admin.getUser({ UserName: 'bob' }))).toBe('NoSuchEntityException');
    expect(await codeOf(admin.attachUserPolicy({ UserName: 'bob', PolicyArn: DENY_ALL }))).toBe(
      'NoSuchEntityException',
    );
    expect(await codeOf(admin.createUser({ UserName: 'bob' }))).toBe('EntityAlreadyExistsException');
    expect((await admin.listUsers({})).Users).toEqual([]);
    iam.clock.advance(4001);
    const late = client(iam, iam.root, { maxAttempts: 2 });
    expect((await late.getUser({ UserName: 'bob' })).User?.UserName).toBe('bob');
  });

  it('lets a deleted key work on, enough to make another; both are dead in the end', async () => {
    const { iam, admin } = await started({ lag: 4000 });
    iam.hands.do('CreateUser', { UserName: 'eve' });
    iam.hands.do('AttachUserPolicy', { UserName: 'eve', PolicyArn: ADMINISTRATOR });
    const key = await keyOf(admin, 'eve');
    const eve = client(iam, key);
    expect(await codeOf(eve.getUser({}))).toBe('InvalidClientTokenId');
    iam.clock.advance(4001);
    expect(await codeOf(eve.getUser({}))).toBe('ok');
    await admin.deleteAccessKey({ UserName: 'eve', AccessKeyId: key.accessKeyId });
    await admin.attachUserPolicy({ UserName: 'eve', PolicyArn: DENY_ALL });
    const second = await keyOf(eve, 'eve');
    expect(await codeOf(eve.detachUserPolicy({ UserName: 'eve', PolicyArn: DENY_ALL }))).toBe('ok');
    iam.clock.advance(4001);
    expect(await codeOf(eve.getUser({}))).toBe('InvalidClientTokenId');
    expect(await codeOf(client(iam, second).getUser({}))).toBe('ok');
    expect((await admin.listAccessKeys({ UserName: 'eve' })).AccessKeyMetadata?.map((one) => one.AccessKeyId)).toEqual([
      second.accessKeyId,
    ]);
  });

  it('makes a new password temporarily unmodifiable', async () => {
    const { iam, admin } = await started({ lag: 2000 });
    iam.hands.do('CreateUser', { UserName: 'bob' });
    await admin.createLoginProfile({ UserName: 'bob', Password: 'Correct-Horse-7' });
    expect(await codeOf(admin.deleteLoginProfile({ UserName: 'bob' }))).toBe('EntityTemporarilyUnmodifiableException');
    iam.clock.advance(2001);
    expect(await codeOf(admin.deleteLoginProfile({ UserName: 'bob' }))).toBe('ok');
  });
});

describe('the rate limit', () => {
  it('refuses what is too fast with Throttling 400; the adaptive mode loses nothing', async () => {
    const { iam, admin } = await started({ ratePerSecond: 20, burst: 20 });
    const answers = await Promise.all(Array.from({ length: 40 }, () => codeOf(admin.listUsers({}))));
    const lost = answers.filter((one) => one !== 'ok');
    expect(new Set(lost)).toEqual(new Set(['Throttling']));
    expect(lost.length).toBeGreaterThan(10);
    expect(iam.calls.list.filter((one) => one.outcome === 'Throttling').length).toBe(lost.length);
    const patient = client(iam, iam.root, { retryMode: 'adaptive', maxAttempts: 10 });
    const before = performance.now();
    const again = await Promise.all(Array.from({ length: 40 }, () => codeOf(patient.listUsers({}))));
    console.log(
      `40 calls at 20 a second: ${lost.length} lost without retries; adaptive: 0 lost in ${Math.round(performance.now() - before)} ms`,
    );
    expect(again.filter((one) => one !== 'ok')).toEqual([]);
  });
});

describe('faults', () => {
  it('strike the n-th call, or the n-th of an action, once', async () => {
    const { iam, admin } = await started();
    iam.faults.plan({ kind: 'ServiceFailure', nth: 2 });
    iam.faults.plan({ kind: 'Throttling', action: 'CreateUser', nth: 2 });
    const said = [
      await codeOf(admin.createUser({ UserName: 'a' })),
      await codeOf(admin.listUsers({})),
      await codeOf(admin.createUser({ UserName: 'b' })),
      await codeOf(admin.createUser({ UserName: 'b' })),
    ];
    expect(said).toEqual(['ok', 'ServiceFailureException', 'Throttling', 'ok']);
    expect(iam.faults.struck).toBe(2);
  });

  it('before the effect leave nothing, after it leave everything', async () => {
    const { iam, admin } = await started();
    const before = ['connection-reset', 'InternalFailure', 'ServiceUnavailable'] as const;
    const after = ['done-then-failed', 'done-then-reset'] as const;
    for (const kind of [...before, ...after]) {
      iam.faults.plan({ kind });
      expect(await codeOf(admin.createUser({ UserName: kind }))).not.toBe('ok');
    }
    expect([...iam.account.replica.latest.users.keys()]).toEqual([...after]);
  });

  it("of one call are outlived by the SDK's own retries", async () => {
    const { iam } = await started();
    iam.faults.plan({ kind: 'ServiceFailure' });
    iam.faults.plan({ kind: 'connection-reset', nth: 2 });
    const patient = client(iam, iam.root, { maxAttempts: 3 });
    expect(await codeOf(patient.createUser({ UserName: 'bob' }))).toBe('ok');
    expect(iam.calls.list.map((one) => one.outcome)).toEqual(['ServiceFailure', 'connection reset', 'ok']);
  });
});

describe('the list of calls', () => {
  it('has them in order, with who called and without secrets', async () => {
    const { iam, admin } = await started();
    await admin.createUser({ UserName: 'bob' });
    const secret = 'Sehr-Geheim-77-Marke';
    await admin.createLoginProfile({ UserName: 'bob', Password: secret });
    await codeOf(
      client(iam, await keyOf(admin, 'bob')).changePassword({ OldPassword: secret, NewPassword: `${secret}-2` }),
    );
    expect(iam.calls.actions).toEqual(['CreateUser', 'CreateLoginProfile', 'CreateAccessKey', 'ChangePassword']);
    expect(iam.calls.list.map((one) => [one.number, one.outcome])).toEqual([
      [1, 'ok'],
      [2, 'ok'],
      [3, 'ok'],
      [4, 'AccessDenied'],
    ]);
    expect(iam.calls.list[3]?.principal).toBe(`arn:aws:iam::${iam.accountId}:user/bob`);
    expect(iam.calls.list[1]?.parameters).toEqual({ UserName: 'bob', Password: '***' });
    expect(JSON.stringify(iam.calls.list)).not.toContain(secret);
  });
});

describe('the clock', () => {
  it('moves everything that goes by time; the SDK follows by itself', async () => {
    const { iam } = await started();
    const admin = client(iam, iam.root, { maxAttempts: 2 });
    await admin.generateCredentialReport({});
    const first = (await admin.getCredentialReport({})).GeneratedTime;
    iam.clock.advance(4 * 3_600_000 + 1000);
    expect(await codeOf(admin.getCredentialReport({}))).toBe('CredentialReportExpiredException');
    await admin.generateCredentialReport({});
    expect((await admin.getCredentialReport({})).GeneratedTime?.getTime()).toBeGreaterThan(
      (first?.getTime() ?? 0) + 4 * 3_600_000,
    );
  });

  it('a report takes its time: not there, in progress, there', async () => {
    const { iam, admin } = await started({ reportTakes: 60_000 });
    expect(await codeOf(admin.getCredentialReport({}))).toBe('CredentialReportNotPresentException');
    expect((await admin.generateCredentialReport({})).State).toBe('STARTED');
    expect(await codeOf(admin.getCredentialReport({}))).toBe('CredentialReportNotReadyException');
    iam.clock.advance(60_000);
    expect(await codeOf(admin.getCredentialReport({}))).toBe('ok');
  });
});

describe('pages', () => {
  it('may hold fewer entries than were asked for', async () => {
    const { iam, admin } = await started({ pageCap: 7 });
    for (let at = 0; at < 50; at += 1) iam.hands.do('CreateUser', { UserName: `user-${at}` });
    const page = await admin.listUsers({ MaxItems: 20 });
    expect([page.Users?.length, page.IsTruncated]).toEqual([7, true]);
    const names = new Set<string | undefined>();
    for await (const one of sdk.paginateListUsers({ client: admin }, {}))
      for (const user of one.Users ?? []) names.add(user.UserName);
    expect(names.size).toBe(50);
  });
});

describe('by hand', () => {
  it('signs in to the console: password, a new one at first, MFA once there is a device', async () => {
    const { iam, admin } = await started();
    await admin.createUser({ UserName: 'bob' });
    await admin.createLoginProfile({ UserName: 'bob', Password: 'Correct-Horse-7', PasswordResetRequired: true });
    expect(iam.hands.signIn('bob', 'wrong')).toBe('refused');
    expect(iam.hands.signIn('bob', 'Correct-Horse-7')).toBe('must set a new password');
    await admin.updateLoginProfile({ UserName: 'bob', PasswordResetRequired: false });
    expect(iam.hands.signIn('bob', 'Correct-Horse-7')).toBe('signed in');
    const made = await admin.createVirtualMFADevice({ VirtualMFADeviceName: 'bob' });
    const seed = Buffer.from(made.VirtualMFADevice?.Base32StringSeed ?? []).toString();
    const SerialNumber = made.VirtualMFADevice?.SerialNumber;
    const at = iam.clock.now();
    await admin.enableMFADevice({
      UserName: 'bob',
      SerialNumber,
      AuthenticationCode1: totp(seed, at - 30_000),
      AuthenticationCode2: totp(seed, at),
    });
    expect(iam.hands.signIn('bob', 'Correct-Horse-7')).toBe('refused');
    expect(iam.hands.signIn('bob', 'Correct-Horse-7', totp(seed, at + 30_000))).toBe('signed in');
    expect(iam.hands.signIn('bob', 'Correct-Horse-7', totp(seed, at + 30_000))).toBe('refused');
  });

  it('gives devices that are not virtual: only deactivated, never deleted', async () => {
    const { iam, admin } = await started();
    await admin.createUser({ UserName: 'bob' });
    const serials = ['GAHT12345678', `arn:aws:iam::${iam.accountId}:u2f/user/bob/key-1`];
    for (const serial of serials) iam.hands.giveDevice('bob', serial);
    expect((await admin.listMFADevices({ UserName: 'bob' })).MFADevices?.map((one) => one.SerialNumber)).toEqual(
      serials.sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)),
    );
    expect((await admin.listVirtualMFADevices({})).VirtualMFADevices).toEqual([]);
    expect(await codeOf(admin.deleteUser({ UserName: 'bob' }))).toBe('DeleteConflictException');
    for (const SerialNumber of serials) {
      expect(await codeOf(admin.deleteVirtualMFADevice({ SerialNumber }))).toBe('ValidationError');
      await admin.deactivateMFADevice({ UserName: 'bob', SerialNumber });
    }
    expect(await codeOf(admin.deleteUser({ UserName: 'bob' }))).toBe('ok');
  });
});
