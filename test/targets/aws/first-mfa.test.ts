/** A login that must have MFA can set it up by itself, whatever its groups may, and do nothing else before. */
import { afterEach, expect, test } from 'vitest';
import { prepare } from '../../../src/targets/aws-iam/index.ts';
import { World } from '../../iam/conformance/world.ts';
import { totp } from '../../iam/totp.ts';
import { GO } from '../place.ts';
import { endAccount, give, makeAccount, placeThere, targetThere } from './account.ts';
import type { AwsBench } from './account.ts';

let account: AwsBench | undefined;
afterEach(() => endAccount(account));

test('without MFA only MFA can be set up: its own device, by its own hands; with it the groups count', async () => {
  const made = await makeAccount({}, {}, false);
  account = made;
  const { iam } = made;
  const client = { endpoint: iam.endpoint, credentials: iam.root, settle: 40 };
  const prepared = await prepare(placeThere(made), { groups: ['billing'], policies: [], trusts: undefined }, true, GO, client);
  expect(prepared.kind).toBe('done');
  iam.hands.do('AttachGroupPolicy', { GroupName: 'billing', PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' });
  const passwords = new Map<string, string>();
  const target = targetThere(made, { handOver: async (_, name, password) => void passwords.set(name, password) });
  await give(made, target, (['erin', 'dave'] as const).map((name) => ({ name, rights: ['group billing', 'console yes', 'mfa required'] })));
  const password = 'Battery-Staple-8-Horse';
  const { credentials } = iam.hands.login('erin', passwords.get('erin') ?? '', { newPassword: password });
  if (credentials === undefined) throw new Error('erin could not sign in');
  const world = new World(iam.endpoint, iam.region, iam.root);
  const erin = world.client(credentials);
  for (const not of [erin.listUsers({}), erin.listRoles({}), erin.createAccessKey({ UserName: 'erin' })])
    await expect(not).rejects.toMatchObject({ name: 'AccessDenied' });
  const { VirtualMFADevice: device } = await erin.createVirtualMFADevice({ VirtualMFADeviceName: 'erin' });
  const seed = Buffer.from(device?.Base32StringSeed ?? []).toString();
  const at = Date.now();
  const codes = { SerialNumber: device?.SerialNumber, AuthenticationCode1: totp(seed, at - 30_000), AuthenticationCode2: totp(seed, at) };
  await expect(erin.enableMFADevice({ UserName: 'dave', ...codes })).rejects.toMatchObject({ name: 'AccessDenied' });
  // Neither where a group lets her do everything: the boundary does not.
  iam.hands.do('AttachGroupPolicy', { GroupName: 'billing', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
  await expect(erin.enableMFADevice({ UserName: 'dave', ...codes })).rejects.toMatchObject({ name: 'AccessDenied' });
  await expect(erin.listUsers({})).rejects.toMatchObject({ name: 'AccessDenied' });
  await erin.enableMFADevice({ UserName: 'erin', ...codes });
  const again = iam.hands.login('erin', password, { code: totp(seed, at + 30_000) });
  if (again.credentials === undefined) throw new Error('erin could not sign in with MFA');
  expect((await world.client(again.credentials).listUsers({})).Users?.map((user) => user.UserName)).toEqual(['dave', 'erin']);
});
