/**
 * How a key is shown to a server through ssh2, which is never given a private key: an agent object for each key. One
 * lets the courier's key prove itself; the other only notices that the server asked for a proof, and gives none.
 */
import ssh2 from 'ssh2';
import type { IdentityCallback, ParsedKey, SignCallback, SigningRequestOptions } from 'ssh2';
import type { PublicKey } from '../../core/ssh/public-key.ts';
import { Reader } from '../../core/ssh/wire.ts';
import type { ConnectionKey } from '../../world.ts';

/** The algorithms a key can be used with for a login, the strongest first (RFC 8332 for RSA; never SHA-1). */
export function algorithmsOf(key: PublicKey): readonly string[] {
  return key.type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [key.type];
}

/** Any key ssh2 itself can read. It is never offered: it only lends its form. */
const FORM = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJGe05V2QpGGVKVpxUPcNJ4+Nzs7Dn3Abu9JAtAjX9tJ';

/**
 * ssh2 reads no `sk-` key and would choose the algorithm for an RSA key by what the server announced. It sends what
 * `type` and `getPublicSSH` of a parsed key say, so a parsed key is given ours.
 */
function shown(key: PublicKey, algorithm: string): ParsedKey {
  const parsed = ssh2.utils.parseKey(FORM);
  if (parsed instanceof Error) throw parsed;
  const form: ParsedKey = Array.isArray(parsed) ? parsed[0] : parsed;
  return Object.create(form, {
    type: { value: algorithm },
    getPublicSSH: { value: () => Buffer.from(key.blob) },
  }) as ParsedKey;
}

/** Common to both: one key. */
abstract class OneKey extends ssh2.BaseAgent<ParsedKey> {
  readonly #shown: ParsedKey;

  constructor(key: PublicKey, algorithm: string) {
    super();
    this.#shown = shown(key, algorithm);
  }

  override getIdentities(cb: IdentityCallback<ParsedKey>): void {
    cb(null, [this.#shown]);
  }

  override sign(_key: ParsedKey, data: Buffer, options: SigningRequestOptions | SignCallback, cb?: SignCallback): void {
    const answer = typeof options === 'function' ? options : cb;
    if (answer !== undefined) this.asked(data, answer);
  }

  /** The server accepted the offer and asks for the signature. */
  protected abstract asked(data: Buffer, answer: SignCallback): void;
}

/** Offers a public key. `accepted` turns true when the server asks for the signature that nobody here can make. */
export class Offered extends OneKey {
  accepted = false;

  protected override asked(_data: Buffer, answer: SignCallback): void {
    this.accepted = true;
    answer(new Error('only offered'));
  }
}

/** Proves the courier's key. `failure` is set when the key could not sign, which is not the server's no. */
export class Proving extends OneKey {
  failure: Error | undefined;
  /** True once the server accepted the key and asked for the signature. */
  wasAsked = false;
  readonly #key: ConnectionKey;
  readonly #algorithm: string;

  constructor(key: ConnectionKey, algorithm: string) {
    super(key.key, algorithm);
    this.#key = key;
    this.#algorithm = algorithm;
  }

  protected override asked(data: Buffer, answer: SignCallback): void {
    this.wasAsked = true;
    this.#key.prove(data, this.#algorithm).then(
      // ssh2 writes the algorithm itself and wants the bare signature behind it.
      (signature) => answer(null, Buffer.from(bare(signature))),
      (error: unknown) => {
        this.failure = error instanceof Error ? error : new Error('the key could not sign');
        answer(this.failure);
      },
    );
  }
}

/** The signature of an SSH signature blob (RFC 4253 section 6.6: algorithm, signature). */
function bare(signature: Uint8Array): Uint8Array {
  const reader = new Reader(signature);
  reader.string();
  const blob = reader.string();
  reader.end();
  return blob;
}
