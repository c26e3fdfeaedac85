/** Host keys that this user already believes: known_hosts, asked through ssh-keygen, since its names may be hashed. */
import { execFile } from 'node:child_process';
import { Failure } from '../../core/failure.ts';
import { readPublicKey } from '../../core/ssh/public-key.ts';
import type { PublicKey } from '../../core/ssh/public-key.ts';

/** The user's own file, which ssh-keygen finds by itself, and the machine's. */
const FILES: readonly (string | undefined)[] = [undefined, '/etc/ssh/ssh_known_hosts'];

/**
 * The keys of an address, each once; none where it stands nowhere. A key marked as revoked is left out wherever else it
 * stands, and a certificate authority is no host key. Throws `disk` when nobody could look.
 */
export async function knownHostKeys(
  address: string,
  port: number,
  files: readonly (string | undefined)[] = FILES,
): Promise<readonly PublicKey[]> {
  const name = port === 22 ? address : `[${address}]:${port}`;
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
