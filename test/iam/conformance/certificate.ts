/** A self-signed X.509 certificate (RFC 5280), as small as one can be: Node makes none by itself. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 128) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = Buffer.from(content.length.toString(16).padStart(4, '0'), 'hex');
  return Buffer.concat([Buffer.of(tag, 0x82), length, content]);
}

const ED25519 = der(0x30, der(0x06, Buffer.from('2b6570', 'hex')));

function name(common: string): Buffer {
  const attribute = der(0x30, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(common)));
  return der(0x30, der(0x31, attribute));
}

function time(milliseconds: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(milliseconds).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
}

/** PEM, valid from yesterday for a year. */
export function certificate(): string {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const now = Date.now();
  const serial = Buffer.concat([Buffer.of(1), randomBytes(8)]);
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ED25519,
    name('somebody'),
    der(0x30, time(now - 86_400_000), time(now + 365 * 86_400_000)),
    name('somebody'),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const whole = der(0x30, tbs, ED25519, der(0x03, Buffer.of(0), sign(null, tbs, privateKey)));
  const lines = whole.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
