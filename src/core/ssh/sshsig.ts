/**
 * SSHSIG, the signatures of `ssh-keygen -Y sign` (OpenSSH's PROTOCOL.sshsig), read and written in one spelling.
 *
 * Narrower than OpenSSH on purpose (R16): version 1, sha512, nothing reserved, one block with nothing around it in
 * the very lines that ssh-keygen writes; made by one given key, compared as raw bytes, of a kind that may sign. No
 * list of allowed signers is read here: one signature is checked against one key, and people are counted elsewhere.
 */
import { P256_ORDER } from './curve-points.ts';
import { keyFields, maySign, readKeyBlob, sameKey } from './public-key.ts';
import type { PublicKey } from './public-key.ts';
import {
  asciiBytes,
  asciiText,
  decodeBase64,
  encodeBase64,
  joinBytes,
  littleEndian,
  Malformed,
  Reader,
  writeString,
  writeUint32,
} from './wire.ts';

const MAGIC = asciiBytes('SSHSIG');
const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';
/** sshsig.c wraps after 70 characters. */
const COLUMNS = 70;
/** The largest that can count is an RSA key of 16384 bits with its signature: under 6 KB. */
const LONGEST_SIGNATURE = 16 * 1024;

/** The order of the base point of Edwards25519 (RFC 8032 section 5.1): S is below it. */
const ED25519_ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
/** PROTOCOL.u2f: bit 0 of the flags says that somebody touched the key. */
const USER_PRESENT = 1;

/** The one signature algorithm for each kind that may sign. */
const ALGORITHM: Readonly<Record<string, string>> = {
  ed25519: 'ssh-ed25519',
  'sk-ed25519': 'sk-ssh-ed25519@openssh.com',
  'ecdsa-p256': 'ecdsa-sha2-nistp256',
  rsa: 'rsa-sha2-512',
};

/** A signature as it stands on the wire, with its lengths and numbers already checked. */
export interface WireSignature {
  readonly algorithm: string;
  /** Ed25519: 64 bytes. ECDSA: mpint r, mpint s. RSA: as many bytes as the modulus has. */
  readonly blob: Uint8Array;
  /** Of a security key only: what it says about the touch, and how often it has signed. */
  readonly flags?: number;
  readonly counter?: number;
}

/** What the world does for this room. `verify` answers false for whatever it cannot verify; it never throws. */
export interface SignatureCrypto {
  readonly sha512: (bytes: Uint8Array) => Uint8Array;
  readonly verify: (key: PublicKey, data: Uint8Array, signature: WireSignature) => boolean;
}

/** Why a signature does not count, by its stable name. */
type SignatureRefusalReason =
  | 'too-long'
  | 'malformed'
  | 'version'
  | 'hash'
  | 'namespace'
  | 'key'
  | 'other-key'
  | 'algorithm'
  | 'not-touched'
  | 'wrong';

export interface SignatureRefusal {
  readonly ok: false;
  readonly reason: SignatureRefusalReason;
  /** What is wrong, as a sentence. */
  readonly message: string;
}

function refuse(reason: SignatureRefusalReason, message: string): SignatureRefusal {
  return { ok: false, reason, message };
}

/** A signature that was read but not verified. */
interface Parsed {
  readonly ok: true;
  readonly keyBlob: Uint8Array;
  readonly namespace: string;
  readonly signature: Uint8Array;
}

/** The armored form of the bytes of a signature, exactly as ssh-keygen writes it. */
export function armor(bytes: Uint8Array): string {
  const lines = encodeBase64(bytes).match(/.{1,70}/g) ?? [];
  return `${[BEGIN, ...lines, END].join('\n')}\n`;
}

function dearmor(armored: string): Uint8Array {
  const lines = armored.split('\n');
  const [first, ...rest] = lines;
  const last = rest.pop();
  const end = rest.pop();
  if (first !== BEGIN || end !== END || last !== '') throw new Malformed('it is not one block and nothing else');
  if (rest.some((line, i) => (i < rest.length - 1 ? line.length !== COLUMNS : line.length > COLUMNS || line === ''))) {
    throw new Malformed(`its lines are not ${COLUMNS} characters long`);
  }
  return decodeBase64(rest.join(''));
}

function parse(armored: string): Parsed | SignatureRefusal {
  if (armored.length > LONGEST_SIGNATURE) return refuse('too-long', 'This is longer than any signature.');
  try {
    const reader = new Reader(dearmor(armored));
    if (asciiText(reader.take(MAGIC.length)) !== 'SSHSIG') throw new Malformed('it does not begin with SSHSIG');
    const version = reader.uint32();
    if (version !== 1) return refuse('version', `This is an SSHSIG of version ${version}; version 1 is taken.`);
    const keyBlob = reader.string();
    const namespace = reader.text();
    if (reader.string().length > 0) return refuse('version', 'Something stands in the reserved field.');
    const hash = reader.string();
    const signature = reader.string();
    reader.end();
    if (asciiText(hash) !== 'sha512') return refuse('hash', 'The hash of this signature is not sha512.');
    return { ok: true, keyBlob, namespace, signature };
  } catch (error) {
    return malformed(error);
  }
}

