/**
 * What `provider init` makes, and that each role can do exactly its work: every call the work makes is allowed, by the
 * local service and by an evaluator that others wrote, and what a thief of the role would try is refused.
 */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { splitSigned } from '../../../src/core/texts/index.ts';
import { prepare } from '../../../src/targets/aws-iam/index.ts';
import type { Parcel, Prepared } from '../../../src/world.ts';
import { Call } from '../../iam/call.ts';
import { certificate } from '../../iam/conformance/certificate.ts';
import { enabledDevice } from '../../iam/conformance/mfa.ts';
import { sshLine, World } from '../../iam/conformance/world.ts';
import type { Credentials } from '../../iam/conformance/world.ts';
import { totp } from '../../iam/index.ts';
import { Parameters } from '../../iam/parameters.ts';
import { needsOf } from '../../iam/service.ts';
import { GO } from '../place.ts';
import { done, endAccount, looking, makeAccount, manifestThere, PATH, placeThere, releasing, revoking, targetThere } from './account.ts';
import type { AwsBench, PersonThere } from './account.ts';

type Role = 'look' | 'take-away' | 'apply';
const READ = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess';

let account: AwsBench;
let world: World;
let parts: readonly Prepared[];
const as = {} as Record<Role, Credentials>;
const used: Record<Role, Map<string, { action: string; resource: string; context: Record<string, string[]> }>> = { look: new Map(), 'take-away': new Map(), apply: new Map() };

async function made(trusts: string | undefined = `arn:aws:iam::${account.iam.accountId}:root`): Promise<readonly Prepared[]> {
  const { iam } = account;
  const wanted = { groups: ['billing', 'support'], policies: [READ], trusts };
  const outcome = await prepare(placeThere(account), wanted, true, GO, { endpoint: iam.endpoint, credentials: iam.root, settle: 40 });
  if (outcome.kind !== 'done') throw new Error(outcome.why);
  return outcome.value;
}

