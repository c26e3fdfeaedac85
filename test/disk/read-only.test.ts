/** A disk that is full or read-only: said as what it is, with what to do. Needs root for a mount; else skipped by name. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ownFolder } from './folder.ts';

const mayMount = spawnSync('unshare', ['-m', 'true']).status === 0;
const ATOMIC = fileURLToPath(new URL('../../src/disk/atomic.ts', import.meta.url));
const ERRORS = fileURLToPath(new URL('../../src/disk/file-errors.ts', import.meta.url));

const TRY = `
const { makeFolder, writeAtomically } = await import(${JSON.stringify(ATOMIC)});
const { diskFailure } = await import(${JSON.stringify(ERRORS)});
const folder = process.argv[1];
try {
  await makeFolder(folder + '/releases/8');
  await writeAtomically(folder + '/releases/8/inputs', new Uint8Array(4096 * 64));
} catch (error) {
  const { message, next } = diskFailure(error, 'write it');
  console.log(message + '; ' + next);
}`;

describe.skipIf(!mayMount)('a disk that takes nothing', () => {
  it.each([
    ['ro', 'could not write it: the disk is read-only; make it writable, or work from a clone or a device where it is'],
    ['size=16k', 'could not write it: the disk is full; make room, or work from a clone or a device where there is some'],
  ])('%s', (options, said) => {
    const mount = 'mount -t tmpfs -o "$1" none "$2" && exec "$3" --input-type=module -e "$4" "$2"';
    const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', mount, 'sh', options, ownFolder(), process.execPath, TRY], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual([`${said}\n`, '']);
  });
});
