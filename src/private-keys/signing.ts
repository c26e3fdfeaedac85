/** Signs a text under a namespace with one named key: through the agent where it holds the key, else by its file. */
import { Failure } from '../core/failure.ts';
import { buildSignature, checkSignature, maySign, RSA_BITS, signedData } from '../core/ssh/index.ts';
import type { PublicKey } from '../core/ssh/index.ts';
import { joinBytes, Malformed, Reader, writeString } from '../core/ssh/wire.ts';
import type { Crypto, Signing } from '../world.ts';
import { askAgent } from './agent.ts';
import type { AgentAnswer } from './agent.ts';
import { signWithKeygen } from './ssh-keygen.ts';

export interface SigningOptions {
  readonly crypto: Crypto;
  /** SSH_AUTH_SOCK; absent: no agent is asked. */
  readonly agent?: string | undefined;
  /** May a person be asked for a passphrase or a touch? */
  readonly mayAsk: boolean;
}

/**
 * Signing for this device. Every signature is checked with our own strict reading before it is given back, so that
 * what a wrong file, an old agent or another ssh-keygen made is found here and not on a server.
 */
export function openSigning(options: SigningOptions): Signing {
  return { sign: (key, file, namespace, text) => sign(options, { key, file, namespace, text }) };
}

interface Request {
  readonly key: PublicKey;
  readonly file: string | undefined;
  readonly namespace: string;
  readonly text: Uint8Array;
}

async function sign({ crypto, agent, mayAsk }: SigningOptions, request: Request): Promise<string> {
  const { key, file, namespace, text } = request;
  if (!maySign(key.kind)) {
    throw new Failure('signature', `a key of the type ${key.type} cannot sign for keyward`, {
      next: `sign with Ed25519, Ed25519 on a security key, ECDSA P-256, or RSA from ${RSA_BITS.least} bits`,
    });
  }
  const data = signedData(namespace, text, crypto.sha512);
  const answer: AgentAnswer =
    agent === undefined ? { kind: 'silent', why: 'there is none' } : await askAgent(agent, key, data, 'rsa-sha2-512');
  if (answer.kind === 'signed')
    return checked(crypto, request, buildSignature(key, namespace, whole(key, answer.signature)));
  // Whoever said no to the agent did not mean "with the file instead".
  if (answer.kind === 'refused') throw unwilling();
  if (file === undefined) throw noKey(answer);
  if (!mayAsk && key.kind === 'sk-ed25519') {
    throw new Failure('signature', `the security key of ${file} wants to be touched, and nobody may be asked here`, {
      next: 'run this on a terminal',
    });
  }
  return checked(crypto, request, await signWithKeygen({ file, namespace, text, mayAsk }));
}

function unwilling(): Failure {
  return new Failure('signature', 'the ssh-agent holds the key of this device and would not sign with it', {
    next: 'say yes when it asks, or take the key out of it (ssh-add -d) to sign with the file',
  });
}

function noKey(answer: AgentAnswer): Failure {
  const why = answer.kind === 'silent' ? `cannot be asked: ${answer.why}` : 'does not hold the key of this device';
  return new Failure('signature', `the ssh-agent ${why}; and no private key file is named`, {
    next: 'add the key with ssh-add, or name its file with `keyward init`',
  });
}

function checked(crypto: Crypto, { key, namespace, text }: Request, armored: string): string {
  const result = checkSignature(armored, text, namespace, key, crypto);
  if (result.ok) return armored;
  const other = result.reason === 'other-key';
  throw new Failure(
    'signature',
    other ? 'the private key file belongs to another key than the one that should sign' : result.message,
    {
      next: other
        ? 'name the right file with `keyward init`'
        : 'sign with ssh-agent and ssh-keygen of OpenSSH 8.1 or newer',
    },
  );
}

/** Some agents leave out the zero bytes in front of an RSA signature; the one spelling is as long as the modulus. */
function whole(key: PublicKey, signature: Uint8Array): Uint8Array {
  if (key.kind !== 'rsa') return signature;
  try {
    const reader = new Reader(signature);
    const [algorithm, blob] = [reader.string(), reader.string()];
    const zeros = new Uint8Array(Math.max(0, Math.ceil(key.bits / 8) - blob.length));
    reader.end();
    return joinBytes(writeString(algorithm), writeString(joinBytes(zeros, blob)));
  } catch (error) {
    // No signature at all: the check that follows says so.
    if (error instanceof Malformed) return signature;
    throw error;
  }
}
