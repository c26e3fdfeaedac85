/**
 * The texts of docs/formats.md written a second time, plainly, so that the receiver is not tested with the product's own
 * writer. Belongs here: text of releases, manifests, revocations, requests, and signatures by ssh-keygen. Not: servers.
 */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, makeKey, type KeyPair } from '../../fleet/index.ts';

export const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** An id that a reader recognises: `emp_alice000…`, with the letters that ids have. */
export function idOf(prefix: 'emp' | 'mch' | 'srv', name: string): string {
  const letters = name.replaceAll(/[^0-9a-z]/g, '').replaceAll('i', '1').replaceAll('l', '1').replaceAll('o', '0').replaceAll('u', 'v');
  return `${prefix}_${letters.padEnd(26, '0').slice(0, 26)}`;
}

export const at = (milliseconds: number): string => `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
export const HOUR = 3_600_000;

/** `type base64`, without the comment. */
export const bare = (key: KeyPair): string => key.publicLine.split(' ').slice(0, 2).join(' ');

const sorted = (lines: readonly string[]): string[] => [...lines].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
const text = (kind: string, lines: readonly string[]): string => `${[`keyward-${kind} v1`, ...lines].join('\n')}\n`;

export interface SignerSet {
  readonly number: number;
  readonly threshold: number;
  /** Id and key. */
  readonly signers: readonly (readonly [string, KeyPair])[];
}

export interface ReleaseParts {
  readonly organization?: string;
  readonly number?: number;
  readonly previous?: string;
  readonly issued?: string;
  readonly expires?: string;
  readonly receiver?: string;
  readonly set: SignerSet;
  readonly counted?: readonly string[];
  readonly undone?: readonly string[];
  /** Texts of manifests, not hashes. */
  readonly manifests?: readonly string[];
}

export function releaseText(parts: ReleaseParts): string {
  const number = parts.number ?? 1;
  return text('release', [
    `organization ${parts.organization ?? 'acme'}`,
    `number ${number}`,
    `previous ${parts.previous ?? (number === 1 ? '-' : sha256('before'))}`,
    `issued ${parts.issued ?? at(Date.now() - 60_000)}`,
    `expires ${parts.expires ?? at(Date.now() + 90 * 24 * HOUR)}`,
    `inputs ${sha256('inputs')}`,
    `receiver ${parts.receiver ?? sha256('receiver')}`,
    `signer-set ${parts.set.number}`,
    `threshold ${parts.set.threshold}`,
    ...sorted(parts.set.signers.map(([id, key]) => `signer ${id} ${bare(key)}`)),
    ...sorted((parts.counted ?? []).map((hash) => `counted ${hash}`)),
    ...sorted((parts.undone ?? []).map((hash) => `undone ${hash}`)),
    ...sorted((parts.manifests ?? []).map((manifest) => `manifest ${sha256(manifest)}`)),
  ]);
}

export interface Person {
  readonly id: string;
  readonly account: string;
  readonly uid?: number;
  readonly how?: 'new' | 'adopt';
  readonly from?: string;
  readonly end?: string;
  /** Lines as they go into the key file. */
  readonly keys?: readonly { readonly line: string; readonly end?: string }[];
  readonly sudo?: readonly { readonly runAs: string; readonly command: string; readonly end?: string }[];
}

export interface ManifestParts {
  readonly organization?: string;
  readonly target: string;
  readonly hostKeys: readonly string[];
  readonly nextHostKeys?: readonly string[];
  readonly couriers: readonly KeyPair[];
  readonly people?: readonly Person[];
  readonly accepted?: readonly string[];
  readonly revokedIds?: readonly string[];
  readonly revokedKeys?: readonly string[];
}

/** `-` sorts last among ends. */
const late = (end: string | undefined): string => end ?? '~';

export function manifestText(parts: ManifestParts): string {
  const people = [...(parts.people ?? [])].sort((a, b) => (a.account < b.account ? -1 : 1));
  const keys = people.flatMap((person) =>
    (person.keys ?? []).map((key) => ({ person, key, line: `key ${person.id} ${person.account} ${key.end ?? '-'} ${key.line}` })),
  );
  const place = (one: (typeof keys)[number]): string => `${one.person.account} ${late(one.key.end)} ${one.line}`;
  return text('manifest', [
    `organization ${parts.organization ?? 'acme'}`,
    `target ${parts.target}`,
    'kind server',
    ...sorted(parts.hostKeys.map((key) => `host-key ${key.split(' ').slice(0, 2).join(' ')}`)),
    ...sorted((parts.nextHostKeys ?? []).map((key) => `next-host-key ${key}`)),
    ...sorted(parts.couriers.map((key) => `courier ${bare(key)}`)),
    ...people.map((p) => `account ${p.id} ${p.account} ${p.uid ?? '-'} ${p.how ?? 'new'} ${p.from ?? '-'} ${p.end ?? '-'}`),
    ...keys.sort((a, b) => (place(a) < place(b) ? -1 : 1)).map((one) => one.line),
    ...sorted(
      people.flatMap((p) => (p.sudo ?? []).map((s) => `sudo ${p.id} ${p.account} ${s.end ?? '-'} ${s.runAs} ${s.command}`)),
    ),
    ...sorted((parts.accepted ?? []).map((line) => `accepted ${line}`)),
    ...sorted((parts.revokedIds ?? []).map((id) => `revoked-id ${id}`)),
    ...sorted((parts.revokedKeys ?? []).map((key) => `revoked-key ${key}`)),
  ]);
}

export interface RevocationParts {
  readonly organization?: string;
  readonly signer: string;
  readonly time?: string;
  readonly id?: string;
  readonly keys?: readonly string[];
}

export function revocationText(parts: RevocationParts): string {
  return text('revocation', [
    `organization ${parts.organization ?? 'acme'}`,
    `signer ${parts.signer}`,
    `time ${parts.time ?? at(Date.now())}`,
    ...(parts.id === undefined ? [] : [`id ${parts.id}`]),
    ...sorted((parts.keys ?? []).map((key) => `key ${key}`)),
  ]);
}

let nonces = 0;
export const requestText = (about: readonly string[] = []): string =>
  text('request', [`nonce ${sha256(`nonce ${(nonces += 1)}`)}`, ...sorted(about.map((id) => `about ${id}`))]);

/** Armored signatures of these keys, one after another. */
export async function sign(folder: string, written: string, namespace: string, keys: readonly KeyPair[], hash = 'sha512'): Promise<string> {
  const armored: string[] = [];
  for (const key of keys) {
    const path = join(folder, `to-sign-${process.pid}-${(nonces += 1)}`);
    writeFileSync(path, written);
    const answer = await command(['ssh-keygen', '-q', '-Y', 'sign', '-O', `hashalg=${hash}`, '-f', key.path, '-n', namespace, path]);
    if (answer.status !== 0) throw new Error(`no signature: ${answer.stderr}`);
    armored.push(readFileSync(`${path}.sig`, 'utf8'));
    rmSync(path);
    rmSync(`${path}.sig`);
  }
  return armored.join('');
}

/** The keys of a story. Alice has two; they are one person. */
export async function makeKeys<const Name extends string>(folder: string, names: readonly Name[]): Promise<Record<Name, KeyPair>> {
  const made = await Promise.all(names.map(async (name) => [name, await makeKey(folder, name)] as const));
  return Object.fromEntries(made) as Record<Name, KeyPair>;
}
