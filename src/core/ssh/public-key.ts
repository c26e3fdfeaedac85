/**
 * Public keys. A key line is let in through `readPublicKey` and no other way: exact lengths, nothing after the blob, one
 * spelling of every number, and no key that anybody can sign for. The formats are those of RFC 4253 section 6.6 (RSA),
 * RFC 5656 section 3.1 (ECDSA), RFC 8709 section 4 (Ed25519) and OpenSSH's PROTOCOL.u2f (the sk- ones).
 */
import { Failure } from '../failure.ts';
import { ed25519Fault, nistFault } from './curve-points.ts';
import type { NistCurve, PointFault } from './curve-points.ts';
import { refuse, refuseType, refuseText } from './key-refusal.ts';
import type { KeyRefusal } from './key-refusal.ts';
import { decodeBase64, encodeBase64, Malformed, Reader, sameBytes } from './wire.ts';

export type { KeyRefusalReason } from './key-refusal.ts';

/** The kinds of key that are let in, in one word each. */
export type KeyKind = 'ed25519' | 'sk-ed25519' | 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521' | 'sk-ecdsa' | 'rsa';

export interface PublicKey {
  /** OpenSSH's name, such as `ssh-ed25519`. */
  readonly type: string;
  /** The raw bytes that the base64 stands for: what makes two keys the same key. */
  readonly blob: Uint8Array;
  /** `type base64`, without a comment: the one spelling. */
  readonly line: string;
  /** What stood after the key; printable ASCII, may be empty. Says nothing about whose the key is. */
  readonly comment: string;
  readonly kind: KeyKind;
  /** The size as `ssh-keygen -l` prints it: 256 for Ed25519, the length of the modulus for RSA. */
  readonly bits: number;
}

/** What a line is: a key, or the reason why it is none. */
export type KeyReading = { readonly ok: true; readonly key: PublicKey } | KeyRefusal;

/** A line longer than this is refused before anything is done with it; the longest RSA key needs 2.8 KB. */
const LONGEST_LINE = 16 * 1024;
export const RSA_BITS = { least: 3072, most: 16384 } as const;

interface KeyType {
  readonly kind: KeyKind;
  readonly signs: boolean;
  readonly carries: boolean;
  readonly fields: (reader: Reader) => KeyRefusal | number;
}

/** Every type that is let in. Signers are those of R16; couriers are those that an unattended program can use. */
const TYPES: Readonly<Record<string, KeyType>> = {
  'ssh-ed25519': { kind: 'ed25519', signs: true, carries: true, fields: readEd25519 },
  'sk-ssh-ed25519@openssh.com': { kind: 'sk-ed25519', signs: true, carries: false, fields: readSkEd25519 },
  'ecdsa-sha2-nistp256': { kind: 'ecdsa-p256', signs: true, carries: true, fields: ecdsa('nistp256', 256) },
  'ecdsa-sha2-nistp384': { kind: 'ecdsa-p384', signs: false, carries: true, fields: ecdsa('nistp384', 384) },
  'ecdsa-sha2-nistp521': { kind: 'ecdsa-p521', signs: false, carries: true, fields: ecdsa('nistp521', 521) },
  'sk-ecdsa-sha2-nistp256@openssh.com': { kind: 'sk-ecdsa', signs: false, carries: false, fields: readSkEcdsa },
  'ssh-rsa': { kind: 'rsa', signs: true, carries: true, fields: readRsa },
};

function typeOf(name: string): KeyType | undefined {
  return Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
}

function byKind(kind: KeyKind): KeyType | undefined {
  return Object.values(TYPES).find((type) => type.kind === kind);
}

/** May an employee or a machine log in with such a key? Every kind that is let in may. */
export function mayLogIn(kind: KeyKind): boolean {
  return byKind(kind) !== undefined;
}

/** May a signer sign with such a key (R16)? */
export function maySign(kind: KeyKind): boolean {
  return byKind(kind)?.signs ?? false;
}

/** May a courier carry with such a key? Not with one that waits for a touch. */
export function mayCarry(kind: KeyKind): boolean {
  return byKind(kind)?.carries ?? false;
}

/**
 * Reads one public key line `type base64 [comment]` without its line end. Never throws; a refusal carries a stable
 * reason, a sentence and what to do, and repeats nothing of what was pasted but the name of a known type.
 */
export function readPublicKey(line: string): KeyReading {
  const refused = refuseText(line, LONGEST_LINE);
  if (refused !== undefined) return refused;
  const [type = '', base64 = '', ...rest] = line.split(' ');
  const known = typeOf(type);
  if (known === undefined) return refuseType(type, line);
  return readKey(type, known, base64, rest.join(' ').trim());
}

