/** A key made in this process opens with the real ssh-keygen and its passphrase only; the secret shows itself nowhere. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePublicKey } from '../../src/core/ssh/public-key.ts';
import { mustBeFree, writePrivateFile } from '../../src/disk/index.ts';
import { makePrivateKey, openKeyMaker, Secret } from '../../src/private-keys/index.ts';
import { caught } from '../core/ssh/caught.ts';
import { makeFolder } from './secrets.ts';

let folder: ReturnType<typeof makeFolder>;
beforeAll(() => {
  folder = makeFolder();
});
afterAll(() => folder.remove());

const WORDS = 'correct horse "battery" ünd $staple';

/** Opens the private key as a person would, and gives its public line. */
function open(file: string, passphrase: string): { readonly status: number | null; readonly stdout: string } {
  return spawnSync('ssh-keygen', ['-y', '-P', passphrase, '-f', file], { encoding: 'utf8' });
}

describe('a made key', () => {
  it('opens with its passphrase only, in the cipher meant', () => {
    const made = makePrivateKey({ type: 'ed25519', passphrase: new Secret(WORDS), comment: 'carol@laptop' });
    const file = join(folder.path, 'made');
    writeFileSync(file, made.privateKeyText.reveal(), { mode: 0o600 });
    expect(open(file, WORDS)).toMatchObject({ status: 0, stdout: `${made.publicLine}\n` });
    for (const wrong of ['', 'correct horse', `${WORDS} `]) expect(open(file, wrong).status).not.toBe(0);
    const inside = Buffer.from(readFileSync(file, 'ascii').split('\n').slice(1, -2).join(''), 'base64').toString(
      'latin1',
    );
    expect(inside).toContain('aes256-ctr');
    expect(inside).toContain('bcrypt');
    expect(parsePublicKey(made.publicLine)).toMatchObject({ kind: 'ed25519', comment: 'carol@laptop' });
  });

  it('two keys are two keys', () => {
    const lines = [1, 2].map(
      () => makePrivateKey({ type: 'ed25519', passphrase: new Secret(WORDS), comment: 'x' }).publicLine,
    );
    expect(new Set(lines).size).toBe(2);
  });

  it('goes into a file of mode 0600, never over another, and signs as ssh-keygen does', async () => {
    const maker = openKeyMaker({ write: writePrivateFile, mustBeFree });
    const file = join(folder.path, 'deep', 'carol');
    const publicLine = await maker.make(file, WORDS, 'carol');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const [before] = [readFileSync(file)];
    await expect(maker.make(file, WORDS, 'carol')).rejects.toMatchObject({ code: 'key' });
    expect(readFileSync(file)).toEqual(before);
    expect(open(file, WORDS).stdout).toBe(`${publicLine}\n`);
    // Without its passphrase it is a key that signs at once.
    execFileSync('ssh-keygen', ['-q', '-p', '-P', WORDS, '-N', '', '-f', file]);
    chmodSync(file, 0o600);
    expect(
      execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'x', '-f', file], { input: 'text', encoding: 'utf8' }),
    ).toContain('BEGIN SSH SIGNATURE');
  });

  it.each([
    ['short', '1234567', 'x'],
    ['none', '', 'x'],
    ['with a line end', 'correct horse\n', 'x'],
    ['no comment', WORDS, ''],
    ['a comment of two lines', WORDS, 'a\nssh-ed25519 AAAA'],
    ['a comment with a blank at its end', WORDS, 'a '],
    ['a long comment', WORDS, 'a'.repeat(101)],
    ['a comment beyond ASCII', WORDS, 'José'],
  ])('refused: %s', (_, passphrase, comment) => {
    const error = caught(() => makePrivateKey({ type: 'ed25519', passphrase: new Secret(passphrase), comment }));
    expect(error).toMatchObject({ code: 'key' });
    expect(inspect(error)).not.toContain(passphrase || 'correct');
  });
});

describe('a secret', () => {
  const secret = new Secret('canary-1234');
  it('shows itself in none of these', () => {
    const shown = [
      String(secret),
      ['', secret].join(''),
      JSON.stringify({ secret }),
      JSON.stringify([secret]),
      inspect(secret),
      inspect({ a: { b: secret } }, { depth: 9, showHidden: true }),
      format('%s %o %O %j', secret, secret, secret, secret),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify(Object.assign({}, secret)),
      Object.getOwnPropertyNames(secret).join(),
      JSON.stringify(structuredClone(Object.assign({}, secret))),
      new Error(`failed with ${String(secret)}`).message,
      inspect(makePrivateKey({ type: 'ed25519', passphrase: secret, comment: 'x' })),
    ];
    for (const text of shown) expect(text).not.toMatch(/canary|PRIVATE KEY-----\n/);
    expect(secret.reveal()).toBe('canary-1234');
    console.log(`a secret: ${shown.length} ways of showing it, none shows it`);
  });
});
