/**
 * What the demo claims, and whether it is so.
 *
 * Belongs here: looking at a claim, counting, telling. Not: how a claim is looked at. A claim that could not be looked at
 * has failed, and so has a story that could not go on.
 */

/** `true` when the claim holds; otherwise what was seen instead, in a few words. */
export type Seen = true | string;

export interface Told {
  passed(claim: string): void;
  failed(claim: string, seen: string): void;
}

export class Checks {
  readonly #told: Told;
  #passed = 0;
  #failed = 0;

  constructor(told: Told) {
    this.#told = told;
  }

  /** Looks, and tells what came of it. Never throws: the story goes on and the end says how many failed. */
  async that(claim: string, look: () => Promise<Seen> | Seen): Promise<boolean> {
    const seen = await this.#look(look);
    if (seen === true) {
      this.#passed += 1;
      this.#told.passed(claim);
      return true;
    }
    this.fails(claim, seen);
    return false;
  }

  fails(claim: string, seen: string): void {
    this.#failed += 1;
    this.#told.failed(claim, seen);
  }

  async #look(look: () => Promise<Seen> | Seen): Promise<Seen> {
    try {
      return await look();
    } catch (error) {
      return `could not look: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  get allPassed(): boolean {
    return this.#failed === 0 && this.#passed > 0;
  }

  /** The line that machines count by. */
  get line(): string {
    return `${this.#passed} checks passed, ${this.#failed} failed`;
  }
}

/** Compares, and says what stands there instead. */
export function equal(found: string | number, meant: string | number): Seen {
  return found === meant ? true : `it is ${JSON.stringify(found)}, not ${JSON.stringify(meant)}`;
}

/** Looks again until it holds, for what takes a moment; gives what was seen last. */
export async function soon(look: () => Promise<Seen> | Seen, milliseconds = 5000): Promise<Seen> {
  const limit = Date.now() + milliseconds;
  for (;;) {
    const seen = await look();
    if (seen === true || Date.now() > limit) return seen;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
