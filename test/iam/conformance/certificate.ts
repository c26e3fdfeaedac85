/**
 * A self-signed X.509 certificate (RFC 5280), as small as one can be: Node makes none by itself. RSA, as AWS's page on
 * signing certificates makes them; lengths in their shortest form, since a strict reader takes no other (X.690, 10.1).
 */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 128) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x80 + length.length), length, content]);
}

/** sha256WithRSAEncryption (RFC 4055). */
const RSA = der(0x30, der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05));
let pair: ReturnType<typeof keyPair> | undefined;

function keyPair() {
  return generateKeyPairSync('rsa', { modulusLength: 2048 });
}

function name(common: string): Buffer {
  const attribute = der(0x30, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(common)));
  return der(0x30, der(0x31, attribute));
}

function time(milliseconds: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(milliseconds).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

/** PEM, valid from yesterday for a year; another one each time, of one key. */
export function certificate(): string {
  pair ??= keyPair();
  const { publicKey, privateKey } = pair;
  const now = Date.now();
  const serial = Buffer.concat([Buffer.of(1), randomBytes(8)]);
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    RSA,
    name('somebody'),
    der(0x30, time(now - 86_400_000), time(now + 365 * 86_400_000)),
    name('somebody'),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const whole = der(0x30, tbs, RSA, der(0x03, Buffer.of(0), sign('sha256', tbs, privateKey)));
  const lines = whole.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
