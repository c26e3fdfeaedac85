/** Hands a bundle over as the courier: one connection, one key, one command. */
import type { Client } from 'ssh2';
import type { AbortSignalLike, ConnectionKey, Outcome, Turn } from '../../world.ts';
import { Collected } from './carried.ts';
import type { Carried } from './carried.ts';
import { converse } from './connection.ts';
import type { Conversation, Limits, Reach } from './connection.ts';
import { algorithmsOf, Proving } from './key-proofs.ts';
import type { Pacing } from './pacing.ts';
import { NOT_ITS_TURN, plain, unknown } from './why-not.ts';

/** The account that carries, on every server. */
const COURIER = 'keyward-courier';
/** The forced command of the courier's key runs the receiver whatever stands here. */
const COMMAND = 'keyward-receive';

export async function carryBySsh(
  reach: Reach,
  key: ConnectionKey,
  bundle: Uint8Array,
  limits: Limits,
  pacing: Pacing,
  signal: AbortSignalLike,
  turn?: Turn,
): Promise<Outcome<Carried>> {
  const courier = new Courier(key, bundle, limits, turn);
  const outcome = await converse(reach, courier, limits, signal);
  // Where nothing listens, no server counts failures.
  if (!courier.letIn && (courier.shown || outcome.kind === 'refused')) pacing.failed(reach.address);
  return outcome;
}

class Courier implements Conversation<Carried> {
  readonly user = COURIER;
  readonly lost = 'the connection was lost after the bundle was sent; what it did is not known';
  letIn = false;
  readonly #proofs: Proving[];
  readonly #tried: Proving[] = [];
  readonly #bundle: Uint8Array;
  readonly #limits: Limits;
  readonly #turn: Turn | undefined;

  /** Whether a key was shown to the server. */
  get shown(): boolean {
    return this.#tried.length > 0;
  }

  constructor(key: ConnectionKey, bundle: Uint8Array, limits: Limits, turn: Turn | undefined) {
    this.#proofs = algorithmsOf(key.key).map((algorithm) => new Proving(key, algorithm));
    this.#bundle = bundle;
    this.#limits = limits;
    this.#turn = turn;
  }

  next(): Proving | undefined {
    // A key that cannot sign will not be able to with another algorithm either.
    if (this.#tried.some((proof) => proof.failure !== undefined)) return undefined;
    const proof = this.#proofs.shift();
    if (proof !== undefined) this.#tried.push(proof);
    return proof;
  }

  refused(): Outcome<Carried> {
    const failure = this.#tried.find((proof) => proof.failure !== undefined)?.failure;
    if (failure !== undefined) return unknown(`the courier's key could not be used: ${plain(failure.message)}`);
    const listed = this.#tried.some((proof) => proof.wasAsked);
    const why = listed ? 'it knows the key, but the account is not open' : `the key is not listed for ${COURIER} there: one whose key is must carry, or root enrolls it again`;
    return { kind: 'refused', why: `the server does not let the courier in: ${why}` };
  }

  ready(client: Client, end: (outcome: Outcome<Carried>) => void): void {
    this.letIn = true;
    let open = true;
    client.once('close', () => (open = false));
    const begin = (yes: boolean): void => {
      if (!yes) end(unknown(NOT_ITS_TURN));
      else if (open) this.#handOver(client, end);
    };
    if (this.#turn === undefined) begin(true);
    else void this.#turn().then(begin);
  }

  #handOver(client: Client, end: (outcome: Outcome<Carried>) => void): void {
    const wait = this.#limits.answer;
    const timer = setTimeout(() => end(unknown(`no answer within ${wait / 1000} s of handing the bundle over`)), wait);
    const finish = (outcome: Outcome<Carried>): void => {
      clearTimeout(timer);
      end(outcome);
    };
    client.once('close', () => clearTimeout(timer));
    client.exec(COMMAND, (error, channel) => {
      if (error !== undefined) return finish(unknown(`the server did not start the receiver: ${plain(error.message)}`));
      const collected = new Collected();
      let status: number | undefined;
      channel.on('data', (chunk: Buffer) => {
        if (!collected.out(chunk)) finish(collected.ended(undefined));
      });
      channel.stderr.on('data', (chunk: Buffer) => collected.err(chunk));
      channel.on('exit', (code: number | null) => (status = code ?? undefined));
      // A channel also closes when the connection is lost; only a program that ended has a status or a signal.
      let ended = false;
      channel.on('exit', () => (ended = true));
      channel.on('close', () => finish(ended ? collected.ended(status) : unknown(this.lost)));
      channel.on('error', () => undefined);
      channel.end(Buffer.from(this.#bundle));
    });
  }
}
