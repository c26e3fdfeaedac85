/** Looking: each of the nine kinds that a login can have is found, with its age; what could not be looked at is never nothing. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { certificate } from '../../iam/conformance/certificate.ts';
import { sshLine, World } from '../../iam/conformance/world.ts';
import { totp } from '../../iam/index.ts';
import { GO } from '../place.ts';
import { done, endAccount, looking, makeAccount, placeThere, releasing, targetThere } from './account.ts';
import type { AwsBench, PersonThere } from './account.ts';
import { instantOf } from '../../../src/core/access/index.ts';
import type { Instant } from '../../../src/core/access/index.ts';
import type { Answer, Parcel, Target } from '../../../src/world.ts';

const ALL = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
const DAY = 86_400;
const PASSWORD = 'Correct-Horse-7-Battery';

let account: AwsBench;
let world: World;
let target: Target;
let parcel: Parcel;
/** Seconds. */
let later = 0;

async function begin(people: readonly PersonThere[], settings: Readonly<Record<string, string>> = {}): Promise<void> {
  account = await makeAccount({}, settings);
  world = new World(account.iam.endpoint, account.iam.region, account.iam.root);
  const signed = await releasing(account, people);
  parcel = signed;
  const firstRelease = placeThere(account).trust?.firstRelease ?? '';
  const place = { trust: { firstRelease, releases: [account.first, ...parcel.releases], manifest: signed.manifest } };
  const handOver = async (): Promise<void> => undefined;
  later = 0;
  target = targetThere(account, { place, handOver, now });
  await deliver();
  forgetReport();
}

/** Keyward's clock only: AWS's own would part from the SDK's, which then tries every refused call ten times. */
function wind(days: number): void {
  later += days * DAY;
}

/** As after four hours: the next report is a new one. */
function forgetReport(): void {
  account.iam.account.report = undefined;
}

function now(): Instant {
  return instantOf(Math.floor(Date.now() / 1000) + later);
}

async function deliver(): Promise<Answer['receipt']> {
  return done(await target.exchange({ ...parcel, nonce: looking().nonce }, GO));
}

async function look(): Promise<Answer['receipt']> {
  account.iam.calls.clear();
  return done(await target.exchange(looking(), GO));
}

function callsOf(name: string): readonly string[] {
  return account.iam.calls.list.filter(({ parameters }) => parameters['UserName'] === name).map(({ action }) => action).sort();
}

async function enabledDevice(UserName: string): Promise<{ readonly serial: string }> {
  const { VirtualMFADevice } = await world.admin.createVirtualMFADevice({ VirtualMFADeviceName: `of-${UserName}` });
  const [SerialNumber = '', seed] = [VirtualMFADevice?.SerialNumber, Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()];
  const [AuthenticationCode1, AuthenticationCode2] = [totp(seed, Date.now() - 30_000), totp(seed, Date.now())];
  await world.admin.enableMFADevice({ UserName, SerialNumber, AuthenticationCode1, AuthenticationCode2 });
  return { serial: SerialNumber };
}

/** Everything a user can have, each made by hand, in the words in which drift names it. */
async function plantNine(UserName: string): Promise<readonly string[]> {
  const { admin } = world;
  const { AccessKey } = await admin.createAccessKey({ UserName });
  const { Certificate } = await admin.uploadSigningCertificate({ UserName, CertificateBody: certificate() });
  const { SSHPublicKey } = await admin.uploadSSHPublicKey({ UserName, SSHPublicKeyBody: sshLine() });
  const { ServiceSpecificCredential } = await admin.createServiceSpecificCredential({ UserName, ServiceName: 'codecommit.amazonaws.com' });
  const device = await enabledDevice(UserName);
  await admin.createLoginProfile({ UserName, Password: PASSWORD });
  await admin.addUserToGroup({ UserName, GroupName: 'support' });
  await admin.attachUserPolicy({ UserName, PolicyArn: 'arn:aws:iam::aws:policy/ReadOnlyAccess' });
  await admin.putUserPolicy({ UserName, PolicyName: 'own', PolicyDocument: ALL });
  return [
    `access-key ${UserName}/${AccessKey?.AccessKeyId}`,
    `certificate ${UserName}/${Certificate?.CertificateId}`,
    `group ${UserName}/support`,
    `inline-policy ${UserName}/own`,
    `mfa-device ${UserName}/${device.serial}`,
    `password ${UserName}`,
    `policy ${UserName}/arn:aws:iam::aws:policy/ReadOnlyAccess`,
    `service-credential ${UserName}/${ServiceSpecificCredential?.ServiceSpecificCredentialId}`,
    `ssh-key ${UserName}/${SSHPublicKey?.SSHPublicKeyId}`,
  ];
}

