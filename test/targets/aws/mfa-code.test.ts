/** A role that wants MFA, by a profile as people have it: its code is asked for once, and where nobody is asked it is said. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { instantOf } from '../../../src/core/access/instant.ts';
import { awsTarget, prepare } from '../../../src/targets/aws-iam/index.ts';
import type { IamOptions } from '../../../src/targets/aws-iam/index.ts';
import type { Target } from '../../../src/world.ts';
import { policy, World } from '../../iam/conformance/world.ts';
import { totp } from '../../iam/totp.ts';
import { CRYPTO, GO } from '../place.ts';
import { done, endAccount, looking, makeAccount, PATH, placeThere } from './account.ts';
import type { AwsBench } from './account.ts';

let account: AwsBench;
let folder: string;
let seed: string;

beforeEach(async () => {
  account = await makeAccount({}, {}, false);
  const { iam } = account;
  await prepare(placeThere(account), { groups: [], policies: [], trusts: undefined }, true, GO, { endpoint: iam.endpoint, credentials: iam.root, settle: 40 });
  const world = new World(iam.endpoint, iam.region, iam.root);
  const { name, credentials } = await world.userWith(policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }));
  const { VirtualMFADevice: device } = await world.admin.createVirtualMFADevice({ VirtualMFADeviceName: name });
  seed = Buffer.from(device?.Base32StringSeed ?? []).toString();
  const at = Date.now();
  await world.admin.enableMFADevice({ UserName: name, SerialNumber: device?.SerialNumber, AuthenticationCode1: totp(seed, at - 30_000), AuthenticationCode2: totp(seed, at) });
  folder = mkdtempSync(join(tmpdir(), 'keyward-mfa-'));
  const key = `aws_access_key_id = ${credentials.accessKeyId}\naws_secret_access_key = ${credentials.secretAccessKey}\n`;
  const role = `role_arn = arn:aws:iam::${iam.accountId}:role${PATH}keyward-acme-apply\nsource_profile = own\nmfa_serial = ${device?.SerialNumber}\n`;
  writeFileSync(join(folder, 'config'), `[profile own]\nregion = us-east-1\n${key}[profile apply]\nregion = us-east-1\n${role}`);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'none'));
  vi.stubEnv('AWS_PROFILE', 'apply');
  vi.stubEnv('AWS_ENDPOINT_URL', iam.endpoint);
  iam.calls.clear();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  await endAccount(account);
});

function target(iam: IamOptions): Target {
  return awsTarget(placeThere(account), { crypto: CRYPTO, random: (length) => new Uint8Array(length), now: () => instantOf(account.iam.clock.now() / 1000), iam: { settle: 40, ...iam } });
}

test('the code is asked for once, for the device of the profile, and the role is taken with it', async () => {
  const asked: string[] = [];
  const there = target({ code: async (serial) => (asked.push(serial), totp(seed, Date.now() + 30_000)) });
  expect(asked).toEqual([]);
  for (let i = 0; i < 2; i += 1) expect(done(await there.exchange(looking(), GO)).target).toBe(placeThere(account).id);
  expect(asked).toEqual([expect.stringMatching(/^arn:aws:iam::\d{12}:mfa\//)]);
  expect(account.iam.calls.actions.filter((action) => action === 'AssumeRole')).toHaveLength(1);
  expect(new Set(account.iam.calls.list.slice(1).map(({ principal }) => principal?.split('/')[1]))).toEqual(new Set(['keyward-acme-apply']));
});

test('where nobody can be asked nothing is called, and it is said', async () => {
  const outcome = await target({}).exchange(looking(), GO);
  expect(outcome).toMatchObject({ kind: 'unknown', why: expect.stringContaining('credentials') });
  expect(account.iam.calls.list).toEqual([]);
});
