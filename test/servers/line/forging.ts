/**
 * Releases made by hand, as somebody would who has keys of signers and a courier's: what servers say to them. The texts and
 * signatures are real; only keyward is left out.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ssh } from '../../fleet/index.ts';
import type { Answer } from '../../fleet/index.ts';
import { bytesOf, hashOf, NAMESPACES, release as releaseText, writeBundle } from '../../../src/core/texts/index.ts';
import type { Release, SignedText } from '../../../src/core/texts/index.ts';
import { crypto } from '../../core/texts/signing.ts';
import type { Company } from './company.ts';

export interface Stored extends SignedText {
  readonly value: Release;
}

/** A release as it lies in the repository, with its signatures. */
export function stored(company: Company, number: number): Stored {
  const folder = join(company.repo, 'releases', String(number));
  const text = readFileSync(join(folder, 'release'), 'latin1');
  const signatures = globSync('*.sig', { cwd: folder })
    .sort()
    .map((name) => readFileSync(join(folder, name), 'latin1'));
  return { text, signatures, value: releaseText.parse(text) };
}

/** Number of the newest release that lies there, drafts included. */
export function last(company: Company): number {
  return Math.max(...globSync('releases/*', { cwd: company.repo }).map((path) => Number(path.split('/')[1])));
}

/** What follows a release, changed, under the signatures of these people's signing keys. */
export function forged(company: Company, after: Stored, change: Partial<Release>, by: readonly string[]): SignedText {
  const { number } = after.value;
  const text = releaseText.write({ ...after.value, number: number + 1, previous: hashOf(after.text, crypto), ...change });
  return { text, signatures: by.map((who) => signature(company.key(`${who}-sign`).path, text)) };
}

function signature(file: string, text: string): string {
  return execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-f', file, '-n', NAMESPACES.release], {
    input: text,
    encoding: 'latin1',
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** The manifest that a release names for a server. */
export function manifestFor(company: Company, { value }: Stored, server: string): string {
  const id = new RegExp(`^  ${server}: \\{ id: (srv_\\w+)`, 'm').exec(readFileSync(join(company.repo, 'access-policy.yaml'), 'utf8'))?.[1] ?? '';
  const texts = globSync('releases/*/manifest-*', { cwd: company.repo }).map((path) => readFileSync(join(company.repo, path), 'latin1'));
  const found = texts.find((text) => text.includes(`\ntarget ${id}\n`) && value.manifests.includes(hashOf(text, crypto)));
  if (found === undefined) throw new Error(`no manifest of ${server}`);
  return found;
}

/** Hands a bundle over with a courier's key, and says why the server refused, or `nothing`. */
export async function carry(company: Company, server: string, courier: string, releases: readonly SignedText[], manifest?: string): Promise<string> {
  const nonce = hashOf(bytesOf(`nonce ${Math.random()}`), crypto);
  const input = writeBundle({ nonce, about: [], revocations: [], releases, ...(manifest === undefined ? {} : { manifest }) });
  const answer: Answer = await ssh(company.server(server), 'keyward-courier', { keyFile: company.key(courier).path, input });
  const why = /^refused: (\S+)$/m.exec(answer.stderr)?.[1];
  if (why !== undefined) return answer.status === 5 ? why : `${why}, and yet status ${answer.status}`;
  return answer.status === 0 ? 'nothing' : `status ${answer.status}: ${answer.stderr}`;
}
