/** Which lines are let in as public keys: every kind, every reason of refusal by its name, and no other spelling. */
import { execFileSync } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Failure } from '../../../src/core/failure.ts';
import {
  fingerprint,
  mayCarry,
  mayLogIn,
  maySign,
  parsePublicKey,
  readKeyBlob,
  readPublicKey,
  sameKey,
} from '../../../src/core/ssh/public-key.ts';
import type { KeyReading, KeyRefusalReason } from '../../../src/core/ssh/public-key.ts';
import { decodeBase64, encodeBase64, joinBytes } from '../../../src/core/ssh/wire.ts';
import { sha256 } from '../../../src/verify.ts';
import { line, lineOf, makeEcdsa, makeEd25519, makeRsa, number } from './blobs.ts';
import { caught } from './caught.ts';
import { fastest } from './fastest.ts';
import { hex } from './vectors.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A line made by the real ssh-keygen. */
function keygen(name: string, ...type: readonly string[]): string {
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', `${name} key`, '-f', join(folder, name), ...type]);
  return readFileSync(join(folder, `${name}.pub`), 'utf8').trimEnd();
}

function reason(reading: KeyReading): string {
  return reading.ok ? `taken as ${reading.key.kind}` : reading.reason;
}

const point = makeEd25519().line.split(' ')[1] ?? '';
const ED = `ssh-ed25519 ${point}`;
const good = decodeBase64(point).slice(-32);
const p256 = decodeBase64(makeEcdsa('P-256').line.split(' ')[1] ?? '').slice(-65);
const rsa = makeRsa(3072);
const jwk = createPublicKey(rsa.privateKey).export({ format: 'jwk' });
const [n, e] = [number(jwk.n), number(jwk.e)];
const SK = 'sk-ssh-ed25519@openssh.com';
const SK_ECDSA = 'sk-ecdsa-sha2-nistp256@openssh.com';

describe('kinds', () => {
  it.each([
    ['ed25519', ['-t', 'ed25519'], 256, { signs: true, carries: true }],
    ['ecdsa-p256', ['-t', 'ecdsa', '-b', '256'], 256, { signs: true, carries: true }],
    ['ecdsa-p384', ['-t', 'ecdsa', '-b', '384'], 384, { signs: false, carries: true }],
    ['ecdsa-p521', ['-t', 'ecdsa', '-b', '521'], 521, { signs: false, carries: true }],
    ['rsa', ['-t', 'rsa', '-b', '3072'], 3072, { signs: true, carries: true }],
  ] as const)('%s as ssh-keygen makes it', (kind, type, bits, { signs, carries }) => {
    const written = keygen(kind, ...type);
    const key = parsePublicKey(written);
    const print = execFileSync('ssh-keygen', ['-lf', join(folder, `${kind}.pub`)], { encoding: 'utf8' });
    expect(print.split(' ').slice(0, 2)).toEqual([String(bits), fingerprint(key, sha256)]);
    expect(key).toMatchObject({ kind, bits, comment: `${kind} key` });
    expect(`${key.line} ${key.comment}`).toBe(written);
    expect([mayLogIn(key.kind), maySign(key.kind), mayCarry(key.kind)]).toEqual([true, signs, carries]);
    const again = readKeyBlob(key.blob);
    expect(again.ok && sameKey(again.key, key)).toBe(true);
  });

  it.each([
    [line(SK, good, 'ssh:'), 'sk-ed25519', true],
    [line(SK, good, 'ssh:work'), 'sk-ed25519', true],
    [line(SK_ECDSA, 'nistp256', p256, 'ssh:'), 'sk-ecdsa', false],
  ] as const)('security keys: %s', (written, kind, signs) => {
    const key = parsePublicKey(written);
    expect(key.kind).toBe(kind);
    expect([mayLogIn(key.kind), maySign(key.kind), mayCarry(key.kind)]).toEqual([true, signs, false]);
  });

  it('a key is itself whatever stands beside it', () => {
    const [a, b] = [parsePublicKey(`${ED} alice`), parsePublicKey(`${ED} bob@host with words  `)];
    expect([sameKey(a, b), a.line === b.line, b.comment]).toEqual([true, true, 'bob@host with words']);
    expect(parsePublicKey(`${ED} `).comment).toBe('');
    expect(sameKey(a, parsePublicKey(makeEd25519().line))).toBe(false);
  });
});

