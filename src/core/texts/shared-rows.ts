/**
 * Rows that stand in many texts at once. A person's lines are the same in the manifests of all servers that the same
 * rules reach: each is read once and spelled once, and is one object in all of them.
 */

/** One for texts of one kind that are read together, and spelled again to compare. */
export class SharedRows {
  readonly #read = new Map<string, Map<string, unknown>>();
  readonly #spelled = new Map<object, string>();

  /** What `read` makes of the text that stands behind this word. */
  read<T>(word: string, text: string, read: (text: string) => T): T {
    let ofWord = this.#read.get(word);
    if (ofWord === undefined) this.#read.set(word, (ofWord = new Map<string, unknown>()));
    const before = ofWord.get(text);
    if (before !== undefined) return before as T;
    const made = read(text);
    ofWord.set(text, made);
    return made;
  }

  /** How `write` spells this value. */
  spell<T>(value: T, write: (value: T) => string): string {
    if (typeof value !== 'object' || value === null) return write(value);
    const before = this.#spelled.get(value);
    if (before !== undefined) return before;
    const spelled = write(value);
    this.#spelled.set(value, spelled);
    return spelled;
  }
}
