/** A text that does not show itself. */

const SHOWN = '[secret]';

/**
 * Holds a secret text so that it takes a deliberate `reveal()` to see it: printing, JSON, inspecting, comparing and
 * copying show nothing.
 */
export class Secret {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** The secret itself. Whoever calls this answers for where it goes. */
  reveal(): string {
    return this.#text;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  /** For `console.log` and error texts of Node. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN;
  }
}
