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

/** Why it could not be done, and what there is to do about it. */
async function tried(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'disk') throw error;
    return error.next === undefined ? error.message : `${error.message}; ${error.next}`;
  }
}

/**
 * Writes what must lie there before anything is carried. A file or a link where its folder should be makes room: one of
 * these would stop every offboarding. The bytes of a file are kept beside it. Throws `disk` for any other reason.
 */
export async function keepFirst(world: World, path: string, bytes: Uint8Array): Promise<void> {
  const [folder = ''] = path.split('/');
  const { repository } = world;
  const write = (): Promise<void> => repository.write(new Map([[path, bytes]]));
  try {
    await write();
  } catch (error) {
    const there = (await repository.read([folder], () => undefined)).get(folder);
    const aside = `${folder}.before`;
    const isKept = there !== undefined && (await tried(() => repository.write(new Map([[aside, there]])))) === undefined;
    // A folder is not taken away by this: then it was something else.
    if ((await tried(() => repository.remove([folder]))) !== undefined) throw error;
    const what = isKept ? `a file, which is ${aside} now` : 'something else, which is taken away';
    world.terminal.tell(`In place of the folder ${folder} lay ${what}. Find out who laid it there.`);
    await write();
  }
}
