/** One-time codes of six digits, one for each 30 seconds (RFC 6238 over RFC 4226, SHA-1), as virtual MFA devices show. */
import { createHmac } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const STEP = 30_000;

function fromBase32(text: string): Buffer {
  const bits = text
    .split('')
    .map((one) => ALPHABET.indexOf(one).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function codeOfStep(seed: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', fromBase32(seed)).update(counter).digest();
  const offset = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The code a device with this base32 seed shows at a time, in milliseconds since 1970. */
export function totp(seed: string, at: number): string {
  return codeOfStep(seed, Math.floor(at / STEP));
}

/** The step after `last` at which consecutive codes were shown, within two minutes of now; undefined if at none. */
export function stepOf(seed: string, codes: readonly string[], now: number, last: number): number | undefined {
  const current = Math.floor(now / STEP);
  for (let step = Math.max(current - 4, last + 1); step <= current + 4; step += 1) {
    if (codes.every((code, at) => codeOfStep(seed, step + at) === code)) return step + codes.length - 1;
  }
  return undefined;
}