beforeAll(async () => {
  account = await makeAccount({}, { 'hold-days': '0' }, false);
  parts = await made();
  const { iam } = account;
  world = new World(iam.endpoint, iam.region, iam.root);
  const runner = await world.userWith(JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' }] }));
  const device = await enabledDevice(world, runner.name);
  const mfa = await world.session('GetSessionToken', { SerialNumber: device.serial, TokenCode: totp(device.seed, Date.now() + 30_000) }, runner.credentials);
  for (const role of ['look', 'take-away', 'apply'] as const) {
    const input = { RoleArn: `arn:aws:iam::${iam.accountId}:role${PATH}keyward-acme-${role}`, RoleSessionName: 'test' };
    as[role] = await world.session('AssumeRole', input, role === 'apply' ? mfa : runner.credentials);
    if (role === 'apply') await expect(world.session('AssumeRole', input, runner.credentials)).rejects.toThrow();
  }
});
afterAll(() => endAccount(account));

/** The newest release, as a clone holds it. */
let last: Parcel['releases'] = [];

/** One exchange with a role's rights; what it called is kept. */
async function run(role: Role, parcel: Parcel, handOver = true) {
  const { iam } = account;
  iam.calls.clear();
  const passwords: string[] = [];
  if (parcel.releases.length > 0) last = parcel.releases;
  const target = targetThere(account, {
    client: { credentials: as[role] },
    ...(handOver ? { handOver: async (_: string, __: string, password: string) => void passwords.push(password) } : {}),
    place: { trust: { firstRelease: placeThere(account).trust?.firstRelease ?? '', releases: [account.first, ...last], ...(parcel.manifest === undefined ? {} : { manifest: parcel.manifest }) } },
  });
  const receipt = done(await target.exchange(parcel, GO));
  keep(role);
  return { receipt, passwords };
}

function keep(role: Role): void {
  const { iam } = account;
  const root = { kind: 'root', id: iam.accountId, session: undefined } as const;
  for (const { action, parameters, outcome } of iam.calls.list) {
    if (outcome === 'AccessDenied' || outcome === 'NoSuchEntity') continue;
    // Of whoever was deleted since the path is not known any more; everybody here had the same.
    try {
      const call = new Call(iam.account, action, new Parameters(new Map(Object.entries(parameters))), root, '');
      for (const need of needsOf(call)) {
        const context = Object.fromEntries(Object.entries(need.context ?? {}).map(([name, values]) => [name, [...values]]));
        const kind = need.resource.split(':')[5]?.split('/')[0] ?? '*';
        used[role].set(`${need.action ?? action} ${kind} ${JSON.stringify(context)}`, { action: need.action ?? `iam:${action}`, resource: need.resource.replace(/:user\/(?=[a-z]+$)/, `:user${PATH}`), context });
      }
    } catch {
      continue;
    }
  }
}

describe('the three roles', () => {
  const people: readonly PersonThere[] = [
    { name: 'erin', rights: ['group billing', `managed-policy ${READ}`, 'console yes', 'mfa required'], end: '2030-01-31T18:00:00Z' },
  ];

  test('are made once, with everything else, and are there the second time', async () => {
    expect(parts.map(({ kind, name, state }) => `${kind} ${name} ${state}`)).toEqual([
      'policy boundary made',
      'policy mfa-required made',
      'group billing made',
      'group support made',
      'role keyward-acme-look made',
      'role keyward-acme-take-away made',
      'role keyward-acme-apply made',
    ]);
    expect((await made()).map(({ state }) => state)).toEqual(parts.map(() => 'there'));
    for (const { document = '' } of parts) expect(document.replaceAll(/\s/g, '').length).toBeLessThan(6144);
  });

  test('take away can look and takes away, and what it was not given to do it names', async () => {
    const parcel = await releasing(account, people);
    const { receipt } = await run('take-away', parcel);
    expect(receipt.release.number).toBe(account.bench.number);
    expect(receipt.failed).toEqual([{ what: 'give', subject: account.bench.ids.erin, why: 'not with these rights' }]);
    expect(account.iam.account.replica.latest.users.has('erin')).toBe(false);
  });

  test('apply gives all of it: boundary at the first call, a first password to be changed, an end that AWS keeps', async () => {
    const parcel = await releasing(account, people);
    const { receipt, passwords } = await run('apply', parcel);
    expect(receipt.failed).toEqual([]);
    const user = account.iam.account.replica.latest.users.get('erin');
    expect(new Set([...(user?.attached ?? [])].map((arn) => arn.split('/').at(-1)))).toEqual(new Set(['ReadOnlyAccess', 'mfa-required', 'until-20300131T180000Z']));
    expect([user?.path, user?.boundary]).toEqual([PATH, account.settings['boundary']]);
    expect(account.iam.hands.signIn('erin', passwords[0] ?? '')).toBe('must set a new password');
    expect(account.iam.calls.list.find(({ action }) => action === 'CreateUser')?.parameters['PermissionsBoundary']).toBe(account.settings['boundary']);
    const said = JSON.stringify([receipt, account.iam.calls.list]);
    expect(said).not.toContain(passwords[0]);
    // Clean now. The report is older than the login, so everything is asked about: five calls in the place of three.
    const look = await run('look', { ...looking(), manifest: parcel.manifest });
    expect([look.receipt.differs, look.receipt.waysIn.map(({ kind }) => kind)]).toEqual([[], expect.arrayContaining(['mfa', 'user'])]);
    const own = account.iam.calls.list.filter(({ parameters }) => parameters['UserName'] === 'erin');
    expect(own.map(({ action }) => action).sort()).toEqual(['GetLoginProfile', 'ListAccessKeys', 'ListMFADevices', 'ListSSHPublicKeys', 'ListSigningCertificates']);
  });

  test('without a terminal and without a file nobody gets a password, and the login that waits is named', async () => {
    const parcel = await releasing(account, [...people, { name: 'carol', rights: ['console yes'] }]);
    const { receipt } = await run('apply', parcel, false);
    expect(receipt.failed).toMatchObject([{ what: 'console', subject: account.bench.ids.carol }]);
    expect(account.iam.account.replica.latest.users.get('carol')?.login).toBeUndefined();
  });

  test('a key made by hand is drift to look, take away makes it inactive, and apply deletes it when the holding time is over', async () => {
    const parcel = await releasing(account, people);
    await run('apply', parcel);
    const { AccessKey } = await world.admin.createAccessKey({ UserName: 'erin' });
    const look = await run('look', { ...looking(), manifest: parcel.manifest });
    expect(look.receipt.differs).toEqual([{ what: 'access-key', subject: `erin/${AccessKey?.AccessKeyId}` }]);
    const { receipt } = await run('take-away', { ...parcel, nonce: looking().nonce });
    const { erin } = account.bench.ids;
    expect(receipt.ended).toEqual([{ id: erin, account: 'erin', kind: 'access-key', count: 1 }]);
    // Nothing is held here (hold-days 0), and deleting is not this role's.
    expect(receipt.failed).toEqual([{ what: 'take', subject: erin, why: 'not with these rights' }]);
    const after = await run('apply', { ...parcel, nonce: looking().nonce });
    expect([after.receipt.failed, after.receipt.ended]).toEqual([[], [{ id: erin, account: 'erin', kind: 'access-key', count: 1 }]]);
    expect(account.iam.account.replica.latest.users.get('erin')?.accessKeys).toEqual([]);
    expect((await run('look', { ...looking(), manifest: parcel.manifest })).receipt.differs).toEqual([]);
  });

  test('each role may read what remains after the end of a single right', async () => {
    const { iam, bench } = account;
    iam.hands.do('PutGroupPolicy', { GroupName: 'billing', PolicyName: 'own', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iam:ListGroups', Resource: '*' }] }) });
    iam.hands.do('AttachGroupPolicy', { GroupName: 'billing', PolicyArn: 'arn:aws:iam::aws:policy/IAMUserChangePassword' });
    const lines = manifestThere(account, people).replace(/^(right \S+ erin )\S+( managed-policy)/m, '$12029-01-01T00:00:00Z$2').trimEnd().split('\n');
    const isRight = (line: string): boolean => line.startsWith('right ');
    const manifest = `${[...lines.slice(0, lines.findIndex(isRight)), ...lines.filter(isRight).sort(), ...lines.slice(lines.findLastIndex(isRight) + 1)].join('\n')}\n`;
    const parcel = { ...looking(), releases: [splitSigned(await bench.release([manifest]), 'release')], manifest };
    expect((await run('apply', parcel)).receipt.failed).toEqual([]);
    expect([...(iam.account.replica.latest.users.get('erin')?.attached ?? [])].filter((arn) => arn.includes('until-20290101T000000Z-'))).toHaveLength(1);
    expect((await run('take-away', { ...parcel, nonce: looking().nonce })).receipt.failed).toEqual([]);
    expect((await run('look', { ...looking(), manifest })).receipt.differs).toEqual([]);
    expect([...used.look.values()].map(({ action }) => action)).toEqual(expect.arrayContaining(['iam:GetGroupPolicy', 'iam:GetPolicyVersion', 'iam:ListAttachedGroupPolicies']));
  });

  test('take away denies, apply removes', async () => {
    await world.admin.uploadSSHPublicKey({ UserName: 'erin', SSHPublicKeyBody: sshLine() });
    await world.admin.uploadSigningCertificate({ UserName: 'erin', CertificateBody: certificate() });
    await world.admin.createServiceSpecificCredential({ UserName: 'erin', ServiceName: 'codecommit.amazonaws.com' });
    await world.admin.putUserPolicy({ UserName: 'erin', PolicyName: 'own', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }) });
    await enabledDevice(world, 'erin');
    const revocation = await revoking(account, 'erin');
    expect((await run('take-away', revocation)).receipt.failed).toEqual([]);
    const parcel = await releasing(account, [], { revoked: ['erin'], counted: [revocation.hash] });
    const tried = await run('take-away', parcel);
    expect(tried.receipt.failed).toContainEqual({ what: 'removal', subject: account.bench.ids.erin, why: 'not with these rights' });
    const { receipt } = await run('apply', { ...parcel, nonce: looking().nonce });
    expect([receipt.failed, account.iam.calls.list.filter(({ outcome }) => outcome === 'AccessDenied')]).toEqual([[], []]);
    expect(account.iam.account.replica.latest.users.has('erin')).toBe(false);
  });

  test('every call that was made is allowed by an evaluator that others wrote', async () => {
    const documents = Object.fromEntries(parts.filter(({ kind }) => kind === 'role').map(({ name, document = '' }) => [name.replace('keyward-acme-', ''), JSON.parse(document) as object]));
    let compared = 0;
    for (const [role, calls] of Object.entries(used)) {
      for (const { action, resource, context } of calls.values()) {
        const request = { principal: `arn:aws:iam::${account.iam.accountId}:role${PATH}keyward-acme-${role}`, action, resource: { resource, accountId: account.iam.accountId }, contextVariables: context };
        const said = await runSimulation({ request, identityPolicies: [{ name: role, policy: documents[role] }], serviceControlPolicies: [], resourceControlPolicies: [] }, {});
        expect([role, action, resource, said.resultType === 'error' ? said.errors : said.overallResult]).toEqual([role, action, resource, 'Allowed']);
        compared += 1;
      }
    }
    console.log(`compared ${compared} calls: ${Object.entries(used).map(([role, calls]) => `${role} ${calls.size}`).join(', ')}`);
    expect(compared).toBeGreaterThan(50);
  });

  test('what a thief of a role would try is refused', async () => {
    const { iam } = account;
    await world.admin.createUser({ UserName: 'outside' });
    await world.admin.createUser({ UserName: 'inside', Path: PATH, PermissionsBoundary: account.settings['boundary'] });
    await world.admin.createGroup({ GroupName: 'admins' });
    const { AccessKey } = await world.admin.createAccessKey({ UserName: 'outside' });
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
    const tries: Record<string, (one: World['admin']) => Promise<unknown>> = {
      'create a user without the boundary': (one) => one.createUser({ UserName: 'x', Path: PATH }),
      'create a user under another boundary': (one) => one.createUser({ UserName: 'x', Path: PATH, PermissionsBoundary: ADMIN }),
      'create a user elsewhere': (one) => one.createUser({ UserName: 'x', PermissionsBoundary: account.settings['boundary'] }),
      'attach what no rule may give': (one) => one.attachUserPolicy({ UserName: 'inside', PolicyArn: ADMIN }),
      'attach to somebody elsewhere': (one) => one.attachUserPolicy({ UserName: 'outside', PolicyArn: READ }),
      'write an inline policy': (one) => one.putUserPolicy({ UserName: 'inside', PolicyName: 'x', PolicyDocument }),
      'take the boundary off': (one) => one.deleteUserPermissionsBoundary({ UserName: 'inside' }),
      'set another boundary': (one) => one.putUserPermissionsBoundary({ UserName: 'inside', PermissionsBoundary: ADMIN }),
      'change the boundary': (one) => one.createPolicyVersion({ PolicyArn: account.settings['boundary'], PolicyDocument, SetAsDefault: true }),
      'make a key': (one) => one.createAccessKey({ UserName: 'inside' }),
      'join a group elsewhere': (one) => one.addUserToGroup({ UserName: 'inside', GroupName: 'admins' }),
      'make a group an administrator': (one) => one.attachGroupPolicy({ GroupName: 'billing', PolicyArn: ADMIN }),
      'change its own role': (one) => one.putRolePolicy({ RoleName: 'keyward-acme-apply', PolicyName: 'keyward', PolicyDocument }),
      'let others take its role': (one) => one.updateAssumeRolePolicy({ RoleName: 'keyward-acme-apply', PolicyDocument }),
      'delete somebody elsewhere': (one) => one.deleteUser({ UserName: 'outside' }),
      'delete a key elsewhere': (one) => one.deleteAccessKey({ UserName: 'outside', AccessKeyId: AccessKey?.AccessKeyId }),
      'make a policy beside the ends': (one) => one.createPolicy({ PolicyName: 'x', Path: PATH, PolicyDocument }),
      'give a user the id of another': (one) => one.tagUser({ UserName: 'outside', Tags: [{ Key: 'keyward:id', Value: account.bench.ids.alice }] }),
    };
    const more: Record<string, (one: World['admin']) => Promise<unknown>> = {
      'take the deny off': (one) => one.detachUserPolicy({ UserName: 'inside', PolicyArn: 'arn:aws:iam::aws:policy/AWSDenyAll' }),
      'create a user': (one) => one.createUser({ UserName: 'x', Path: PATH, PermissionsBoundary: account.settings['boundary'] }),
      'delete a user': (one) => one.deleteUser({ UserName: 'inside' }),
      'set a password': (one) => one.createLoginProfile({ UserName: 'inside', Password: 'Correct-Horse-7-Battery' }),
      'join a group': (one) => one.addUserToGroup({ UserName: 'inside', GroupName: 'billing' }),
      'attach what rules may give': (one) => one.attachUserPolicy({ UserName: 'inside', PolicyArn: READ }),
      'give the right boundary back': (one) => one.putUserPermissionsBoundary({ UserName: 'inside', PermissionsBoundary: account.settings['boundary'] }),
      'forget who was out': (one) => one.untagUser({ UserName: 'inside', TagKeys: ['keyward:out'] }),
    };
    const got: string[] = [];
    for (const [role, all] of [['apply', tries], ['take-away', { ...tries, ...more }], ['look', { ...tries, ...more }]] as const) {
      const one = world.client(as[role]);
      for (const [what, attempt] of Object.entries(all)) {
        const name = await attempt(one).then(() => 'allowed', (error: unknown) => (error instanceof Error ? error.name : ''));
        if (!name.startsWith('AccessDenied')) got.push(`${role}: ${what}: ${name}`);
      }
    }
    expect(got).toEqual([]);
    expect(iam.account.replica.latest.users.has('x')).toBe(false);
  });

  test('whom the pipeline is, is written anew where it is named, and another one is said where it is not', async () => {
    const { admin } = world;
    const { User } = await admin.createUser({ UserName: 'pipeline' });
    const roles = (all: readonly Prepared[]): readonly string[] => all.filter(({ kind }) => kind === 'role').map(({ state }) => state);
    expect(roles(await made(User?.Arn))).toEqual(['made', 'made', 'there']);
    const { Role } = await admin.getRole({ RoleName: 'keyward-acme-look' });
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toContain(User?.Arn);
    expect(roles(await made(User?.Arn))).toEqual(['there', 'there', 'there']);
    await admin.updateAssumeRolePolicy({ RoleName: 'keyward-acme-apply', PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: User?.Arn }, Action: 'sts:AssumeRole' }] }) });
    expect(roles(await made(User?.Arn))).toEqual(['there', 'there', 'differs']);
  });
});