function differs({ differs: all }: Answer['receipt']): readonly string[] {
  return all.map(({ what, subject }) => `${what} ${subject}`).sort();
}

describe('the nine kinds', () => {
  beforeAll(() => begin([{ name: 'carol', rights: ['group billing'] }, { name: 'dave', rights: ['group billing', 'console yes'] }]));
  afterAll(() => endAccount(account));

  test('a clean account says how much was looked at, in three calls a login', async () => {
    const { differs: found, looked } = await look();
    expect(found).toEqual([]);
    expect(Object.fromEntries(looked.map(({ what, count }) => [what, count]))).toEqual({
      ...{ account: 2, password: 1, 'access-key': 0, certificate: 0, 'ssh-key': 0, 'service-credential': 0, 'mfa-device': 0, group: 2, policy: 0 },
    });
    expect(callsOf('carol')).toEqual(['GetLoginProfile', 'ListAccessKeys', 'ListSSHPublicKeys']);
    expect(callsOf('dave')).toEqual(['ListAccessKeys', 'ListSSHPublicKeys', 'ListSigningCertificates']);
  });

  test('each planted on a login is found by name, taken away by deliver, and the look after it is clean', async () => {
    forgetReport();
    const planted = await plantNine('carol');
    const receipt = await look();
    expect(differs(receipt)).toEqual(planted);
    expect(receipt.looked.find(({ what }) => what === 'ssh-key')).toEqual({ what: 'ssh-key', count: 1 });
    const { failed, ended } = await deliver();
    expect([failed, ended.map(({ kind, count }) => `${kind} ${count}`).sort()]).toEqual([
      [],
      ['access-key 1', 'certificate 1', 'group 1', 'mfa-device 1', 'password 1', 'policy 2', 'service-credential 1', 'ssh-key 1'],
    ]);
    expect(differs(await look())).toEqual([]);
    forgetReport();
    expect(differs(await look())).toEqual([]);
  });

  test('held inactive for the holding time, then drift, and deleted by the next delivery with its mark', async () => {
    const carol = () => account.iam.account.replica.latest.users.get('carol');
    const left = () => [carol()?.accessKeys, carol()?.certificates, carol()?.sshKeys, carol()?.serviceCredentials].map((all) => all?.length);
    wind(6);
    expect([differs(await look()), left()]).toEqual([[], [1, 1, 1, 1]]);
    await deliver();
    expect(left()).toEqual([1, 1, 1, 1]);
    wind(2);
    expect(differs(await look()).map((one) => one.split(' ')[0])).toEqual(['inactive-access-key', 'inactive-certificate', 'inactive-service-credential', 'inactive-ssh-key']);
    expect((await deliver()).failed).toEqual([]);
    expect(left()).toEqual([0, 0, 0, 0]);
    await deliver();
    expect([...(carol()?.tags.keys() ?? [])].filter((tag) => tag.startsWith('keyward:closed:'))).toEqual([]);
    expect(differs(await look())).toEqual([]);
  });

  test('made active again meanwhile, it is closed again and held from then on', async () => {
    const { AccessKey } = await world.admin.createAccessKey({ UserName: 'dave' });
    const AccessKeyId = AccessKey?.AccessKeyId;
    await deliver();
    wind(6);
    await world.admin.updateAccessKey({ UserName: 'dave', AccessKeyId, Status: 'Active' });
    expect(differs(await look())).toEqual([`access-key dave/${AccessKeyId}`]);
    await deliver();
    wind(2);
    expect((await deliver()).failed).toEqual([]);
    expect(account.iam.account.replica.latest.users.get('dave')?.accessKeys.map(({ status }) => status)).toEqual(['Inactive']);
  });

  test('a list of everybody that is refused is asked for each; a list of one login that is refused is no clean look', async () => {
    account.iam.faults.plan({ kind: 'AccessDenied', action: 'ListVirtualMFADevices', times: Infinity });
    account.iam.faults.plan({ kind: 'AccessDenied', action: 'ListServiceSpecificCredentials', times: 1 });
    const made = await world.admin.createServiceSpecificCredential({ UserName: 'dave', ServiceName: 'codecommit.amazonaws.com' });
    const receipt = await look();
    account.iam.faults.clear();
    expect(differs(receipt)).toEqual([`service-credential dave/${made.ServiceSpecificCredential?.ServiceSpecificCredentialId}`]);
    for (const action of ['ListAccessKeys', 'ListSSHPublicKeys', 'GenerateCredentialReport', 'GetAccountPasswordPolicy']) {
      account.iam.faults.plan({ kind: 'AccessDenied', action, times: Infinity });
      const outcome = await target.exchange(looking(), GO);
      account.iam.faults.clear();
      expect([action, outcome.kind]).toEqual([action, 'unknown']);
    }
  });
});

