/** The two requests of the agent protocol that are needed: which keys, and a signature (draft-ietf-sshm-ssh-agent). */
import { connect } from 'node:net';
import { Failure } from '../core/failure.ts';
import { joinBytes, Malformed, Reader, writeString, writeUint32 } from '../core/ssh/wire.ts';

const REQUEST_IDENTITIES = 11;
const IDENTITIES_ANSWER = 12;
const SIGN_REQUEST = 13;
const SIGN_RESPONSE = 14;
/** Flags of a sign request, for RSA keys only. */
const FLAGS: Readonly<Record<string, number>> = { 'rsa-sha2-256': 2, 'rsa-sha2-512': 4 };
const LARGEST_ANSWER = 256 * 1024;
/** An agent may ask somebody for a touch or a yes. */
const PATIENCE = 120_000;

/** The raw public keys that the agent at this socket holds. Throws `key` when it does not answer. */
export async function agentKeys(socket: string): Promise<readonly Uint8Array[]> {
  const answer = await ask(socket, Uint8Array.of(REQUEST_IDENTITIES), IDENTITIES_ANSWER);
  return read(() => {
    const reader = new Reader(answer);
    const count = reader.uint32();
    const keys: Uint8Array[] = [];
    for (let i = 0; i < count; i += 1) {
      keys.push(reader.string());
      reader.string();
    }
    return keys;
  });
}

/** The signature by this key in its wire form. Throws `key` when the agent says no or does not answer. */
export async function agentSign(socket: string, blob: Uint8Array, data: Uint8Array, algorithm?: string): Promise<Uint8Array> {
  const flags = writeUint32(FLAGS[algorithm ?? ''] ?? 0);
  const request = joinBytes(Uint8Array.of(SIGN_REQUEST), writeString(blob), writeString(data), flags);
  const answer = await ask(socket, request, SIGN_RESPONSE);
  return read(() => new Reader(answer).string());
}

function read<T>(reading: () => T): T {
  try {
    return reading();
  } catch (error) {
    if (error instanceof Malformed) throw trouble('answered something that cannot be read');
    throw error;
  }
}

/** One request on a connection of its own; gives what stands behind the type of the answer. */
function ask(path: string, request: Uint8Array, wanted: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer: Buffer = Buffer.alloc(0);
    const end = (settle: () => void): void => {
      socket.destroy();
      settle();
    };
    socket.setTimeout(PATIENCE, () => end(() => reject(trouble('does not answer'))));
    socket.on('error', () => end(() => reject(trouble('cannot be reached at SSH_AUTH_SOCK'))));
    socket.on('close', () => reject(trouble('closed without an answer')));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      const length = answer.length < 4 ? 0 : answer.readUInt32BE(0);
      if (length > LARGEST_ANSWER) return end(() => reject(trouble('answered too much')));
      if (answer.length < 5 || answer.length < 4 + length) return;
      if (answer[4] !== wanted) return end(() => reject(trouble('said no')));
      end(() => resolve(new Uint8Array(answer.subarray(5, 4 + length))));
    });
    socket.write(writeString(request));
  });
}

function trouble(what: string): Failure {
  return new Failure('key', `the SSH agent ${what}`, { next: 'look with `ssh-add -l` whether it runs and holds the key' });
}
