/**
 * The room receiver: the only code that runs on servers.
 *
 * Belongs here: keyward-receive (verifies, applies, answers), keyward-look (only looks) and
 * keyward-enroll (puts them on a server and takes them off), in POSIX sh, and this page, which
 * hands their bytes out as they stand: the hash of both of the first is signed in every release.
 * Does not: anything that runs where keyward runs.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

export interface Programs {
  /** keyward-receive */
  readonly receive: string;
  /** keyward-look */
  readonly look: string;
  /** keyward-enroll */
  readonly enroll: string;
  /** sha256 over keyward-receive and keyward-look, as a release and a receipt name it. */
  readonly hash: string;
}

/** The programs of this keyward. They lie beside this page, in the sources as in what is built. */
export async function readPrograms(): Promise<Programs> {
  const names = ['keyward-receive', 'keyward-look', 'keyward-enroll'];
  const [receive = '', look = '', enroll = ''] = await Promise.all(names.map(read));
  const hash = createHash('sha256').update(receive + look).digest('hex');
  return { receive, look, enroll, hash };
}

function read(name: string): Promise<string> {
  return readFile(new URL(`../receiver/${name}`, import.meta.url), 'utf8');
}
