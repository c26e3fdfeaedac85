/** Where a new key comes from: `--key` (a file, a line, or - for standard input) or `--generate`. */
import { Flags } from '@oclif/core';
import { Failure } from '../core/failure.ts';
import type { Screen } from '../terminal/terminal.ts';
import type { KeySource } from '../verbs/key.ts';

export const keyFlags = {
  key: Flags.string({
    helpValue: '<file or line>',
    exclusive: ['generate'],
    summary: 'the public key: a file such as id_ed25519.pub, the line itself, or - for standard input; FIDO keys too',
  }),
  generate: Flags.string({
    helpValue: '<file>',
    summary: 'make an Ed25519 key here: the private key goes into this new file, 0600, with a passphrase',
  }),
  'passphrase-file': Flags.string({
    helpValue: '<file>',
    dependsOn: ['generate'],
    summary: 'the passphrase of the new key is the first line of this file; else it is asked for',
  }),
};

interface KeyFlags {
  readonly key?: string | undefined;
  readonly generate?: string | undefined;
  readonly 'passphrase-file'?: string | undefined;
}

/** Undefined where neither flag was given. */
export async function keySource(flags: KeyFlags, screen: Screen, handle: string): Promise<KeySource | undefined> {
  const { readGiven } = await import('../main.ts');
  if (flags.key !== undefined) {
    const line = /^(ssh-|ecdsa-|sk-)\S+ /.test(flags.key) ? flags.key : await readGiven(flags.key, 'public');
    return { kind: 'given', line };
  }
  if (flags.generate === undefined) return undefined;
  const file = flags['passphrase-file'];
  const passphrase = file === undefined ? await askPassphrase(screen, handle) : firstLine(await readGiven(file, 'secret'));
  if (passphrase === '') throw new Failure('usage', 'the passphrase is empty', { next: 'a private key is never written without one' });
  return { kind: 'generated', file: flags.generate, passphrase };
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

async function askPassphrase(screen: Screen, handle: string): Promise<string> {
  const first = await screen.secret(`Passphrase for the new key of ${handle}`);
  if (first === undefined) {
    throw new Failure('usage', 'a new key needs a passphrase, and nobody can be asked here', { next: '--passphrase-file <file>, or ask for a public key and give it with --key' });
  }
  if ((await screen.secret('The same once more')) !== first) {
    throw new Failure('usage', 'the two passphrases differ; nothing was written', { next: 'run it again' });
  }
  return first;
}
