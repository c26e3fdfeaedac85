/** Temporary credentials: a profile with a role, by the SDK's usual chain and no code of ours; when they end. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policy, World } from './conformance/world.ts';
import { type Iam, startIam } from './index.ts';

const SCRIPT = `
import { IAM } from '@aws-sdk/client-iam';
const iam = new IAM();
const said = await iam.listUsers({}).then((one) => String(one.Users.length), (error) => error.name);
const made = await iam.createUser({ UserName: 'x' }).then(() => 'made', (error) => error.name);
process.stdout.write(JSON.stringify([said, made]));
`;

describe('the usual credential chain', () => {
  let iam: Iam;
  let folder: string;

  beforeAll(async () => {
    iam = await startIam();
    folder = await mkdtemp(join(tmpdir(), 'iam-profile-'));
  });
  afterAll(async () => {
    await iam.stop();
    await rm(folder, { recursive: true });
  });

  async function run(profile: string): Promise<unknown> {
    const env = {
      PATH: process.env['PATH'],
      AWS_CONFIG_FILE: join(folder, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
      AWS_ENDPOINT_URL: iam.endpoint,
      AWS_PROFILE: profile,
    };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', SCRIPT], { env });
    return JSON.parse(stdout);
  }

  it('assumes the role of a profile over STS and has its rights, not those of the key below', async () => {
    iam.hands.do('CreateUser', { UserName: 'runner' });
    const arn = `arn:aws:iam::${iam.accountId}:user/runner`;
    const AssumeRolePolicyDocument = policy({ Effect: 'Allow', Principal: { AWS: arn }, Action: 'sts:AssumeRole' });
    iam.hands.do('CreateRole', { RoleName: 'look', AssumeRolePolicyDocument });
    const PolicyDocument = policy({ Effect: 'Allow', Action: 'iam:ListUsers', Resource: '*' });
    iam.hands.do('PutRolePolicy', { RoleName: 'look', PolicyName: 'look', PolicyDocument });
    iam.hands.do('CreateAccessKey', { UserName: 'runner' });
    const key = iam.account.replica.latest.users.get('runner')?.accessKeys[0];
    const role = `[profile look]\nregion = us-east-1\nrole_arn = arn:aws:iam::${iam.accountId}:role/look\nsource_profile = runner\n`;
    await writeFile(join(folder, 'config'), `[profile runner]\nregion = us-east-1\n${role}`);
    await writeFile(
      join(folder, 'credentials'),
      `[runner]\naws_access_key_id = ${key?.id}\naws_secret_access_key = ${key?.secret}\n`,
    );
    expect(await run('runner')).toEqual(['AccessDenied', 'AccessDenied']);
    expect(await run('look')).toEqual(['1', 'AccessDenied']);
    expect(iam.calls.actions).toEqual(['ListUsers', 'CreateUser', 'AssumeRole', 'ListUsers', 'CreateUser']);
    expect(iam.calls.list.at(-1)?.principal).toMatch(/:assumed-role\/look\//);
  });

  it('ends when its time is over', async () => {
    const world = new World(iam.endpoint, iam.region, iam.root);
    const key = await world.key('runner');
    const RoleArn = `arn:aws:iam::${iam.accountId}:role/look`;
    const input = { RoleArn, RoleSessionName: 'short', DurationSeconds: '900' };
    const session = await world.session('AssumeRole', input, key);
    const client = world.client(session, { maxAttempts: 2 });
    iam.clock.advance(899_000);
    await client.listUsers({});
    iam.clock.advance(2000);
    await expect(client.listUsers({})).rejects.toMatchObject({
      name: 'ExpiredToken',
      $metadata: { httpStatusCode: 403 },
    });
  });
});
