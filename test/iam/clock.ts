/** The service's clock: the machine's, moved by as much as a test says. */
export class Clock {
  #moved = 0;

  /** Milliseconds since 1970. */
  now(): number {
    return Date.now() + this.#moved;
  }

  /** Moves the clock by so many milliseconds, back where negative. */
  advance(milliseconds: number): void {
    this.#moved += milliseconds;
  }
}