function spoil(change: (blob: Uint8Array) => Uint8Array): string {
  return `ssh-ed25519 ${encodeBase64(change(decodeBase64(point)))}`;
}

const P = (1n << 255n) - 19n;
function little(y: bigint, sign = false): Uint8Array {
  const reversed = hex((sign ? y + (1n << 255n) : y).toString(16).padStart(64, '0')).reverse();
  return Uint8Array.from(reversed);
}
const compressed = joinBytes(Uint8Array.of(2 + ((p256[64] ?? 0) & 1)), p256.slice(1, 33));
const offCurve = Uint8Array.from(p256, (byte, i) => (i === 64 ? byte ^ 1 : byte));
const offEdwards = little(2n);
const beyond = joinBytes(Uint8Array.of(4), new Uint8Array(32).fill(255), p256.slice(33));

const REFUSED: readonly (readonly [KeyRefusalReason, string, string])[] = [
  ['empty', 'nothing', ''],
  ['empty', 'a blank', '   '],
  ['characters', 'a line end', `${ED}\n`],
  ['characters', 'a carriage return', `${ED}\r`],
  ['characters', 'two lines', `${ED}\n${ED}`],
  ['characters', 'a tab', ED.replace(' ', '\t')],
  ['characters', 'a NUL', `${ED}\0`],
  ['characters', 'a letter beyond ASCII in the comment', `${ED} José`],
  ['characters', 'a hidden right-to-left mark', `${ED} a\u202eb`],
  ['characters', 'a look-alike in the type', ED.replace('s', 'ѕ')],
  ['malformed', 'a blank in front', ` ${ED}`],
  ['malformed', 'two blanks', ED.replace(' ', '  ')],
  ['malformed', 'only a type', 'ssh-ed25519'],
  ['malformed', 'no padding is missing, but added', `${ED}=`],
  ['malformed', 'another type inside', ED.replace('ssh-ed25519', 'ssh-rsa')],
  ['malformed', 'the type of a security key', ED.replace('ssh-ed25519', SK)],
  ['malformed', 'bytes after the blob', spoil((blob) => joinBytes(blob, Uint8Array.of(0)))],
  ['malformed', 'a second key after it', spoil((blob) => joinBytes(blob, blob))],
  ['malformed', 'cut', spoil((blob) => blob.slice(0, -1))],
  ['malformed', '31 bytes', line('ssh-ed25519', good.slice(1))],
  ['malformed', '33 bytes', line('ssh-ed25519', joinBytes(good, Uint8Array.of(0)))],
  [
    'malformed',
    'a huge length',
    spoil((blob) => joinBytes(blob.slice(0, 15), Uint8Array.of(255, 255, 255, 255), good)),
  ],
  ['malformed', 'another curve inside', line('ecdsa-sha2-nistp256', 'nistp384', p256)],
  ['malformed', 'a point too short', line('ecdsa-sha2-nistp256', 'nistp256', p256.slice(0, 64))],
  ['malformed', 'a hybrid point', line('ecdsa-sha2-nistp256', 'nistp256', joinBytes(Uint8Array.of(6), p256.slice(1)))],
  ['malformed', 'infinity', line('ecdsa-sha2-nistp256', 'nistp256', Uint8Array.of(0))],
  ['malformed', 'no application', line(SK, good)],
  ['malformed', 'an exponent with a zero in front', line('ssh-rsa', Uint8Array.of(0, 1, 0, 1), n)],
  ['malformed', 'a negative modulus', line('ssh-rsa', e, Uint8Array.from(rsaBytes()).slice(1))],
  ['private-key', 'the first line of one', '-----BEGIN OPENSSH PRIVATE KEY-----'],
  [
    'private-key',
    'a whole one',
    '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----',
  ],
  ['private-key', 'an RSA one', '-----BEGIN RSA PRIVATE KEY-----'],
  ['private-key', 'an encrypted one', '-----BEGIN ENCRYPTED PRIVATE KEY-----'],
  ['private-key', 'its body alone', 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2g'],
  ['private-key', 'one behind a type', 'ssh-ed25519 b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAE'],
  ['putty-format', 'a ppk file', 'PuTTY-User-Key-File-3: ssh-ed25519'],
  ['rfc4716-format', 'SSH2', '---- BEGIN SSH2 PUBLIC KEY ----'],
  ['pem-format', 'PEM', '-----BEGIN PUBLIC KEY-----'],
  ['pem-format', 'PEM of RSA', '-----BEGIN RSA PUBLIC KEY-----\nMIIB'],
  ['dsa', 'DSA', 'ssh-dss AAAAB3NzaC1kc3MAAACBAJ'],
  ['certificate', 'a certificate', 'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAx'],
  ['certificate', 'an old certificate', 'ssh-rsa-cert-v00@openssh.com AAAA'],
  ['options', 'options', `restrict,pty ${ED}`],
  ['options', 'a command', `command="echo hi there" ${ED}`],
  ['options', 'a certificate authority', `cert-authority ${ED} x`],
  ['type', 'an unknown type', 'ssh-mldsa44-ed25519@openssh.com AAAA'],
  ['type', 'a name of an object', '__proto__ AAAA'],
  ['type', 'a word', 'hello'],
  ['type', 'capitals', ED.replace('ssh-ed25519', 'SSH-ED25519')],
  ['low-order', '01 and zeros: one signature for all', line('ssh-ed25519', little(1n))],
  ['low-order', 'the same with the other sign', line('ssh-ed25519', little(1n, true))],
  ['low-order', 'zeros', line('ssh-ed25519', little(0n))],
  ['low-order', 'p - 1', line('ssh-ed25519', little(P - 1n))],
  ['low-order', 'p, a second spelling of 0', line('ssh-ed25519', little(P))],
  ['low-order', 'p + 1, a second spelling of 1', line('ssh-ed25519', little(P + 1n, true))],
  [
    'low-order',
    'of order eight',
    line('ssh-ed25519', hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')),
  ],
  [
    'low-order',
    'of order eight, negative',
    line('ssh-ed25519', hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa')),
  ],
  ['low-order', 'in a security key', line(SK, little(1n), 'ssh:')],
  ['non-canonical', 'y beyond p', line('ssh-ed25519', little(P + 3n))],
  ['non-canonical', 'all ones', line('ssh-ed25519', new Uint8Array(32).fill(255))],
  ['non-canonical', 'y beyond p in a security key', line(SK, little(P + 3n), 'ssh:')],
  ['non-canonical', 'x beyond the field', line('ecdsa-sha2-nistp256', 'nistp256', beyond)],
  ['off-curve', 'Ed25519', line('ssh-ed25519', offEdwards)],
  ['off-curve', 'P-256', line('ecdsa-sha2-nistp256', 'nistp256', offCurve)],
  ['off-curve', 'P-256 in a security key', line(SK_ECDSA, 'nistp256', offCurve, 'ssh:')],
  [
    'off-curve',
    'P-256 zeros',
    line('ecdsa-sha2-nistp256', 'nistp256', joinBytes(Uint8Array.of(4), new Uint8Array(64))),
  ],
  ['compressed', 'P-256', line('ecdsa-sha2-nistp256', 'nistp256', compressed)],
  ['rsa-short', '2048 bits', makeRsa(2048).line],
  ['rsa-short', '3071 bits', line('ssh-rsa', e, n >> 1n)],
  ['rsa-long', '16385 bits', line('ssh-rsa', e, (1n << 16384n) + 1n)],
  ['rsa-exponent', '1', line('ssh-rsa', 1n, n)],
  ['rsa-exponent', 'even', line('ssh-rsa', 65536n, n)],
  ['rsa-exponent', 'over 64 bits', line('ssh-rsa', (1n << 64n) + 1n, n)],
  ['rsa-modulus', 'even', line('ssh-rsa', e, n - 1n)],
  ['application', 'a web site', line(SK, good, 'example.org')],
  ['application', 'ssh without a colon', line(SK_ECDSA, 'nistp256', p256, 'ssh')],
];

function rsaBytes(): Uint8Array {
  return decodeBase64(rsa.line.split(' ')[1] ?? '').slice(-385);
}

describe('refused', () => {
  it.each(REFUSED)('%s: %s', (expected, _, text) => {
    const reading = readPublicKey(text);
    expect(reason(reading)).toBe(expected);
    const { message, suggestion } = reading.ok ? { message: '', suggestion: '' } : reading;
    expect(`${message} ${suggestion}`).toMatch(/^[ -~]{20,}$/);
    // Nothing of what was pasted is repeated: it may be a secret.
    for (const part of text.split(/[\s,"]+/).filter((word) => word.length > 40)) expect(message).not.toContain(part);
    const error = caught(() => parsePublicKey(text));
    expect(error).toBeInstanceOf(Failure);
    expect(error).toMatchObject({ code: 'key', message, next: suggestion });
  });

  it('each reason is seen, and a right key beside each wrong one is taken', () => {
    const seen = new Set(REFUSED.map(([expected]) => expected));
    console.log(`refusals: ${REFUSED.length} lines, ${seen.size} reasons`);
    expect([...seen, 'too-long'].length).toBe(21);
    for (const twin of [ED, rsa.line, line('ssh-rsa', 3n, n), line('ecdsa-sha2-nistp256', 'nistp256', p256)]) {
      expect(reason(readPublicKey(twin))).toMatch(/^taken/);
    }
  });

  it.each([
    ['a line of 1 MiB', `${ED} ${'x'.repeat(1 << 20)}`],
    ['a base64 of 1 MiB', `ssh-rsa ${'A'.repeat(1 << 20)}`],
    ['100,000 blanks', ' '.repeat(100_000)],
    ['100,000 blanks inside', `ssh-ed25519${' '.repeat(100_000)}${point}`],
    ['16 KiB of types', 'ssh-a '.repeat(2730)],
    ['16 KiB of blanks after a type', `x ssh-a${' '.repeat(16_000)}`],
    ['dashes', '-----BEGIN '.repeat(100_000)],
    ['an RSA key as long as a line may be', line('ssh-rsa', 3n, (1n << 90_000n) - 1n)],
  ])('in under 50 ms: %s', (_, text) => {
    expect(readPublicKey(text).ok).toBe(false);
    expect(fastest(() => readPublicKey(text))).toBeLessThan(50);
  });

  it('a blob that is too long', () => expect(reason(readKeyBlob(new Uint8Array(20_000)))).toBe('too-long'));
});

describe('one spelling', () => {
  it('changing any character of a line gives a refusal, or another key', () => {
    let taken = 0;
    const lines = [ED, rsa.line, makeEcdsa('P-384').line, line(SK, good, 'ssh:')];
    const change = fc.tuple(fc.constantFrom(...lines), fc.nat(), fc.constantFrom(...'Aa9+/= -="'.split('')));
    fc.assert(
      fc.property(change, ([text, at, char]) => {
        const i = at % text.length;
        const changed = text.slice(0, i) + char + text.slice(i + 1);
        const reading = readPublicKey(changed);
        if (!reading.ok || changed === text) return;
        taken++;
        expect(reading.key.line).toBe(changed.split(' ').slice(0, 2).join(' '));
        expect(reading.key.line).not.toBe(text);
      }),
      { numRuns: 2000 },
    );
    console.log(`changed lines: ${taken} of 2000 are other keys, all others refused`);
  });

  it('a key read from its blob writes the same line', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const written = line('ssh-ed25519', bytes);
        const reading = readPublicKey(written);
        fc.pre(reading.ok);
        expect(`${reading.key.type} ${encodeBase64(reading.key.blob)}`).toBe(written);
      }),
    );
  });
});

it('agrees with Node on what lies on the NIST curves', () => {
  let looked = 0;
  for (const curve of ['P-256', 'P-384', 'P-521'] as const) {
    for (let i = 0; i < 20; i++, looked++) expect(reason(readPublicKey(makeEcdsa(curve).line))).toMatch(/^taken/);
  }
  for (let i = 0; i < 100; i++, looked++) expect(reason(readPublicKey(makeEd25519().line))).toMatch(/^taken/);
  console.log(`fresh keys of Node: ${looked} taken`);
  expect(lineOf(createPublicKey(rsa.privateKey))).toBe(rsa.line);
});
