/**
 * The key files beside the policy: keys/, servers/, signers/ and couriers/, one `<name>.pub` for each name, OpenSSH
 * lines. Lines that are empty or begin with `#` are passed over.
 *
 * Nothing of a key file is ever shown: what somebody put there may be a private key.
 */
import type { Place } from '../failure.ts';
import { keyFields, mayCarry, mayLogIn, maySign, readPublicKey } from '../ssh/public-key.ts';
import type { KeyKind, KeyRefusalReason, PublicKey } from '../ssh/public-key.ts';
import type { PolicyFiles } from './compiled.ts';
import type { Report } from './report.ts';

export const KEY_FOLDERS = ['keys', 'servers', 'signers', 'couriers'] as const;
export type KeyFolder = (typeof KEY_FOLDERS)[number];

export interface KeyLine {
  readonly key: PublicKey;
  readonly place: Place;
}

export interface KeyFile {
  readonly folder: KeyFolder;
  readonly name: string;
  readonly path: string;
  readonly lines: readonly KeyLine[];
  /** Whether something in it was refused. */
  readonly broken: boolean;
}

/** By folder, then by name, sorted. */
export type KeyFiles = Readonly<Record<KeyFolder, ReadonlyMap<string, KeyFile>>>;

/** 64 lines of 1 KB: far more than anybody has. */
const LARGEST = 65_536;
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const MAY: Readonly<Record<KeyFolder, (kind: KeyKind) => boolean>> = {
  keys: mayLogIn,
  servers: (kind) => !kind.startsWith('sk-'),
  signers: maySign,
  couriers: mayCarry,
};
const WHOSE: Readonly<Record<KeyFolder, string>> = {
  keys: 'an employee or a machine',
  servers: 'a server',
  signers: 'a signer',
  couriers: 'a courier',
};
/** What is pasted as many lines is refused once, not once for each line. */
const WHOLE_FILE: ReadonlySet<KeyRefusalReason> = new Set([
  'private-key',
  'putty-format',
  'rfc4716-format',
  'pem-format',
  'too-long',
]);

export function readKeyFiles(files: PolicyFiles, report: Report): KeyFiles {
  const found = { keys: new Map<string, KeyFile>(), servers: new Map(), signers: new Map(), couriers: new Map() };
  for (const path of [...files.keys()].sort()) {
    const folder = KEY_FOLDERS.find((name) => path.startsWith(`${name}/`));
    if (folder === undefined) continue;
    const bytes = files.get(path) ?? new Uint8Array();
    const name = path.slice(folder.length + 1).replace(/\.pub$/, '');
    if (!path.endsWith('.pub')) reportStray(path, bytes, report);
    else if (!NAME.test(name))
      report.error(
        'file-name',
        { file: path },
        'The name of a key file is a name of the policy and .pub.',
        'Rename it.',
      );
    else found[folder].set(name, readKeyFile(folder, name, path, bytes, report));
  }
  return found;
}

function readKeyFile(folder: KeyFolder, name: string, path: string, bytes: Uint8Array, report: Report): KeyFile {
  const lines: KeyLine[] = [];
  const file = (broken: boolean): KeyFile => ({ folder, name, path, lines, broken });
  if (bytes.length > LARGEST) {
    report.error('too-large', { file: path }, `This key file has ${bytes.length} bytes; ${LARGEST} are the most.`);
    return file(true);
  }
  let broken = false;
  for (const [index, text] of latin1(bytes).split('\n').entries()) {
    if (/^[ \t]*(?:#.*)?\r?$/.test(text)) continue;
    const place = { file: path, line: index + 1, column: 1 };
    const reading = readPublicKey(text);
    if (!reading.ok) {
      broken = true;
      report.error(`key-${reading.reason}`, place, reading.message, reading.suggestion);
      if (WHOLE_FILE.has(reading.reason)) break;
    } else if (!MAY[folder](reading.key.kind)) {
      broken = true;
      report.error(
        'key-kind',
        place,
        `A key of the type ${reading.key.type} cannot be that of ${WHOSE[folder]}.`,
        'Take one of the type ssh-ed25519.',
      );
    } else lines.push({ key: reading.key, place });
  }
  return file(broken);
}

function reportStray(path: string, bytes: Uint8Array, report: Report): void {
  const head = latin1(bytes.subarray(0, 4096));
  if (/PRIVATE KEY-----|^PuTTY-User-Key-File-/.test(head)) {
    report.error(
      'key-private-key',
      { file: path },
      'This is a private key.',
      'Take it out of the repository and its history, and replace it: it has been shown.',
    );
  } else report.warning('stray-file', { file: path }, 'This file is passed over: only <name>.pub is read here.');
}

/**
 * What makes two keys one, whatever they are called: the point or the modulus, so that a key and the same key under
 * another type or application count as one.
 */
export function keyIdentity(key: PublicKey): string {
  const fields = keyFields(key);
  const raw = (key.kind.endsWith('ed25519') ? fields[0] : fields[1]) ?? key.blob;
  return `${key.kind.replace('sk-', '').slice(0, 5)} ${latin1(raw)}`;
}

/** One character for each byte; what is not ASCII is refused where it is read. */
export function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
}
