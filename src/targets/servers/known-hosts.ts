/**
 * Host keys that this user already believes: known_hosts, looked into as the user's own ssh does, under the name and in the
 * files that ssh_config gives an address (HostName, HostKeyAlias, UserKnownHostsFile); through ssh-keygen, since names may
 * be hashed.
 */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { Failure } from '../../core/failure.ts';
import { readPublicKey } from '../../core/ssh/public-key.ts';
import type { PublicKey } from '../../core/ssh/public-key.ts';

/** Where no ssh can be asked: the user's own file, which ssh-keygen finds by itself, and the machine's. */
const FILES: readonly (string | undefined)[] = [undefined, '/etc/ssh/ssh_known_hosts'];

/** In place of what the user has. */
export interface Instead {
  readonly files?: readonly (string | undefined)[];
  /** An ssh_config. */
  readonly config?: string;
  /** A `HostKeyAlias`, before any that ssh_config gives. */
  readonly alias?: string;
}

/**
 * The keys of an address, each once; none where it stands nowhere. A key marked as revoked is left out wherever else it
 * stands, and a certificate authority is no host key. Throws `disk` when nobody could look.
 */
export async function knownHostKeys(address: string, port: number, instead: Instead = {}): Promise<readonly PublicKey[]> {
  const { name, files } = { ...(await asSsh(address, port, instead)), ...(instead.files === undefined ? {} : { files: instead.files }) };
  const found = new Map<string, PublicKey>();
  const revoked = new Set<string>();
  for (const line of (await Promise.all(files.map((file) => look(name, file)))).flat()) {
    const words = line.split(' ').filter((word) => word !== '');
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
    const reading = readPublicKey(words.slice(1, 3).join(' '));
    if (!reading.ok || marker === '@cert-authority') continue;
    if (marker === '@revoked') revoked.add(reading.key.line);
    else found.set(reading.key.line, reading.key);
  }
  return [...found.values()].filter((key) => !revoked.has(key.line));
}

function look(name: string, file: string | undefined): Promise<readonly string[]> {
  const where = file === undefined ? [] : ['-f', file];
  return new Promise((resolve, reject) => {
    execFile('ssh-keygen', ['-F', name, ...where], { timeout: 10_000 }, (error, stdout) => {
      // Its status tells neither "no such name" from "no such file", which are both: nothing known.
      if (error !== null && typeof error.code !== 'number') {
        reject(
          new Failure('disk', 'known_hosts could not be looked into: ssh-keygen did not run', {
            next: 'give the host key with --host-key',
          }),
        );
      } else {
        resolve(stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
      }
    });
  });
}

interface LookedUp {
  /** As it stands in known_hosts. */
  readonly name: string;
  readonly files: readonly (string | undefined)[];
}

/** What `ssh -G` says it would look up; without an answer the address itself. */
async function asSsh(address: string, port: number, instead: Instead): Promise<LookedUp> {
  const settings = await settingsOf(address, port, instead.config);
  const alias = instead.alias ?? settings.get('hostkeyalias');
  const host = (alias ?? settings.get('hostname') ?? address).toLowerCase();
  const files = ['userknownhostsfile', 'globalknownhostsfile'].flatMap((setting) => settings.get(setting)?.split(' ') ?? []);
  const homes = files.filter((file) => file !== 'none').map((file) => file.replace(/^~(?=\/)/, homedir()));
  // An alias stands for a host on whatever port. ssh_config(5)
  return { name: alias !== undefined || port === 22 ? host : `[${host}]:${port}`, files: settings.size === 0 ? FILES : homes };
}

function settingsOf(address: string, port: number, config: string | undefined): Promise<ReadonlyMap<string, string>> {
  const none = new Map<string, string>();
  if (!/^[A-Za-z0-9][A-Za-z0-9:._%-]*$/.test(address)) return Promise.resolve(none);
  const from = config === undefined ? [] : ['-F', config];
  return new Promise((resolve) => {
    execFile('ssh', ['-G', ...from, '-p', String(port), '--', address], { timeout: 10_000 }, (error, stdout) => {
      if (error !== null) return resolve(none);
      const lines = stdout.split('\n').map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const);
      return resolve(new Map(lines));
    });
  });
}