/** The same for a key given as its raw bytes, as agents and signatures hold it. */
export function readKeyBlob(blob: Uint8Array): KeyReading {
  if (blob.length > LONGEST_LINE) return refuse('too-long');
  try {
    return readPublicKey(`${new Reader(blob).text()} ${encodeBase64(blob)}`);
  } catch (error) {
    return malformed(error);
  }
}

/** As `readPublicKey`, for where a refusal is a failure. Throws `Failure` of code `key`. */
export function parsePublicKey(line: string): PublicKey {
  const reading = readPublicKey(line);
  if (reading.ok) return reading.key;
  throw new Failure('key', reading.message, { next: reading.suggestion });
}

function readKey(type: string, known: KeyType, base64: string, comment: string): KeyReading {
  try {
    if (base64 === '') throw new Malformed('the key itself is missing after its type');
    const blob = decodeBase64(base64);
    const reader = new Reader(blob);
    if (reader.text() !== type) throw new Malformed('the type in front is not the type inside');
    const bits = known.fields(reader);
    if (typeof bits !== 'number') return bits;
    reader.end();
    return { ok: true, key: { type, blob, line: `${type} ${base64}`, comment, kind: known.kind, bits } };
  } catch (error) {
    return malformed(error);
  }
}

function malformed(error: unknown): KeyRefusal {
  if (!(error instanceof Malformed)) throw error;
  return refuse('malformed', `This is not a whole public key: ${error.message}.`);
}

function pointFault(fault: PointFault | undefined): KeyRefusal | undefined {
  if (fault === undefined) return undefined;
  if (fault === 'length') throw new Malformed('its point has the wrong length');
  return refuse(fault);
}

function readEd25519(reader: Reader): KeyRefusal | number {
  return pointFault(ed25519Fault(reader.string())) ?? 256;
}

function readSkEd25519(reader: Reader): KeyRefusal | number {
  const point = readEd25519(reader);
  return typeof point === 'number' ? readApplication(reader) : point;
}

function ecdsa(curve: NistCurve, bits: number): (reader: Reader) => KeyRefusal | number {
  return (reader) => {
    if (reader.text() !== curve) throw new Malformed('its curve is not the one its type names');
    return pointFault(nistFault(curve, reader.string())) ?? bits;
  };
}

function readSkEcdsa(reader: Reader): KeyRefusal | number {
  const point = ecdsa('nistp256', 256)(reader);
  return typeof point === 'number' ? readApplication(reader) : point;
}

/** PROTOCOL.u2f: the application of a key for SSH begins with `ssh:`; any other was made for a web site. */
function readApplication(reader: Reader): KeyRefusal | number {
  return /^ssh:[!-~]*$/.test(reader.text()) ? 256 : refuse('application');
}

function readRsa(reader: Reader): KeyRefusal | number {
  const exponent = reader.mpint();
  const modulus = reader.mpint();
  const bits = modulus.toString(2).length;
  const has = `This RSA key has ${bits} bits`;
  if (bits < RSA_BITS.least) return refuse('rsa-short', `${has}; ${RSA_BITS.least} are the least.`);
  if (bits > RSA_BITS.most) return refuse('rsa-long', `${has}; sshd takes ${RSA_BITS.most} at most.`);
  // OpenSSL, and with it sshd, takes no exponent over 64 bits with a modulus of this size.
  if (exponent < 3n || exponent % 2n === 0n || exponent >> 64n > 0n) return refuse('rsa-exponent');
  return modulus % 2n === 0n ? refuse('rsa-modulus') : bits;
}

/** The strings after the type in a key's blob: the point, the curve and the point, or exponent and modulus. */
export function keyFields(key: PublicKey): readonly Uint8Array[] {
  const reader = new Reader(key.blob);
  reader.string();
  const fields: Uint8Array[] = [];
  while (!reader.done) fields.push(reader.string());
  return fields;
}

/** One key is the same as another when the raw blobs are; labels, comments and spellings do not count (R3). */
export function sameKey(a: PublicKey, b: PublicKey): boolean {
  return sameBytes(a.blob, b.blob);
}

/** `SHA256:…` as `ssh-keygen -l` prints it. */
export function fingerprint(key: { readonly blob: Uint8Array }, sha256: (bytes: Uint8Array) => Uint8Array): string {
  return `SHA256:${encodeBase64(sha256(key.blob)).replace(/=+$/, '')}`;
}
