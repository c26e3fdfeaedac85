/** What came back from a program that was given a bundle, whichever way it was reached: bytes, a status, a last line. */
import type { Outcome } from '../../world.ts';
import { unknown } from './why-not.ts';

export interface Carried {
  readonly stdout: Uint8Array;
  /** Undefined when a signal ended it. */
  readonly status: number | undefined;
  /** The last lines on standard error, at most the last 4 KiB of it. */
  readonly stderr: string;
}

/** A way to hand over a bundle and take what is answered. */
export type Carry = (bundle: Uint8Array) => Promise<Outcome<Carried>>;

/** Of an answer; a bundle may be as large. */
const LARGEST_ANSWER = 8 * 1024 * 1024;
const KEPT_OF_STDERR = 4096;

/** Collects what a program says, up to the caps. */
export class Collected {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;
  #stderr = '';

  /** False once it is too much: then the program is to be ended. */
  out(chunk: Uint8Array): boolean {
    this.#length += chunk.length;
    if (this.#length <= LARGEST_ANSWER) this.#chunks.push(chunk);
    return this.#length <= LARGEST_ANSWER;
  }

  err(chunk: Uint8Array): void {
    this.#stderr = (this.#stderr + Buffer.from(chunk).toString('latin1')).slice(-KEPT_OF_STDERR);
  }

  ended(status: number | undefined): Outcome<Carried> {
    if (this.#length > LARGEST_ANSWER)
      return unknown(`the answer was larger than ${LARGEST_ANSWER} bytes, and was not read`);
    return {
      kind: 'done',
      value: { stdout: new Uint8Array(Buffer.concat(this.#chunks)), status, stderr: this.#stderr },
    };
  }
}
