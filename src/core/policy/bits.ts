/** Sets of small whole numbers, as bits: whether two of them meet is asked for each pair of rules. */
export class Bits {
  readonly #words: Uint32Array;
  /** The members, sorted. */
  readonly members: readonly number[];

  constructor(size: number, members: Iterable<number>) {
    this.#words = new Uint32Array((size + 31) >> 5);
    this.members = [...members].sort((a, b) => a - b);
    for (const member of this.members)
      this.#words[member >> 5] = (this.#words[member >> 5] ?? 0) | (1 << (member & 31));
  }

  has(member: number): boolean {
    return ((this.#words[member >> 5] ?? 0) & (1 << (member & 31))) !== 0;
  }

  /** The smallest number in both; undefined: they share none. */
  firstShared(other: Bits): number | undefined {
    for (let i = 0; i < this.#words.length; i += 1) {
      const both = (this.#words[i] ?? 0) & (other.#words[i] ?? 0);
      if (both !== 0) return i * 32 + (31 - Math.clz32(both & -both));
    }
    return undefined;
  }
}
