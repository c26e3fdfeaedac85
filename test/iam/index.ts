/**
 * A local IAM service for tests and the demo: one process, AWS's own protocol, so that the unchanged SDK talks to it.
 *
 * Here belongs what IAM and the part of STS that gives temporary credentials do, each rule with the page of AWS's
 * documentation that says so; `actions/` has one file for each kind of thing an account holds. Here does not belong
 * anything that knows what talks to it. What no documentation says is marked as such where it stands.
 */
import { randomInt } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Calls } from './calls.ts';
import { type Account, QUOTAS, type Quotas } from './call.ts';
import { Clock } from './clock.ts';
import { Faults } from './faults.ts';
import { Hands, type SignInOptions } from './hands.ts';
import { newId, newSecret } from './ids.ts';
import { type InProcess, inProcess } from './in-process.ts';
import { RateLimit } from './rate-limit.ts';
import { receiver } from './receive.ts';
import { Replica } from './replica.ts';

export { totp } from './totp.ts';
export type { Account } from './call.ts';
export type { RecordedCall } from './calls.ts';
export type { Fault, FaultKind } from './faults.ts';
export type { State, User } from './state.ts';

export interface IamOptions {
  readonly accountId?: string;
  /** Milliseconds until a change is seen; 0 where left out. */
  readonly lag?: number;
  /** Calls a second for the whole account, and how many may come at once (the same number where left out). */
  readonly ratePerSecond?: number;
  readonly burst?: number;
  /** The most entries on a page, however many were asked for. */
  readonly pageCap?: number;
  /** Milliseconds until an answer goes out, as a network would take. */
  readonly latency?: number;
  /** Milliseconds the credential report takes. */
  readonly reportTakes?: number;
  readonly quotas?: Partial<Quotas>;
  readonly region?: string;
  /** Loopback address and port; a free one of 127.77.0.0/16 where left out. */
  readonly host?: string;
  readonly port?: number;
}

/** Somebody at the console, as the process of its own is told on its standard input. */
export interface SignInRequest extends SignInOptions {
  readonly user: string;
  readonly password: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Iam {
  /** `http://127.77.x.y:port` */
  readonly endpoint: string;
  readonly region: string;
  readonly accountId: string;
  /** The account's root. */
  readonly root: Credentials;
  readonly calls: Calls;
  readonly faults: Faults;
  readonly clock: Clock;
  /** Everything the account holds. `account.replica.latest` is the newest state. */
  readonly account: Account;
  /** What happens beside the API: seeding without HTTP, signing in to the console, devices one can hold. */
  readonly hands: Hands;
  /** Beside the network; `patience`: milliseconds until a request without an answer fails, 10 s where left out. */
  inProcess(patience?: number): InProcess;
  stop(): Promise<void>;
}

function newAccount(options: IamOptions, clock: Clock): Account {
  return {
    id: options.accountId ?? String(randomInt(100_000_000_000, 281_474_976_710_655)).slice(0, 12),
    region: options.region ?? 'us-east-1',
    clock,
    replica: new Replica(clock, options.lag ?? 0),
    quotas: { ...QUOTAS, ...options.quotas },
    pageCap: options.pageCap ?? 1000,
    reportTakes: options.reportTakes ?? 0,
    sessions: new Map(),
    lastUse: new Map(),
    passwordLastUsed: new Map(),
    report: undefined,
    created: clock.now(),
  };
}

/** Starts the service on a loopback address of its own; it holds an empty account. */
export async function startIam(options: IamOptions = {}): Promise<Iam> {
  const clock = new Clock();
  const account = newAccount(options, clock);
  const [calls, faults] = [new Calls(), new Faults()];
  const rate = options.ratePerSecond ?? Infinity;
  const limit = new RateLimit(rate, options.burst ?? rate);
  const root = { accessKeyId: newId('AKIA').slice(0, 20), secretAccessKey: newSecret() };
  const parts = { account, root, calls, faults, limit, latency: options.latency ?? 0 };
  const server = createServer(receiver(parts));
  // A client that was busy for a while finds its connection still open.
  server.keepAliveTimeout = 120_000;
  const host = options.host ?? `127.77.${randomInt(200, 250)}.${randomInt(1, 255)}`;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://${host}:${port}`,
    region: account.region,
    accountId: account.id,
    root,
    calls,
    faults,
    clock,
    account,
    hands: new Hands(account),
    inProcess: (patience = 10_000) => inProcess(parts, patience),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
