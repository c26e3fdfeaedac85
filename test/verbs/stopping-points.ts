/**
 * A world that can be killed: every call that reaches disk, a key or a target is a stopping point, before it and after
 * it. A killed run is one whose world throws there and answers nothing any more.
 */
import type { Journal, Target, World } from '../../src/world.ts';

export class Killed extends Error {
  override readonly name = 'Killed';
}

/** Counts stopping points; kills at one of them. */
export class Executioner {
  /** How many there were so far. */
  points = 0;
  readonly #at: number;

  /** `at` counts from 1; Infinity only counts. */
  constructor(at: number) {
    this.#at = at;
  }

  async around<T>(work: () => Promise<T>): Promise<T> {
    this.#point();
    const result = await work();
    this.#point();
    return result;
  }

  #point(): void {
    // Dead is dead: what runs beside is stopped as well.
    if (this.points >= this.#at) throw new Killed();
    this.points += 1;
    if (this.points === this.#at) throw new Killed();
  }
}

/** The same world with stopping points. Files are written one by one, so that a run can die between two of them. */
export function killable<W extends World>(world: W, executioner: Executioner): W {
  const { repository, settings, journals, signing } = world;
  const around = executioner.around.bind(executioner);
  return {
    ...world,
    repository: {
      root: repository.root,
      read: (under) => repository.read(under),
      list: (folder) => repository.list(folder),
      head: () => repository.head(),
      history: (paths, tell) => repository.history(paths, tell),
      commit: (paths, message) => around(() => repository.commit(paths, message)),
      remove: (paths) => around(() => repository.remove(paths)),
      async write(files) {
        for (const file of files) await around(() => repository.write(new Map([file])));
      },
    },
    settings: {
      ...settings,
      read: (name) => settings.read(name),
      path: (name) => settings.path(name),
      write: (name, value) => around(() => settings.write(name, value)),
    },
    journals: {
      runs: (name) => journals.runs(name),
      begin: async (name, command, now) =>
        killableJournal(await around(() => journals.begin(name, command, now)), executioner),
    },
    signing: { sign: (key, file, namespace, text) => around(() => signing.sign(key, file, namespace, text)) },
    target: async (place, key) => killableTarget(await world.target(place, key), executioner),
  };
}

function killableJournal(journal: Journal, executioner: Executioner): Journal {
  return { path: journal.path, append: (event) => executioner.around(() => journal.append(event)) };
}

/** Killed before it: nothing was sent. Killed after it: the target did it and nobody heard. */
function killableTarget(target: Target, executioner: Executioner): Target {
  return {
    id: target.id,
    name: target.name,
    exchange: (parcel, signal, turn, note) => executioner.around(() => target.exchange(parcel, signal, turn, note)),
    offer: (offers, signal) => executioner.around(() => target.offer(offers, signal)),
  };
}
