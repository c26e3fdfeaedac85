/**
 * Writes what came back from targets. The work is done by now: one strange thing that somebody laid in the way, a link say,
 * makes room; what cannot be written is told, and must neither end the run before it has said what was done, nor keep the
 * other files from being kept.
 */
import { Failure } from '../core/failure.ts';
import type { World } from '../world.ts';

/** The paths that were written; what cannot be written is told. Targets give it again to whoever asks next. */
export async function keepFiles(world: World, files: ReadonlyMap<string, Uint8Array>): Promise<readonly string[]> {
  if (files.size === 0 || (await tried(() => world.repository.write(files))) === undefined) return [...files.keys()].sort();
  const kept: string[] = [];
  for (const [path, bytes] of files) {
    const one = new Map([[path, bytes]]);
    const inTheWay = await tried(() => world.repository.write(one));
    const why = inTheWay === undefined ? undefined : await tried(() => world.repository.remove([path]).then(() => world.repository.write(one)));
    if (why === undefined) kept.push(path);
    else world.terminal.tell(`Not kept: ${why}`);
  }
  return kept.sort();
}

/** Why it could not be done. */
async function tried(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Failure && error.code === 'disk') return error.message;
    throw error;
  }
}