describe('a login that is out', () => {
  beforeAll(() => begin([{ name: 'carol', rights: ['group billing'] }]));
  afterAll(() => endAccount(account));

  test('is no drift while it is held, and is when its time is over and nobody removed it', async () => {
    const without = await releasing(account, []);
    const firstRelease = placeThere(account).trust?.firstRelease ?? '';
    const place = { trust: { firstRelease, releases: [account.first, ...parcel.releases, ...without.releases], manifest: without.manifest } };
    target = targetThere(account, { place, now });
    parcel = without;
    expect((await deliver()).failed).toEqual([]);
    expect(differs(await look())).toEqual([]);
    wind(8);
    expect(differs(await look())).toEqual(['not-removed carol']);
    expect((await deliver()).failed).toEqual([]);
    expect([differs(await look()), account.iam.account.replica.latest.users.has('carol')]).toEqual([[], false]);
  });
});

describe('ages', () => {
  beforeEach(() => begin([{ name: 'dave', rights: ['group billing', 'console yes'] }], { 'oldest-password': '90', 'oldest-access-key': '30', 'oldest-unused': '45' }));

  test('of passwords and keys are told, and beyond the limits of the policy they are drift', async () => {
    await world.admin.createUser({ UserName: 'robot' });
    const { AccessKey } = await world.admin.createAccessKey({ UserName: 'robot' });
    const used = world.client({ accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' });
    await used.getUser({}).catch(() => undefined);
    const first = await look();
    expect(first.credentials).toMatchObject([{ account: 'dave', kind: 'password', state: 'active', subject: undefined, used: undefined }]);
    expect(first.credentials[0]?.made).toBeGreaterThan(1_700_000_000);
    expect(first.waysIn.filter(({ kind }) => kind === 'old')).toEqual([]);
    wind(50);
    const later = await look();
    const old = ({ waysIn }: Answer['receipt']): readonly string[] => waysIn.filter(({ kind, state }) => kind === 'old' && state === 'unknown').map(({ account: name, subject, comment }) => `${name} ${subject} ${comment?.replaceAll(/\d{4}-\d\d-\d\d/g, 'DATE')}`);
    expect(old(later)).toEqual([
      'dave unused-password made DATE, no use is known',
      'robot access-key-1 made DATE, last used DATE',
      'robot unused-access-key-1 made DATE, last used DATE',
    ]);
    expect(later.waysIn.find(({ kind }) => kind === 'user')?.comment).toMatch(/^access-key-1 made \d{4}-\d\d-\d\d, last used \d{4}-\d\d-\d\d$/);
    wind(50);
    expect(old(await look())[0]).toBe('dave password made DATE, no use is known');
    await endAccount(account);
  });

  test('a key made by hand tells when it was last used, and what is accepted is no drift', async () => {
    const { AccessKey } = await world.admin.createAccessKey({ UserName: 'dave' });
    const own = world.client({ accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' });
    await own.getUser({}).catch(() => undefined);
    const { credentials } = await look();
    const today = Math.floor(Date.now() / 1000 / DAY) * DAY;
    expect(credentials.find(({ kind }) => kind === 'access-key')).toMatchObject({ subject: AccessKey?.AccessKeyId, state: 'active', used: today });
    const accepting = await releasing(account, [{ name: 'dave', rights: ['group billing', 'console yes'] }], { accepted: ['old dave password', 'old dave unused-password'] });
    const firstRelease = placeThere(account).trust?.firstRelease ?? '';
    const place = { trust: { firstRelease, releases: [account.first, ...accepting.releases], manifest: accepting.manifest } };
    wind(100);
    const { waysIn } = done(await targetThere(account, { place, now }).exchange(looking(), GO));
    expect(waysIn.filter(({ kind, account: name }) => kind === 'old' && name === 'dave').map(({ subject, state }) => `${subject} ${state}`)).toEqual([
      'password accepted',
      'unused-password accepted',
      `access-key/${AccessKey?.AccessKeyId} unknown`,
      `unused-access-key/${AccessKey?.AccessKeyId} unknown`,
    ]);
    await endAccount(account);
  });
});
