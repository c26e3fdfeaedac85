/** The courier's key: it proves itself with nobody there, through the agent or from its file, and never asks. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPrivateKey, createPublicKey, createVerify, generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import sshpk from 'sshpk';
import { asciiBytes, encodeBase64, joinBytes, Reader, writeString, writeUint32 } from '../../src/core/ssh/wire.ts';
import { readPrivateFile } from '../../src/disk/index.ts';
import { openConnectionKey } from '../../src/private-keys/index.ts';
import { verify } from '../../src/verify.ts';
import { makeFolder, PASSPHRASE, startAgent } from './secrets.ts';
import type { Agent } from './secrets.ts';

let folder: ReturnType<typeof makeFolder>;
let agent: Agent;
beforeAll(async () => {
  folder = makeFolder();
  agent = await startAgent(folder.path);
});
afterAll(async () => {
  await agent.stop();
  folder.remove();
});

const data = asciiBytes('what the transport asks for');
const read = readPrivateFile;

function parts(wire: Uint8Array): { readonly algorithm: string; readonly blob: Uint8Array } {
  const reader = new Reader(wire);
  const read = { algorithm: reader.text(), blob: reader.string() };
  reader.end();
  return read;
}

describe.each([
  ['ed25519', ['-t', 'ed25519'], 'ssh-ed25519'],
  ['p256', ['-t', 'ecdsa', '-b', '256'], 'ecdsa-sha2-nistp256'],
  ['rsa', ['-t', 'rsa', '-b', '3072'], 'rsa-sha2-512'],
] as const)('%s', (name, type, algorithm) => {
  it('from its file', async () => {
    const { file, key } = folder.key(`${name}-file`, type);
    const connection = await openConnectionKey({ file, read });
    expect(connection.key.line).toBe(key.line);
    const signature = parts(await connection.prove(data));
    expect(signature.algorithm).toBe(algorithm);
    expect(verify(key, data, signature)).toBe(true);
    expect(verify(key, asciiBytes('other'), signature)).toBe(false);
  });
  it('encrypted, through the agent', async () => {
    const { file, key } = folder.key(`${name}-agent`, type, PASSPHRASE);
    const connection = await openConnectionKey({ file, read, agent: agent.socket });
    await expect(connection.prove(data)).rejects.toMatchObject({ code: 'key', next: `run: ssh-add ${file}` });
    agent.add(file);
    expect(verify(key, data, parts(await connection.prove(data, algorithm)))).toBe(true);
  });
});

it('RSA with SHA-256 where a server asks for it', async () => {
  const { file } = folder.key('rsa-256', ['-t', 'rsa', '-b', '3072']);
  const { algorithm, blob } = parts(await (await openConnectionKey({ file, read })).prove(data, 'rsa-sha2-256'));
  const pem = sshpk.parsePrivateKey(readFileSync(file, 'utf8')).toPublic().toString('pem');
  expect([algorithm, createVerify('sha256').update(data).verify(pem, blob)]).toEqual(['rsa-sha2-256', true]);
});

it.each([
  ['p384', 'sha384', 48],
  ['p521', 'sha512', 66],
] as const)('%s, which carries but signs no text', async (name, hash, size) => {
  const { file, key } = folder.key(name, ['-t', 'ecdsa', '-b', name.slice(1)]);
  const connection = await openConnectionKey({ file, read });
  const pem = sshpk.parsePrivateKey(readFileSync(file, 'utf8')).toPublic().toString('pem');
  // Many, since the numbers in a signature have different lengths.
  for (let i = 0; i < 50; i++) {
    const { algorithm, blob } = parts(await connection.prove(data));
    const reader = new Reader(blob);
    const numbers = [reader.mpint(), reader.mpint()].map((n) => n.toString(16).padStart(size * 2, '0'));
    const verifier = createVerify(hash).update(data);
    expect(verifier.verify({ key: pem, dsaEncoding: 'ieee-p1363' }, numbers.join(''), 'hex')).toBe(true);
    expect(algorithm).toBe(key.type);
  }
});

it('an older PEM file', async () => {
  const file = join(folder.path, 'pem');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileSync(file, privateKey.export({ format: 'pem', type: 'sec1' }), { mode: 0o600 });
  const connection = await openConnectionKey({ file, read });
  expect(verify(connection.key, data, parts(await connection.prove(data)))).toBe(true);
});

describe('refused', () => {
  it('a security key: nobody is there to touch it', async () => {
    const blob = joinBytes(
      writeString('sk-ssh-ed25519@openssh.com'),
      writeString(folder.key('point', ['-t', 'ed25519']).key.blob.slice(-32)),
      writeString('ssh:'),
    );
    // PROTOCOL.key; the private half, which is only a handle for such a key, does not matter here.
    const head = [
      writeString('none'),
      writeString('none'),
      writeString(''),
      writeUint32(1),
      writeString(blob),
      writeString('handle'),
    ];
    const body = encodeBase64(joinBytes(asciiBytes('openssh-key-v1\0'), ...head));
    const file = join(folder.path, 'security-key');
    writeFileSync(file, `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`, {
      mode: 0o600,
    });
    await expect(openConnectionKey({ file, read })).rejects.toMatchObject({
      code: 'key',
      message: expect.stringMatching(/waits for a touch/) as unknown,
    });
  });
  const SHORT = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'pem', type: 'pkcs1' });
  it.each([
    ['nothing', ''],
    ['words', 'canary-9012'],
    ['a key of 2048 bits', String(SHORT)],
    ['a broken key', '-----BEGIN OPENSSH PRIVATE KEY-----\nY2FuYXJ5LTkwMTI=\n-----END OPENSSH PRIVATE KEY-----\n'],
    ['a public key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJGe05V2QpGGVKVpxUPcNJ4+Nzs7Dn3Abu9JAtAjX9tJ'],
  ])('%s', async (name, text) => {
    const file = join(folder.path, `refused ${name}`);
    writeFileSync(file, text, { mode: 0o600 });
    const error: unknown = await openConnectionKey({ file, read }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'key', next: expect.stringMatching(/.{10}/) as unknown });
    expect(String(error)).not.toMatch(/canary|Y2FuYXJ5/);
  });
});

it('also when the secret number begins with zero bytes, which sshpk drops', async () => {
  const string = (bytes: Uint8Array): Uint8Array => joinBytes(writeUint32(bytes.length), bytes);
  let tried = 0;
  for (const lead of [
    [0, 11],
    [0, 200],
    [0, 0, 11],
    [11, 0],
  ]) {
    const seed = Uint8Array.from({ length: 32 }, (_, i) => lead[i] ?? i + 1);
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
    const point = createPublicKey(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
      .export({ format: 'der', type: 'spki' })
      .subarray(-32);
    const blob = joinBytes(writeString('ssh-ed25519'), string(point));
    const secret = joinBytes(
      Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4),
      blob,
      string(joinBytes(seed, point)),
      writeString('courier'),
    );
    const padded = joinBytes(
      secret,
      Uint8Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, i) => i + 1),
    );
    const whole = joinBytes(
      asciiBytes('openssh-key-v1\0'),
      writeString('none'),
      writeString('none'),
      writeString(''),
      writeUint32(1),
      string(blob),
      string(padded),
    );
    const file = join(folder.path, `zeros-${(tried += 1)}`);
    const body = Buffer.from(whole).toString('base64').replace(/.{70}/g, '$&\n');
    writeFileSync(file, `-----BEGIN OPENSSH PRIVATE KEY-----\n${body}\n-----END OPENSSH PRIVATE KEY-----\n`, {
      mode: 0o600,
    });
    const connection = await openConnectionKey({ file, read });
    expect(verify(connection.key, data, parts(await connection.prove(data)))).toBe(true);
  }
  expect(tried).toBe(4);
});
