/** Where something written stands: a file and a path in it, which become a line and a column when they are asked for. */
import type { Place } from '../failure.ts';
import type { Path, YamlText } from './yaml-text.ts';

export class At {
  readonly file: YamlText;
  readonly path: Path;
  /** What stands here, for sentences: `alice`. */
  readonly name: string;

  constructor(file: YamlText, path: Path, name: string) {
    this.file = file;
    this.path = path;
    this.name = name;
  }

  /** The place of a value under this one, or of its nearest parent where it is missing. */
  value(...steps: Path): Place {
    return this.file.place([...this.path, ...steps]);
  }

  /** The place of the name of a value under this one. */
  key(...steps: Path): Place {
    return this.file.place([...this.path, ...steps], 'key');
  }
}

/** One thing a policy names, as written. */
export interface Entry<T> {
  readonly name: string;
  readonly value: T;
  readonly at: At;
}
