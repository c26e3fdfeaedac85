/**
 * The journal's files: one a run, in the state folder, made anew and only ever appended to. A line is on disk before
 * `append` returns, so that whatever keyward does next was written down before.
 */
import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { formatInstant } from '../core/access/instant.ts';
import type { Instant } from '../core/access/instant.ts';
import { Failure } from '../core/failure.ts';
import { eventLine } from '../core/journal/index.ts';
import type { Journal, JournalStore } from '../world.ts';
import { makeFolder, syncFolder } from './atomic.ts';
import { diskFailure, isMissing } from './file-errors.ts';
import type { OwnFolders } from './own-folders.ts';
import { readPlain } from './plain-read.ts';

const NAME = /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}\.jsonl$/;
/** A line holds names, hashes and counts; texts lie in the repository. */
const LONGEST_LINE = 64 * 1024;
const LARGEST_RUN = 256 * 1024 * 1024;
const APPENDING = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW;

/** The store over the state folder. `begin` writes the run's first event: the command and when. Throws `disk`. */
export function openJournals(folders: OwnFolders): JournalStore {
  const folder = (organization: string): string => join(folders.state(organization), 'journal');
  return {
    begin: (organization, command, now) => begin(folder(organization), command, now),
    runs: (organization) => runs(folder(organization)),
  };
}

async function begin(folder: string, command: string, now: Instant): Promise<Journal> {
  const time = formatInstant(now).replaceAll(/[-:]/g, '');
  // In the first line too, so that two runs alike never send the same nonce.
  const chance = randomBytes(16).toString('hex');
  const path = join(folder, `${time}-${chance.slice(0, 12)}.jsonl`);
  try {
    await makeFolder(folder, 0o700);
    await (await open(path, APPENDING | constants.O_CREAT | constants.O_EXCL, 0o600)).close();
    await syncFolder(folder);
    const run = new Run(path);
    await run.append({ what: 'begin', command, time: formatInstant(now), chance });
    return run;
  } catch (error) {
    throw diskFailure(error, `begin the journal ${path}`);
  }
}

class Run implements Journal {
  readonly path: string;
  #previous: string | undefined;
  #length = 0;
  /** Appends wait for one another: the order of the lines is the order of the calls. */
  #last: Promise<unknown> = Promise.resolve();
  #broken = false;

  constructor(path: string) {
    this.path = path;
  }

  append(event: { readonly what: string; readonly [field: string]: unknown }): Promise<string> {
    const appended = this.#last.then(() => this.#write(event));
    this.#last = appended.catch(() => undefined);
    return appended;
  }

  async #write(event: { readonly what: string }): Promise<string> {
    if (this.#broken)
      throw new Failure('disk', `the journal ${this.path} could not be written before; nothing more is done`);
    const bytes = new TextEncoder().encode(`${eventLine(this.#previous, event)}\n`);
    if (bytes.length > LONGEST_LINE)
      throw new Failure('internal', `an event of ${bytes.length} bytes is too long for the journal`);
    try {
      await this.#put(bytes);
    } catch (error) {
      throw diskFailure(error, `write the journal ${this.path}`);
    }
    this.#length += bytes.length;
    this.#previous = createHash('sha256').update(bytes.subarray(0, -1)).digest('hex');
    return this.#previous;
  }

  /** Opened for each line, so that a file moved away under the run is noticed and none stays open after it. */
  async #put(bytes: Uint8Array): Promise<void> {
    const file = await open(this.path, APPENDING);
    try {
      await file.appendFile(bytes);
      await file.sync();
    } catch (error) {
      // A full disk may have taken a part of the line: the next one would be glued to it.
      await file.truncate(this.#length).catch(() => (this.#broken = true));
      throw error;
    } finally {
      await file.close();
    }
  }
}

async function runs(folder: string): Promise<Awaited<ReturnType<JournalStore['runs']>>> {
  let names: readonly string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw diskFailure(error, `list ${folder}`);
  }
  const found = [];
  for (const name of names.filter((one) => NAME.test(one)).sort()) {
    const path = join(folder, name);
    const bytes = await readPlain(path, path, LARGEST_RUN);
    if (bytes !== undefined) found.push({ name, ...linesOf(bytes) });
  }
  return found;
}

/** Whole lines, and apart what a crash cut off in the middle of one: that event was never acted on. */
function linesOf(bytes: Uint8Array): { readonly lines: readonly string[]; readonly torn?: string } {
  const parts = new TextDecoder().decode(bytes).split('\n');
  const torn = parts.pop() ?? '';
  return torn === '' ? { lines: parts } : { lines: parts, torn };
}
