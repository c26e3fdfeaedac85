/** One fault at a chosen call: what fails, and whether the call had its effect before it failed. */
import type { Code } from './iam-error.ts';

/**
 * - a code, such as `ServiceFailure` or `Throttling`: that answer, and no effect
 * - `connection-reset`: the connection is cut before anything happened
 * - `done-then-failed`: the effect, then InternalFailure 500
 * - `done-then-reset`: the effect, then the connection is cut
 * - `silent`, `done-then-silent`: no answer at all, without or with the effect
 */
export type FaultKind = Code | 'connection-reset' | 'silent' | `done-then-${'failed' | 'reset' | 'silent'}`;

export interface Fault {
  readonly kind: FaultKind;
  /** Only calls of this action count; any call where left out. */
  readonly action?: string;
  /** Strikes the n-th such call from now on, 1 where left out … */
  readonly nth?: number;
  /** … and the calls after it, so many in all, 1 where left out. */
  readonly times?: number;
}

export class Faults {
  readonly #planned: { readonly fault: Fault; seen: number }[] = [];
  #struck = 0;

  /** How many faults have struck so far: a test that planned one can see that it was reached. */
  get struck(): number {
    return this.#struck;
  }

  plan(fault: Fault): void {
    this.#planned.push({ fault, seen: 0 });
  }

  /** Forgets what is planned, not what has struck. */
  clear(): void {
    this.#planned.length = 0;
  }

  /** The fault for a call that came in just now. */
  next(action: string): FaultKind | undefined {
    let kind: FaultKind | undefined;
    for (const entry of this.#planned) {
      if (entry.fault.action !== undefined && entry.fault.action !== action) continue;
      entry.seen += 1;
      const first = entry.fault.nth ?? 1;
      if (entry.seen >= first && entry.seen < first + (entry.fault.times ?? 1)) kind ??= entry.fault.kind;
    }
    if (kind !== undefined) this.#struck += 1;
    return kind;
  }
}
