/**
 * An AWS account on this machine: a service in a process of its own that speaks IAM's protocol (test/iam), what an
 * administrator had set up there the day before, and the console that people sign in to.
 *
 * Belongs here: beginning it, and what happens there beside keyward. Not: anything of keyward.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Credentials } from '../test/iam/conformance/world.ts';
import { policy, World } from '../test/iam/conformance/world.ts';
import { totp } from '../test/iam/totp.ts';
import type { Device, Left, Stage } from './stage.ts';

const SERVICE = fileURLToPath(new URL('../test/iam/main.ts', import.meta.url));
export const ACCOUNT_ID = '123456789012';
const STEP_MS = 30_000;

/** How the console answered, and the session's credentials where it let somebody in. */
export interface SignedIn {
  readonly said: string;
  readonly credentials?: Credentials;
}

/** What shows the codes of a virtual MFA device. Each code is taken once, so each is of a later half minute. */
class MfaDevice {
  readonly serial: string;
  readonly #seed: string;
  readonly #begun = Date.now();
  #shown = 0;

  constructor(serial: string, seed: string) {
    this.serial = serial;
    this.#seed = seed;
  }

  next(): string {
    this.#shown += 1;
    return totp(this.#seed, this.#begun + (this.#shown - 2) * STEP_MS);
  }
}

export class AwsAccount {
  readonly world: World;
  readonly #service: Left;
  #answers = 1;

  private constructor(service: Left, world: World) {
    this.#service = service;
    this.world = world;
  }

  static async begin(stage: Stage): Promise<AwsAccount> {
    const service = stage.device('aws').leave(`'${process.execPath}' '${SERVICE}' --account-id ${ACCOUNT_ID}`);
    const { endpoint, region, root } = (await line(service, 0)) as { endpoint: string; region: string; root: Credentials };
    return new AwsAccount(service, new World(endpoint, region, root));
  }

  /** An administrator with MFA, and rules for passwords: what an account has before keyward comes. */
  async setUp(): Promise<{ readonly alice: Credentials; readonly device: MfaDevice }> {
    const { admin } = this.world;
    await admin.updateAccountPasswordPolicy({ MinimumPasswordLength: 14, RequireNumbers: true, RequireSymbols: true, PasswordReusePrevention: 5 });
    await admin.createUser({ UserName: 'alice-admin' });
    await admin.attachUserPolicy({ UserName: 'alice-admin', PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess' });
    await admin.createUser({ UserName: 'pipeline' });
    const PolicyDocument = policy({ Effect: 'Allow', Action: 'sts:AssumeRole', Resource: '*' });
    await admin.putUserPolicy({ UserName: 'pipeline', PolicyName: 'roles', PolicyDocument });
    return { alice: await this.world.key('alice-admin'), device: await this.giveMfa('alice-admin', this.world.root) };
  }

  /** A new virtual device for a user, set up with somebody's own credentials. */
  async giveMfa(UserName: string, by: Credentials): Promise<MfaDevice> {
    const client = this.world.client(by);
    const { VirtualMFADevice: made } = await client.createVirtualMFADevice({ VirtualMFADeviceName: UserName });
    const device = new MfaDevice(made?.SerialNumber ?? '', Buffer.from(made?.Base32StringSeed ?? []).toString());
    const [AuthenticationCode1, AuthenticationCode2] = [device.next(), device.next()];
    await client.enableMFADevice({ UserName, SerialNumber: device.serial, AuthenticationCode1, AuthenticationCode2 });
    return device;
  }

  /** The role's credentials for an hour, for who holds a key and a device. */
  assume(role: string, by: Credentials, device: MfaDevice): Promise<Credentials> {
    const RoleArn = `arn:aws:iam::${ACCOUNT_ID}:role/keyward/acme/${role}`;
    return this.world.session('AssumeRole', { RoleArn, RoleSessionName: 'alice', SerialNumber: device.serial, TokenCode: device.next() }, by);
  }

  /** In the browser. */
  async signIn(user: string, password: string, more: { readonly code?: string; readonly newPassword?: string } = {}): Promise<SignedIn> {
    this.#service.type(`${JSON.stringify({ user, password, ...more })}\n`);
    this.#answers += 1;
    return (await line(this.#service, this.#answers - 1)) as SignedIn;
  }

  /** `ok`, or the name of AWS's error: a call that the SDK signs with these credentials. */
  async asks(by: Credentials, what: 'getUser' | 'listUsers' | 'createAccessKey' = 'listUsers'): Promise<string> {
    try {
      await this.world.client(by)[what]({});
      return 'ok';
    } catch (error) {
      return error instanceof Error ? error.name : String(error);
    }
  }

  /** `~/.aws` of a device: profiles with credentials, or with a role over those of another. */
  writeProfiles(device: Device, profiles: Readonly<Record<string, Credentials | { readonly role: string; readonly source: string }>>): void {
    const { endpoint, region } = this.world;
    const sections = Object.entries(profiles).map(([name, one]) => {
      const head = name === 'default' ? '[default]' : `[profile ${name}]`;
      const of =
        'role' in one
          ? [`role_arn = arn:aws:iam::${ACCOUNT_ID}:role/keyward/acme/${one.role}`, `source_profile = ${one.source}`]
          : [`aws_access_key_id = ${one.accessKeyId}`, `aws_secret_access_key = ${one.secretAccessKey}`, ...(one.sessionToken === undefined ? [] : [`aws_session_token = ${one.sessionToken}`])];
      return [head, `region = ${region}`, `endpoint_url = ${endpoint}`, ...of, ''].join('\n');
    });
    mkdirSync(join(device.folder, '.aws'), { recursive: true, mode: 0o700 });
    writeFileSync(join(device.folder, '.aws/config'), sections.join('\n'));
    chmodSync(join(device.folder, '.aws/config'), 0o600);
  }
}

/** The service's n-th line; throws where it has ended or says nothing for ten seconds. */
async function line(service: Left, n: number): Promise<unknown> {
  const limit = Date.now() + 10_000;
  for (;;) {
    const lines = service.said().split('\n').filter((one) => one.startsWith('{'));
    const complete = service.said().endsWith('\n') ? lines : lines.slice(0, -1);
    const found = complete[n];
    if (found !== undefined) return JSON.parse(found);
    if (!service.isOpen() || Date.now() > limit) throw new Error(`the IAM service does not answer: ${service.said()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
