/** Policies for tests: files from texts, keys from names, one fixed moment. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { compilePolicy } from '../../../src/core/policy/index.ts';
import type { Compilation } from '../../../src/core/policy/index.ts';
import { parseInstant } from '../../../src/core/access/index.ts';
import { readPublicKey } from '../../../src/core/ssh/public-key.ts';
import type { Finding } from '../../../src/core/failure.ts';

export const NOW = parseInstant('2026-11-24T20:00:00Z');
export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

export type Texts = ReadonlyMap<string, string | Uint8Array>;

export const BASE_YAML = readFileSync(new URL('corpus/base.yaml', import.meta.url), 'utf8');

/** An Ed25519 public key that belongs to nobody, the same for the same name. */
export function keyLine(name: string): string {
  for (let i = 0; ; i += 1) {
    const point = createHash('sha256').update(`${name} ${i}`).digest();
    const line = edLine(point, name.split(' ')[0] ?? '');
    if (isPoint(line)) return line;
  }
}

export function edLine(point: Uint8Array, comment: string): string {
  const type = Buffer.from('ssh-ed25519');
  const blob = Buffer.concat([length(type), type, length(point), point]);
  return `ssh-ed25519 ${blob.toString('base64')} ${comment}`;
}

/** The key of `keyLine(name)` again, as one of a security key. */
export function skLine(name: string): string {
  const point = Buffer.from(keyLine(name).split(' ')[1] ?? '', 'base64').subarray(-32);
  const fields = [Buffer.from('sk-ssh-ed25519@openssh.com'), point, Buffer.from('ssh:')];
  const blob = Buffer.concat(fields.flatMap((field) => [length(field), field]));
  return `sk-ssh-ed25519@openssh.com ${blob.toString('base64')} sk`;
}

/** An RSA public key of so many bits, made now. */
export function rsaLine(bits: number): string {
  const { n = '', e = '' } = generateKeyPairSync('rsa', { modulusLength: bits }).publicKey.export({ format: 'jwk' });
  const numbers = [e, n].map((number) => {
    const bytes = Buffer.from(number, 'base64url');
    return (bytes[0] ?? 0) > 127 ? Buffer.concat([Buffer.of(0), bytes]) : bytes;
  });
  const fields = [Buffer.from('ssh-rsa'), ...numbers].map((field) => Buffer.concat([length(field), field]));
  return `ssh-rsa ${Buffer.concat(fields).toString('base64')} rsa`;
}

function length(bytes: Uint8Array): Buffer {
  const four = Buffer.alloc(4);
  four.writeUInt32BE(bytes.length);
  return four;
}

function isPoint(line: string): boolean {
  return readPublicKey(line).ok;
}

/** The base policy with a key for everybody in it. */
export function baseFiles(): Map<string, string> {
  const files = new Map([['access-policy.yaml', BASE_YAML]]);
  for (const name of ['alice', 'bob', 'dana', 'shop']) files.set(`keys/${name}.pub`, `${keyLine(`${name} key`)}\n`);
  for (const name of ['web-1', 'web-2', 'db-1']) files.set(`servers/${name}.pub`, `${keyLine(`${name} host`)}\n`);
  for (const name of ['alice', 'bob', 'dana']) files.set(`signers/${name}.pub`, `${keyLine(`${name} signs`)}\n`);
  return files.set('couriers/pipeline.pub', `${keyLine('pipeline carries')}\n`);
}

export function bytesOf(texts: Texts): Map<string, Uint8Array> {
  return new Map(
    [...texts].map(([path, text]) => [path, typeof text === 'string' ? new TextEncoder().encode(text) : text]),
  );
}

export function compileTexts(texts: Texts, now = NOW): Compilation {
  return compilePolicy(bytesOf(texts), now, sha256);
}

/** A finding as a person reads it, one to three lines. */
export function show({ severity, rule, place, message, excerpt, suggestion }: Finding): string {
  const at = [place.file, place.line, place.column].filter((part) => part !== undefined).join(':');
  const lines = [`${at} ${severity} ${rule}: ${message}`];
  if (excerpt !== undefined) lines.push(`  | ${excerpt.trim()}`);
  if (suggestion !== undefined) lines.push(`  > ${suggestion}`);
  return lines.join('\n');
}