function malformed(error: unknown): SignatureRefusal {
  if (!(error instanceof Malformed)) throw error;
  return refuse('malformed', `This is not an SSHSIG signature: ${error.message}.`);
}

/**
 * Which key says that it made this signature. Nothing is verified: use it to find out whose signature to check, and
 * then check it against the key you know.
 */
export function signatureKey(armored: string): { readonly ok: true; readonly key: PublicKey } | SignatureRefusal {
  const parsed = parse(armored);
  return parsed.ok ? signerKey(parsed.keyBlob) : parsed;
}

function signerKey(blob: Uint8Array): { readonly ok: true; readonly key: PublicKey } | SignatureRefusal {
  const reading = readKeyBlob(blob);
  if (!reading.ok) return refuse('key', reading.message);
  if (!maySign(reading.key.kind)) return refuse('key', `Keys of the type ${reading.key.type} cannot sign for keyward.`);
  return reading;
}

/** The bytes that the key itself signs: a hash of the message, bound to the namespace. */
export function signedData(
  namespace: string,
  message: Uint8Array,
  sha512: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  return joinBytes(MAGIC, writeString(namespace), writeString(''), writeString('sha512'), writeString(sha512(message)));
}

/** The armored signature over `signedData`, from the raw signature that an agent gave (its whole wire form). */
export function buildSignature(key: PublicKey, namespace: string, signature: Uint8Array): string {
  const parts = [key.blob, namespace, '', 'sha512', signature].map(writeString);
  return armor(joinBytes(MAGIC, writeUint32(1), ...parts));
}

/**
 * What a security key signs in place of the data (PROTOCOL.u2f): the application of the key, the flags and the
 * counter come from the key and the signature, so that neither can be said to be another.
 */
export function securityKeyData(
  key: PublicKey,
  signature: WireSignature,
  data: Uint8Array,
  sha256: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const application = keyFields(key).at(-1) ?? new Uint8Array(0);
  const said = joinBytes(Uint8Array.of(signature.flags ?? 0), writeUint32(signature.counter ?? 0));
  return joinBytes(sha256(application), said, sha256(data));
}

/**
 * Did this key sign this message under this namespace? `ok: true` and nothing else means yes. Every refusal has a
 * reason that a test can tell from the others.
 */
export function checkSignature(
  armored: string,
  message: Uint8Array,
  namespace: string,
  key: PublicKey,
  crypto: SignatureCrypto,
): { readonly ok: true } | SignatureRefusal {
  const parsed = parse(armored);
  if (!parsed.ok) return parsed;
  const maker = signerKey(parsed.keyBlob);
  if (!maker.ok) return maker;
  if (!sameKey(maker.key, key)) return refuse('other-key', 'Another key made this signature.');
  if (namespace === '' || parsed.namespace !== namespace) {
    return refuse('namespace', 'This signature was made for another kind of text.');
  }
  const signature = wireSignature(maker.key, parsed.signature);
  if (!('algorithm' in signature)) return signature;
  const data = signedData(namespace, message, crypto.sha512);
  const verified = crypto.verify(maker.key, data, signature);
  return verified ? { ok: true } : refuse('wrong', 'This signature is not one of this key over this text.');
}

function wireSignature(key: PublicKey, bytes: Uint8Array): WireSignature | SignatureRefusal {
  try {
    const reader = new Reader(bytes);
    const algorithm = reader.text();
    if (algorithm !== ALGORITHM[key.kind]) {
      return refuse('algorithm', `A key of the type ${key.type} signs with ${ALGORITHM[key.kind]} here, nothing else.`);
    }
    const blob = reader.string();
    checkBlob(key, blob);
    if (key.kind !== 'sk-ed25519') {
      reader.end();
      return { algorithm, blob };
    }
    const flags = reader.uint8();
    const counter = reader.uint32();
    reader.end();
    if ((flags & USER_PRESENT) === 0) return refuse('not-touched', 'Nobody touched the security key.');
    return { algorithm, blob, flags, counter };
  } catch (error) {
    return malformed(error);
  }
}

/** Lengths and ranges, so that a signature over one text has as few spellings as its algorithm allows. */
function checkBlob(key: PublicKey, blob: Uint8Array): void {
  if (key.kind === 'rsa') {
    if (blob.length !== Math.ceil(key.bits / 8)) throw new Malformed('it is not as long as the modulus');
  } else if (key.kind === 'ecdsa-p256') {
    const reader = new Reader(blob);
    const numbers = [reader.mpint(), reader.mpint()];
    reader.end();
    if (numbers.some((n) => n === 0n || n >= P256_ORDER)) throw new Malformed('a number in it is out of range');
  } else {
    if (blob.length !== 64) throw new Malformed('it is not 64 bytes long');
    if (littleEndian(blob.slice(32)) >= ED25519_ORDER) throw new Malformed('a number in it is out of range');
  }
}
