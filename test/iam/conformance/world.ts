/** What every expectation gets: clients for the service under test, names nobody used, and ways to say what was wrong. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { IAM, type IAMClientConfig } from '@aws-sdk/client-iam';
import { amzDate, canonicalRequest, signature } from '../signature.ts';

/** Credentials as the SDK takes them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Rules of AWS's, each as something that can be seen through the SDK: the sentence, and what shows it. */
export type Chapter = Readonly<Record<string, (world: World) => Promise<void>>>;

/** A request signed by hand, and what may be done to it on its way. */
export interface RawOptions {
  readonly credentials: Credentials;
  readonly service?: 'iam' | 'sts';
  /** Milliseconds since 1970. */
  readonly at?: number;
  /** Sent in the place of the body that was signed. */
  readonly sentBody?: string;
  /** Sent beside, or in the place of, what was signed. */
  readonly sentHeaders?: Readonly<Record<string, string>>;
  readonly region?: string;
  /** Further headers, signed as well. */
  readonly signedHeaders?: Readonly<Record<string, string>>;
}

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  /** The text of the first element of that name. */
  element(name: string): string | undefined;
}

export const DENY_ALL = 'arn:aws:iam::aws:policy/AWSDenyAll';
export const READ_ONLY = 'arn:aws:iam::aws:policy/ReadOnlyAccess';
export const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';

/** A policy document with these statements. */
export function policy(...statements: readonly object[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

export class World {
  readonly endpoint: string;
  readonly region: string;
  readonly root: Credentials;
  readonly admin: IAM;
  #used = 0;
  readonly #run = randomBytes(3).toString('hex');

  constructor(endpoint: string, region: string, root: Credentials) {
    this.endpoint = endpoint;
    this.region = region;
    this.root = root;
    this.admin = this.client(root);
  }

  client(credentials: Credentials, more: IAMClientConfig = {}): IAM {
    return new IAM({ endpoint: this.endpoint, region: this.region, credentials, maxAttempts: 1, ...more });
  }

  /** A name that nothing has yet. */
  name(kind = 'x'): string {
    this.#used += 1;
    return `${kind}-${this.#run}-${this.#used}`;
  }

  async user(path = '/'): Promise<string> {
    const UserName = this.name('user');
    await this.admin.createUser({ UserName, Path: path });
    return UserName;
  }

  async group(path = '/'): Promise<string> {
    const GroupName = this.name('group');
    await this.admin.createGroup({ GroupName, Path: path });
    return GroupName;
  }

  async managedPolicy(document = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' })): Promise<string> {
    const made = await this.admin.createPolicy({ PolicyName: this.name('policy'), PolicyDocument: document });
    return made.Policy?.Arn ?? '';
  }

  async key(UserName: string): Promise<Credentials> {
    const { AccessKey } = await this.admin.createAccessKey({ UserName });
    return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  }

  /** A user who may do what one inline policy says, and a client with a key of theirs. */
  async userWith(document: string, path = '/'): Promise<{ name: string; client: IAM; credentials: Credentials }> {
    const name = await this.user(path);
    await this.admin.putUserPolicy({ UserName: name, PolicyName: 'own', PolicyDocument: document });
    const credentials = await this.key(name);
    return { name, client: this.client(credentials), credentials };
  }

  /** A POST signed here, not by the SDK. */
  async raw(body: string, options: RawOptions): Promise<RawAnswer> {
    const { credentials } = options;
    const url = new URL(this.endpoint);
    const time = amzDate(options.at ?? Date.now());
    const scope = { date: time.slice(0, 8), region: options.region ?? this.region, service: options.service ?? 'iam' };
    const headers: Record<string, string> = {
      'content-type': 'application/x-www-form-urlencoded',
      host: url.host,
      'x-amz-date': time,
    };
    if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
    Object.assign(headers, options.signedHeaders);
    const names = Object.keys(headers).sort();
    const canonical = canonicalRequest({ method: 'POST', target: '/', headers, body }, names);
    const signed = signature(canonical, time, scope, credentials.secretAccessKey);
    const credential = `${credentials.accessKeyId}/${scope.date}/${scope.region}/${scope.service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signed}`;
    const sent = { ...headers, authorization, ...options.sentHeaders };
    const response = await fetch(this.endpoint, { method: 'POST', headers: sent, body: options.sentBody ?? body });
    const text = await response.text();
    return {
      status: response.status,
      text,
      element: (name) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1],
    };
  }

  /** Temporary credentials of AssumeRole or GetSessionToken; fails with the service's code. */
  async session(
    action: 'AssumeRole' | 'GetSessionToken',
    input: Readonly<Record<string, string>>,
    credentials: Credentials,
  ): Promise<Credentials> {
    const body = new URLSearchParams({ Action: action, Version: '2011-06-15', ...input }).toString();
    const answer = await this.raw(body, { credentials, service: 'sts' });
    const [id, secret, token] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map((name) => answer.element(name));
    if (id === undefined || secret === undefined || token === undefined) {
      throw Object.assign(new Error(answer.text), { name: answer.element('Code') ?? `HTTP ${answer.status}` });
    }
    return { accessKeyId: id, secretAccessKey: secret, sessionToken: token };
  }
}

let rsa: string | undefined;

/** A new RSA key as an OpenSSH line of another modulus each time; `same` gives the last one again. */
export function sshLine(same = false, modulusLength = 2048): string {
  if (same && rsa !== undefined) return rsa;
  const { e = '', n = '' } = generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
  const field = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.from(Uint32Array.of(bytes.length).buffer).reverse(), bytes]);
  const number = (text: string): Buffer => {
    const bytes = Buffer.from(text, 'base64url');
    return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  };
  rsa = `ssh-rsa ${Buffer.concat([field(Buffer.from('ssh-rsa')), field(number(e)), field(number(n))]).toString('base64')}`;
  return rsa;
}

/** The promise is refused with an error of that name. */
export async function refused(promise: Promise<unknown>, name: string, status?: number): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (one: unknown) => one as Error & { $metadata?: { httpStatusCode?: number } },
  );
  assert.ok(error !== undefined, `was not refused, expected ${name}`);
  assert.equal(error.name, name, `${error.name}: ${error.message}`);
  if (status !== undefined) assert.equal(error.$metadata?.httpStatusCode, status);
}

export { assert };
