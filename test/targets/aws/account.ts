/**
 * An AWS account in the local service, prepared as `provider init` prepares it, and an organization of two signers that
 * gives logins there. Belongs here: places, manifests and releases for it, and what is in it as text. Not: expectations.
 */
import { instantOf } from '../../../src/core/access/instant.ts';
import { splitSigned } from '../../../src/core/texts/index.ts';
import { awsTarget } from '../../../src/targets/aws-iam/index.ts';
import type { AwsOptions, IamOptions as ClientOptions } from '../../../src/targets/aws-iam/index.ts';
import type { Answer, Outcome, Parcel, Signed, Target, TargetPlace } from '../../../src/world.ts';
import { randomBytes } from 'node:crypto';
import { startIam } from '../../iam/index.ts';
import type { Iam, IamOptions } from '../../iam/index.ts';
import { Bench } from '../../servers/receiver/bench.ts';
import { revocationText, sha256 } from '../../servers/receiver/texts.ts';
import { CRYPTO, GO, nonce } from '../place.ts';

export const TARGET = `aws_${'a'.repeat(26)}`;
export const PATH = '/keyward/acme/';

export type Name = keyof Bench['ids'];

export interface PersonThere {
  readonly name: Name;
  /** `group billing`, `managed-policy arn:…`, `console yes`, `mfa required`. */
  readonly rights?: readonly string[];
  readonly end?: string;
}

export interface AwsBench {
  readonly bench: Bench;
  readonly iam: Iam;
  readonly first: Signed;
  readonly settings: Readonly<Record<string, string>>;
}

/** Prepared by hand, with a boundary that allows everything: what bounds what is tried where the account is prepared by keyward. */
export async function makeAccount(options: IamOptions = {}, settings: Readonly<Record<string, string>> = {}, prepared = true): Promise<AwsBench> {
  const bench = await Bench.make();
  const iam = await startIam(options);
  if (prepared) prepareByHand(iam);
  iam.hands.do('UpdateAccountPasswordPolicy', { MinimumPasswordLength: 12, RequireNumbers: true, RequireSymbols: true, PasswordReusePrevention: 5 });
  const first = splitSigned(await bench.release([], { number: 1 }), 'release');
  return {
    bench,
    iam,
    first,
    settings: {
      'account-id': iam.accountId,
      path: PATH,
      boundary: `arn:aws:iam::${iam.accountId}:policy${PATH}boundary`,
      'hold-days': '7',
      'password-length': '8',
      'password-numbers': 'yes',
      'password-symbols': 'yes',
      'password-remembered': '1',
      ...settings,
    },
  };
}

function prepareByHand(iam: Iam): void {
  const document = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] });
  iam.hands.do('CreatePolicy', { PolicyName: 'boundary', Path: PATH, PolicyDocument: document });
  iam.hands.do('CreatePolicy', { PolicyName: 'mfa-required', Path: PATH, PolicyDocument: document });
  const trust = JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${iam.accountId}:root` }, Action: 'sts:AssumeRole' }] });
  iam.hands.do('CreateRole', { RoleName: 'keyward-acme-take-away', Path: PATH, AssumeRolePolicyDocument: trust });
  for (const GroupName of ['billing', 'support']) iam.hands.do('CreateGroup', { GroupName, Path: PATH });
}

export async function endAccount(account: AwsBench | undefined): Promise<void> {
  account?.bench.clean();
  await account?.iam.stop();
}

export function placeThere({ first, settings }: AwsBench, more: Partial<TargetPlace> = {}): TargetPlace {
  return {
    id: TARGET,
    name: 'aws-production',
    kind: 'aws-iam',
    organization: 'acme',
    address: '',
    port: 0,
    hostKeys: [],
    settings,
    trust: { firstRelease: sha256(first.text), releases: [first] },
    ...more,
  };
}

export interface TargetOptions extends Partial<AwsOptions> {
  readonly client?: ClientOptions;
  readonly place?: Partial<TargetPlace>;
}

export function targetThere(account: AwsBench, { client, place, ...options }: TargetOptions = {}): Target {
  const { iam } = account;
  return awsTarget(placeThere(account, place), {
    crypto: CRYPTO,
    random: (length) => new Uint8Array(randomBytes(length)),
    now: () => instantOf(iam.clock.now() / 1000),
    ...options,
    iam: { endpoint: iam.endpoint, credentials: iam.root, settle: 40, ...client },
  });
}

/** A manifest of this account, written a second time, plainly. */
export function manifestThere({ bench, settings }: AwsBench, people: readonly PersonThere[], revoked: readonly Name[] = [], accepted: readonly string[] = []): string {
  const sorted = [...people].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = (all: readonly string[]): string[] => [...all].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const rights = sorted.flatMap(({ name, rights: own = [], end = '-' }) => own.map((right) => `right ${bench.ids[name]} ${name} ${end} ${right}`));
  return `${[
    'keyward-manifest v1',
    'organization acme',
    `target ${TARGET}`,
    'kind aws-iam',
    ...lines(Object.entries(settings).map(([name, value]) => `setting ${name} ${value}`)),
    ...sorted.map(({ name, end = '-' }) => `account ${bench.ids[name]} ${name} - new - ${end}`),
    ...lines(rights),
    ...lines(accepted.map((line) => `accepted ${line}`)),
    ...lines(revoked.map((name) => `revoked-id ${bench.ids[name]}`)),
  ].join('\n')}\n`;
}

export function looking(about: readonly string[] = []): Parcel {
  return { nonce: nonce(), about, revocations: [], releases: [] };
}

/** A release of the next number that says this, as a parcel. */
export async function releasing(account: AwsBench, people: readonly PersonThere[], rest: { readonly revoked?: readonly Name[]; readonly counted?: readonly string[]; readonly accepted?: readonly string[] } = {}): Promise<Parcel & { readonly manifest: string }> {
  const manifest = manifestThere(account, people, rest.revoked, rest.accepted);
  const written = await account.bench.release([manifest], rest.counted === undefined ? {} : { counted: rest.counted });
  const signed = splitSigned(written, 'release');
  return { ...looking(), releases: [signed], manifest };
}

export async function revoking({ bench }: AwsBench, name: Name): Promise<Parcel & { readonly hash: string }> {
  const text = revocationText({ signer: bench.ids.alice, time: '2026-11-24T12:00:00Z', id: bench.ids[name], keys: [] });
  const signed = splitSigned(text + (await bench.sign(text, 'revocation', ['alice'])), 'revocation');
  return { ...looking([bench.ids[name]]), revocations: [signed], hash: sha256(text) };
}

/** The answer; anything else fails with the words that came instead. */
export function done(outcome: Outcome<Answer>): Answer['receipt'] {
  if (outcome.kind === 'done') return outcome.value.receipt;
  throw new Error(`${outcome.kind}: ${outcome.why}`);
}

export async function give(account: AwsBench, target: Target, people: readonly PersonThere[]): Promise<Answer['receipt']> {
  return done(await target.exchange(await releasing(account, people), GO));
}

/** Everything the account holds, as text. */
export function everything({ iam }: AwsBench): string {
  const plain = (_: string, value: unknown): unknown => (value instanceof Map ? [...value] : value instanceof Set ? [...value] : value);
  return JSON.stringify(iam.account.replica.latest, plain);
}
