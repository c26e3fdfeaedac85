/**
 * Asks an ssh-agent to sign (draft-ietf-sshm-ssh-agent), over its socket. One connection for each question: an agent
 * may wait long for a person, and nothing is kept open meanwhile.
 */
import { connect } from 'node:net';
import type { PublicKey } from '../core/ssh/index.ts';
import { joinBytes, Malformed, Reader, sameBytes, writeString, writeUint32 } from '../core/ssh/wire.ts';

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
const FLAGS: Readonly<Record<string, number>> = { 'rsa-sha2-256': 2, 'rsa-sha2-512': 4 };

/** OpenSSH's agent sends no more than this. */
const LONGEST_ANSWER = 256 * 1024;
/** An agent that lists its keys answers at once; one that signs may wait for a person to confirm or to touch. */
const PATIENCE = { list: 5_000, sign: 120_000 };

/**
 * What an agent said. `silent`: nobody could ask it, which is not the same as it holding no such key; `lacks`: it
 * answered and has no such key; `refused`: it has the key and would not sign.
 */
export type AgentAnswer =
  | { readonly kind: 'signed'; readonly signature: Uint8Array }
  | { readonly kind: 'lacks' }
  | { readonly kind: 'refused' }
  | { readonly kind: 'silent'; readonly why: string };

/** The signature in its wire form (algorithm, blob) over `data`; `algorithm` chooses the hash of an RSA key. */
export async function askAgent(
  socket: string,
  key: PublicKey,
  data: Uint8Array,
  algorithm: string,
): Promise<AgentAnswer> {
  try {
    const listed = await exchange(socket, Uint8Array.of(REQUEST_IDENTITIES), PATIENCE.list);
    if (!holds(listed, key)) return { kind: 'lacks' };
    const body = joinBytes(writeString(key.blob), writeString(data), writeUint32(FLAGS[algorithm] ?? 0));
    const answer = new Reader(await exchange(socket, joinBytes(Uint8Array.of(SIGN_REQUEST), body), PATIENCE.sign));
    if (answer.uint8() !== SIGN_RESPONSE) return { kind: 'refused' };
    const signature = answer.string();
    answer.end();
    return { kind: 'signed', signature };
  } catch (error) {
    return { kind: 'silent', why: error instanceof Error ? error.message : 'it did not answer' };
  }
}

function holds(answer: Uint8Array, key: PublicKey): boolean {
  const reader = new Reader(answer);
  if (reader.uint8() !== IDENTITIES_ANSWER) throw new Malformed('the agent does not list its keys');
  let found = false;
  for (let left = reader.uint32(); left > 0; left--) {
    if (sameBytes(reader.string(), key.blob)) found = true;
    // The comment, which may be in any language.
    reader.string();
  }
  return found;
}

/** Sends one message and gives the one that comes back, without its length. */
function exchange(path: string, message: Uint8Array, patience: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let received: Uint8Array = new Uint8Array(0);
    const end = (error: Error): void => {
      socket.destroy();
      reject(error);
    };
    socket.setTimeout(patience, () => end(new Error('it did not answer in time')));
    socket.once('error', () => end(new Error('nobody listens at its socket')));
    socket.once('close', () => end(new Error('it closed the connection without an answer')));
    socket.on('data', (chunk: Uint8Array) => {
      received = joinBytes(received, chunk);
      if (received.length < 4) return;
      const length = new Reader(received).uint32();
      if (length > LONGEST_ANSWER || received.length > length + 4)
        return end(new Error('it answered with something else'));
      if (received.length < length + 4) return undefined;
      socket.destroy();
      return resolve(received.slice(4));
    });
    socket.write(writeString(message));
  });
}
