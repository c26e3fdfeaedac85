/**
 * Whether the lines of a run are the ones that were written.
 *
 * A chain finds an edit, a deletion, an insertion and a swap at the line behind it. It cannot find that the newest lines
 * were cut, or that everything was written again: for that somebody else must hold a head. Here those are the receipts, each
 * of which holds the hash of a line as its nonce. What no receipt vouches for is said to be unproven, never to be right.
 */
import { isFirst, readEvent } from './event.ts';
import type { Event } from './event.ts';

/** What is wrong with a line. */
type FaultKind =
  /** It is no event in the one spelling. */
  | 'unreadable'
  /** It is the first here, but was not when it was written: lines in front are gone. */
  | 'head-cut'
  /** The line before it is not the one that was there when it was written. */
  | 'broken'
  /** It says that it is the first, and is not: another run, or lines put in front. */
  | 'begins-again';

export interface ChainFault {
  readonly kind: FaultKind;
  /** Counts from 1. */
  readonly line: number;
}

/** A nonce that a target signed, and where it stands. */
export interface Witness {
  readonly nonce: string;
  /** Who signed it, for messages: a target's name or id. */
  readonly by: string;
}

export interface RunVerdict {
  readonly events: readonly Event[];
  readonly faults: readonly ChainFault[];
  /** Up to this line (counting from 1) receipts vouch for the chain; 0: none does. */
  readonly vouchedTo: number;
  /** How many lines stand behind that: whether more were cut there, nobody can tell. */
  readonly unproven: number;
}

export interface JournalVerdict {
  readonly runs: ReadonlyMap<string, RunVerdict>;
  /** Receipts whose line stands in no run: its run was cut, written again or taken away, or is another device's. */
  readonly missing: readonly Witness[];
  /** How many lines were looked at. */
  readonly lines: number;
  readonly sound: boolean;
}

/** The hash of a line: sha256 over its UTF-8 bytes without LF, 64 hexadecimal digits. */
export type HashLine = (line: string) => string;

/** Looks at one run. `nonces` are those that receipts hold. */
export function verifyRun(lines: readonly string[], nonces: ReadonlySet<string>, hashLine: HashLine): RunVerdict {
  const events: Event[] = [];
  const faults: ChainFault[] = [];
  let before: string | undefined;
  let vouchedTo = 0;
  for (const [i, line] of lines.entries()) {
    const event = readEvent(line);
    const kind = event === undefined ? 'unreadable' : fault(event, before);
    if (kind !== undefined) faults.push({ kind, line: i + 1 });
    if (event !== undefined) events.push(event);
    before = hashLine(line);
    // A receipt vouches for what leads up to its line without a break, and for nothing that begins with one.
    if (faults.length === 0 && nonces.has(before)) vouchedTo = i + 1;
  }
  return { events, faults, vouchedTo, unproven: lines.length - vouchedTo };
}

function fault(event: Event, before: string | undefined): FaultKind | undefined {
  if (before === undefined) return isFirst(event) ? undefined : 'head-cut';
  if (isFirst(event)) return 'begins-again';
  return event.previous === before ? undefined : 'broken';
}

/**
 * Looks at all runs of one device. `witnesses` are the nonces of receipts that this device asked for; one whose line is in
 * no run is named, since then the line that was written down before asking is gone.
 */
export function verifyJournal(
  runs: readonly { readonly name: string; readonly lines: readonly string[] }[],
  witnesses: readonly Witness[],
  hashLine: HashLine,
): JournalVerdict {
  const nonces = new Set(witnesses.map((witness) => witness.nonce));
  const verdicts = new Map(runs.map((run) => [run.name, verifyRun(run.lines, nonces, hashLine)]));
  const held = new Set(runs.flatMap((run) => run.lines.map(hashLine)));
  const missing = witnesses.filter((witness) => !held.has(witness.nonce));
  const lines = runs.reduce((count, run) => count + run.lines.length, 0);
  const sound = missing.length === 0 && [...verdicts.values()].every((verdict) => verdict.faults.length === 0);
  return { runs: verdicts, missing, lines, sound };
}
