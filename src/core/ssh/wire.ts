/**
 * The bytes SSH is made of: strings and mpints (RFC 4251 section 5), base64 (RFC 4648 section 4), hex, ASCII.
 *
 * Every reader here takes one spelling only and throws `Malformed` for any other; the rooms that call it turn that
 * into an answer. Nothing here knows what a key or a signature is.
 */

/** Bytes that do not have the form they must have. Never leaves core/ssh: readers answer with a reason instead. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SEXTETS: readonly number[] = Array.from({ length: 128 }, (_, code) =>
  ALPHABET.indexOf(String.fromCharCode(code)),
);

/** Padded base64 on one line. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const b = bytes[i + 1];
    const c = bytes[i + 2];
    const group = ((bytes[i] ?? 0) << 16) | ((b ?? 0) << 8) | (c ?? 0);
    text += ALPHABET.charAt(group >> 18) + ALPHABET.charAt((group >> 12) & 63);
    text += b === undefined ? '=' : ALPHABET.charAt((group >> 6) & 63);
    text += c === undefined ? '=' : ALPHABET.charAt(group & 63);
  }
  return text;
}

/** The bytes of padded base64. Blanks, missing padding and unused bits that are not zero are malformed. */
export function decodeBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw new Malformed('base64 whose length is no multiple of four');
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  let group = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const padded = i >= text.length - padding;
    const sextet = padded ? 0 : (SEXTETS[text.charCodeAt(i)] ?? -1);
    if (sextet < 0) throw new Malformed('a character that is not base64');
    group = (group << 6) | sextet;
    if (i % 4 !== 3) continue;
    for (let shift = 16; shift >= 0; shift -= 8) {
      if (at < bytes.length) bytes[at++] = (group >> shift) & 255;
      else if (((group >> shift) & 255) !== 0) throw new Malformed('base64 whose unused bits are not zero');
    }
    group = 0;
  }
  return bytes;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower-case hex. */
export function encodeHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte] ?? '';
  return text;
}

/** The bytes of lower-case hex. */
export function decodeHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) throw new Malformed('not lower-case hex');
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(i * 2, i * 2 + 2), 16));
}

/** The bytes of an ASCII text. */
export function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) throw new Malformed('a character that is not ASCII');
    bytes[i] = code;
  }
  return bytes;
}

/** The ASCII text of bytes. */
export function asciiText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) {
    if (byte > 127) throw new Malformed('a byte that is not ASCII');
    text += String.fromCharCode(byte);
  }
  return text;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Four bytes, highest first. */
export function writeUint32(value: number): Uint8Array {
  return Uint8Array.of((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
}

/** An SSH string: its length in four bytes, then the bytes; a text is written as ASCII. */
export function writeString(value: Uint8Array | string): Uint8Array {
  const bytes = typeof value === 'string' ? asciiBytes(value) : value;
  return joinBytes(writeUint32(bytes.length), bytes);
}

/** A number that is not negative as an SSH mpint: no zero byte in front but the one that keeps the sign bit clear. */
export function writeMpint(value: bigint): Uint8Array {
  if (value < 0n) throw new Malformed('a negative number');
  if (value === 0n) return writeString(new Uint8Array(0));
  const hex = value.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return writeString(decodeHex(/^[89a-f]/.test(even) ? `00${even}` : even));
}

/** The number that big-endian bytes stand for; no bytes are 0. */
export function bigEndian(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${encodeHex(bytes)}`);
}

/** The number that little-endian bytes stand for; no bytes are 0. */
export function littleEndian(bytes: Uint8Array): bigint {
  return bigEndian(bytes.slice().reverse());
}

/** Reads a blob from its first byte to its last. Call `end` when everything that must be there was read. */
export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The next `length` bytes. */
  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw new Malformed('it ends too early');
    this.#at += length;
    return this.#bytes.slice(this.#at - length, this.#at);
  }

  uint8(): number {
    return this.take(1)[0] ?? 0;
  }

  uint32(): number {
    return Number(bigEndian(this.take(4)));
  }

  string(): Uint8Array {
    return this.take(this.uint32());
  }

  text(): string {
    return asciiText(this.string());
  }

  /** A number that is not negative, in its shortest form only. */
  mpint(): bigint {
    const bytes = this.string();
    const [first, second] = bytes;
    if (first === undefined) return 0n;
    if (first >= 128) throw new Malformed('a negative number');
    if (first === 0 && (second === undefined || second < 128)) {
      throw new Malformed('a number with a zero byte too many in front');
    }
    return bigEndian(bytes);
  }

  /** Is nothing left? */
  get done(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Refuses what is left. */
  end(): void {
    if (!this.done) throw new Malformed('bytes are left over at its end');
  }
}
