/** UTF-8, strictly (RFC 3629): the core has neither TextDecoder nor Buffer. */

/** The text, or where the first byte stands that is no UTF-8 (counted from 0). */
export type Decoded = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly offset: number };

const CHUNK = 8192;

export function decodeUtf8(bytes: Uint8Array): Decoded {
  const parts: string[] = [];
  let units: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const first = bytes[at] ?? 0;
    const length = first < 0x80 ? 1 : lengthOf(first);
    const code = first < 0x80 ? first : codeAt(bytes, at, length);
    if (code < 0) return { ok: false, offset: at };
    if (code > 0xffff) units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    else units.push(code);
    at += length;
    if (units.length >= CHUNK) {
      parts.push(String.fromCharCode(...units));
      units = [];
    }
  }
  parts.push(String.fromCharCode(...units));
  return { ok: true, text: parts.join('') };
}

export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.codePointAt(i) ?? 0;
    if (code > 0xffff) i += 1;
    if (code < 0x80) {
      bytes[at++] = code;
      continue;
    }
    const rest = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    bytes[at++] = ([0, 0xc0, 0xe0, 0xf0][rest] ?? 0) | (code >> (6 * rest));
    for (let n = rest - 1; n >= 0; n -= 1) bytes[at++] = 0x80 | ((code >> (6 * n)) & 0x3f);
  }
  return bytes.slice(0, at);
}

function lengthOf(first: number): number {
  return first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

/** The code point, or -1: cut off, a second spelling, a surrogate, or beyond U+10FFFF. */
function codeAt(bytes: Uint8Array, at: number, length: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0xc2 || first > 0xf4) return -1;
  let code = first & (0x7f >> length);
  for (let i = 1; i < length; i += 1) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (next & 0x3f);
  }
  const least = length === 2 ? 0x80 : length === 3 ? 0x800 : 0x10000;
  return code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? -1 : code;
}
