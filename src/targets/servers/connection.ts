/**
 * One SSH connection to a server whose host keys are pinned: those of the signed manifest and no others (R22). There is
 * no trust on first use and no other place to look for a key: a server that shows another one is left before it is told
 * a user name.
 */
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { Client, NextAuthHandler, ServerHostKeyAlgorithm } from 'ssh2';
import type { PublicKey } from '../../core/ssh/public-key.ts';
import { sameBytes } from '../../core/ssh/wire.ts';
import type { AbortSignalLike, Outcome } from '../../world.ts';
import { closedEarly, stoppedWaiting, unknown, whyNot } from './why-not.ts';

/** Where a server is and by what it is known. */
export interface Reach {
  readonly address: string;
  readonly port: number;
  readonly hostKeys: readonly PublicKey[];
}

/** How long each step may take, in milliseconds. */
export interface Limits {
  /** From the first packet to a TCP connection. */
  readonly connect: number;
  /** From there until the server has answered to the keys. */
  readonly handshake: number;
  /** From the last byte of a bundle to the last byte of the answer. */
  readonly answer: number;
}

export const LIMITS: Limits = { connect: 5_000, handshake: 20_000, answer: 120_000 };

/** What is said on a connection, and what it comes to. */
export interface Conversation<T> {
  readonly user: string;
  /** Asked at first and after each no of the server: what proves us next; undefined when nothing is left. Never rejects. */
  next(): ssh2.BaseAgent | undefined | Promise<ssh2.BaseAgent | undefined>;
  /** The server said no to everything that `next` gave. */
  refused(): Outcome<T>;
  /** The server let us in: do the work and call `end`, once. */
  ready(client: Client, end: (outcome: Outcome<T>) => void): void;
  /** Why it is unknown when the connection is lost after that. */
  readonly lost: string;
}

/** Host key algorithms (RFC 8332 for RSA) that a key of this type may sign with. */
const ALGORITHMS: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

/** Seconds of silence, three times, until a connection counts as lost. */
const KEEPALIVE = 5_000;

/** Holds one conversation and ends the connection. Never throws for what the server or the network does. */
export function converse<T>(
  reach: Reach,
  conversation: Conversation<T>,
  limits: Limits,
  signal: AbortSignalLike,
): Promise<Outcome<T>> {
  if (signal.aborted) return Promise.resolve(unknown('it was stopped before it began'));
  const serverHostKey = algorithmsFor(reach.hostKeys);
  if (serverHostKey.length === 0) return Promise.resolve(unknown('no host key is known that could be asked for'));
  return new Promise((resolve) => new Held(reach, conversation, limits, signal, resolve).begin(serverHostKey));
}

/** The state of one connection from its first packet to its one outcome. */
class Held<T> {
  readonly #reach: Reach;
  readonly #conversation: Conversation<T>;
  readonly #limits: Limits;
  readonly #signal: AbortSignalLike;
  readonly #resolve: (outcome: Outcome<T>) => void;
  readonly #client: Client = new ssh2.Client();
  #socket: Socket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #settled = false;
  #wrongHostKey = false;
  #letIn = false;
  readonly #abort = (): void => this.#settle(stoppedWaiting(this.#signal));

  constructor(
    reach: Reach,
    conversation: Conversation<T>,
    limits: Limits,
    signal: AbortSignalLike,
    resolve: (outcome: Outcome<T>) => void,
  ) {
    this.#reach = reach;
    this.#conversation = conversation;
    this.#limits = limits;
    this.#signal = signal;
    this.#resolve = resolve;
  }

  begin(serverHostKey: ServerHostKeyAlgorithm[]): void {
    const { address, port } = this.#reach;
    const { connect, handshake } = this.#limits;
    this.#signal.addEventListener('abort', this.#abort);
    this.#within(connect, `${address} port ${port} did not answer within ${connect / 1000} s`);
    const socket = (this.#socket = connectSocket({ host: address, port, noDelay: true }));
    socket.once('connect', () =>
      this.#within(handshake, `the server did not finish the handshake within ${handshake / 1000} s`),
    );
    this.#client.on('error', (error: Error & { level?: string }) => this.#failed(error));
    this.#client.on('close', () => this.#settle(unknown(this.#letIn ? this.#conversation.lost : closedEarly())));
    this.#client.on('ready', () => this.#ready());
    this.#client.connect({
      sock: socket,
      username: this.#conversation.user,
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE,
      hostVerifier: (blob: Buffer) => this.#believes(blob),
      algorithms: { serverHostKey },
      authHandler: (_left, _partial, next) => this.#prove(next),
    });
  }

  #believes(blob: Uint8Array): boolean {
    const known = this.#reach.hostKeys.some((key) => sameBytes(key.blob, blob));
    if (!known) this.#wrongHostKey = true;
    return known;
  }

  #prove(next: NextAuthHandler): void {
    if (this.#settled) return;
    const show = (agent: ssh2.BaseAgent | undefined): void => {
      if (agent === undefined) this.#settle(this.#conversation.refused());
      else if (!this.#settled) next({ type: 'agent', username: this.#conversation.user, agent });
    };
    const agent = this.#conversation.next();
    if (agent instanceof Promise) void agent.then(show);
    else show(agent);
  }

  #ready(): void {
    clearTimeout(this.#timer);
    this.#letIn = true;
    if (!this.#settled) this.#conversation.ready(this.#client, (outcome) => this.#settle(outcome));
  }

  #failed(error: Error & { level?: string }): void {
    // The agent object has kept for itself that it could not sign; ssh2 goes on with what is next.
    if (error.level === 'agent') return;
    if (this.#wrongHostKey) {
      this.#settle({ kind: 'refused', why: 'host key: the server shows another one than the signed manifest names' });
    } else if (this.#letIn) {
      this.#settle(unknown(this.#conversation.lost));
    } else {
      this.#settle(whyNot(error, this.#reach));
    }
  }

  #within(milliseconds: number, why: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#settle(unknown(why)), milliseconds);
  }

  #settle(outcome: Outcome<T>): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#abort);
    this.#client.end();
    // A server that does not close its side must not keep the program alive.
    const socket = this.#socket;
    setTimeout(() => socket?.destroy(), 500).unref();
    socket?.unref();
    this.#resolve(outcome);
  }
}

function algorithmsFor(keys: readonly PublicKey[]): ServerHostKeyAlgorithm[] {
  return [...new Set(keys.flatMap((key) => ALGORITHMS[key.type] ?? []))];
}
