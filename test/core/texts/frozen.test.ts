/** Bytes that were signed once read for ever: to ourselves, and to a stranger who has ssh-keygen and sha256sum. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  countSigners,
  found,
  hashOf,
  inputs,
  joinSigned,
  manifest,
  NAMESPACES,
  readAnswer,
  readBundle,
  readEnrolment,
  receipt,
  release,
  request,
  revocation,
  signerSetHash,
  splitSigned,
  verifyChain,
  verifyReceipt,
  verifyRevocation,
  writeAnswer,
  writeBundle,
} from '../../../src/core/texts/index.ts';
import type { SignedText, Text } from '../../../src/core/texts/index.ts';
import { crypto, sha } from './signing.ts';
import { given } from '../given.ts';

const FOLDER = join(import.meta.dirname, 'frozen');
const NAMES = readdirSync(FOLDER).filter((name) => !['README.md', 'SHA256SUMS'].includes(name));
const read = (name: string): string => readFileSync(join(FOLDER, name), 'latin1');
const signed = (name: string): SignedText => ({
  text: read(name),
  signatures: NAMES.filter((other) => other.startsWith(`${name}.`)).map(read),
});

/** Reads and writes again, for each kind of file. */
const again =
  <V>(text: Text<V>) =>
  (bytes: string): string =>
    text.write(text.parse(bytes));
const TEXTS: readonly [RegExp, (bytes: string) => string][] = [
  [/^manifest-/, again(manifest)],
  [/^release-\d$/, again(release)],
  [/^revocation$/, again(revocation)],
  [/^receipt$/, again(receipt)],
  [/^request$/, again(request)],
  [/^inputs$/, again(inputs)],
  [/^found$/, again(found)],
];

/** A value with each key as its line, so that a snapshot can be read. */
const plain = (value: object): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'object' && part !== null && 'line' in part && 'blob' in part ? part.line : part,
    ),
  );

describe('frozen texts', () => {
  it('have the hashes that were written down, every one of them', () => {
    const sums = read('SHA256SUMS')
      .trimEnd()
      .split('\n')
      .map((line) => line.split('  '));
    for (const [hash, name] of sums) expect(sha(read(name ?? '')), name).toBe(hash);
    expect(sums.map(([, name]) => name)).toEqual(NAMES.toSorted());
    expect(hashOf(readFileSync(join(FOLDER, 'inputs')), crypto)).toBe(sha(read('inputs')));
    // A text read as characters has no bytes: it must not get the hash of another one.
    expect(() => hashOf('\u0161', crypto)).toThrow(/as characters/);
    expect(hashOf('\u00ff', crypto)).toBe(hashOf(Uint8Array.of(255), crypto));
    console.log(`files looked at: ${sums.length}`);
  });

  it('are read and written again as the same bytes', () => {
    let looked = 0;
    for (const name of NAMES) {
      for (const [pattern, readAndWrite] of TEXTS) {
        if (!pattern.test(name)) continue;
        expect(readAndWrite(read(name))).toBe(read(name));
        looked += 1;
      }
    }
    expect(writeBundle(readBundle(read('bundle')))).toBe(read('bundle'));
    expect(writeAnswer(readAnswer(read('answer')))).toBe(read('answer'));
    console.log(`texts looked at: ${looked + 2}`);
    expect(looked).toBe(10);
  });

  it('mean what they meant', () => {
    expect(plain(release.parse(read('release-3')))).toMatchSnapshot('release-3');
    expect(plain(manifest.parse(read('manifest-2')))).toMatchSnapshot('manifest-2');
    expect(plain(revocation.parse(read('revocation')))).toMatchSnapshot('revocation');
    expect(plain(receipt.parse(read('receipt')))).toMatchSnapshot('receipt');
  });

  it('carry signatures that count', () => {
    const chain = verifyChain(
      [signed('release-1'), signed('release-3')],
      { number: 1, hash: sha(read('release-1')) },
      crypto,
    );
    expect(chain.newest.value.number).toBe(3);
    expect(chain.refused).toEqual([]);
    // Three signatures, two people: Alice signed with both her keys.
    expect(signed('release-1').signatures.length).toBe(3);
    expect(countSigners(signed('release-1'), release.parse(read('release-1')), NAMESPACES.release, crypto).size).toBe(
      2,
    );
    expect(verifyRevocation(signed('revocation'), 'acme', chain.newest.value, crypto).hash).toBe(
      chain.newest.value.counted[0],
    );
    const { hostKeys, nextHostKeys, target } = manifest.parse(read('manifest-2'));
    const of = {
      organization: 'acme',
      target,
      hostKeys: [...hostKeys, ...nextHostKeys],
      nonce: request.parse(read('request')).nonce,
    };
    const { value } = verifyReceipt(signed('receipt'), of, crypto);
    expect(value.release).toEqual({ number: 3, hash: chain.newest.hash });
    expect(value.signerSet.hash).toBe(signerSetHash(chain.newest.value, crypto));
    expect(chain.newest.value.manifests).toContain(value.manifest);
  });

  it('are verified by a stranger with ssh-keygen, one raw key at a time', () => {
    const set = release.parse(read('release-1')).signers;
    const keys: Readonly<Record<string, string>> = {
      alice: given(set[0]).key.line.startsWith('ssh-ed25519') ? given(set[0]).key.line : given(set[1]).key.line,
      'alice-spare': given(set.find((line) => line.key.line.startsWith('ecdsa'))).key.line,
      bob: given(set.find((line) => line.key.line.startsWith('ssh-rsa'))).key.line,
      carol: given(release.parse(read('release-3')).signers[0]).key.line,
      host: given(manifest.parse(read('manifest-1')).hostKeys[0]).line,
    };
    const folder = mkdtempSync(join(tmpdir(), 'stranger-'));
    let looked = 0;
    try {
      for (const name of NAMES.filter((one) => one.endsWith('.sig'))) {
        const [text = '', who = ''] = name.split('.');
        writeFileSync(join(folder, 'allowed'), `who namespaces="keyward-*" ${keys[who]}\n`);
        const namespace = `keyward-${text.replace(/-\d$/, '')}-v1`;
        const args = [
          '-Y',
          'verify',
          '-f',
          join(folder, 'allowed'),
          '-I',
          'who',
          '-n',
          namespace,
          '-s',
          join(FOLDER, name),
        ];
        execFileSync('ssh-keygen', args, { input: read(text) });
        expect(spawnSync('ssh-keygen', args, { input: `${read(text)}x` }).status).not.toBe(0);
        looked += 1;
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    console.log(`signatures looked at: ${looked}`);
    expect(looked).toBe(8);
  });
});

describe('frames', () => {
  it('come apart into what was put together', () => {
    const bundle = readBundle(read('bundle'));
    expect(bundle.revocations).toEqual([signed('revocation')]);
    expect(bundle.releases).toEqual([signed('release-3')]);
    expect(bundle.manifest).toBe(read('manifest-2'));
    const answer = readAnswer(read('answer'));
    expect(answer.receipt).toEqual(signed('receipt'));
    expect(answer.conflicts.map((one) => sha(one.text))).toEqual([sha(read('release-1'))]);
    expect(splitSigned(joinSigned(signed('revocation')), 'revocation')).toEqual(signed('revocation'));
    expect(readEnrolment(read('found')).receipt).toBeUndefined();
    expect(readEnrolment(read('found') + joinSigned(signed('receipt'))).receipt).toEqual(signed('receipt'));
  });
});
