/**
 * One shape for everything that goes wrong, every code and every exit status.
 *
 * Belongs here: what a failure is, which codes exist, which exit status each has, and how several become one.
 * Does not: how a failure is shown (terminal/), or what to do about one (the place that throws it says so in `next`).
 */

/** The exit statuses of the command line, as people's scripts see them. */
export const EXIT = {
  done: 0,
  failed: 1,
  differences: 2,
  wrong: 3,
  incomplete: 4,
  refused: 5,
  waits: 6,
  interrupted: 130,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** Where several hold at once, the first of these is the exit status. */
const PRECEDENCE: readonly ExitStatus[] = [
  EXIT.interrupted,
  EXIT.wrong,
  EXIT.refused,
  EXIT.failed,
  EXIT.incomplete,
  EXIT.waits,
  EXIT.differences,
  EXIT.done,
];

export function worst(statuses: Iterable<ExitStatus>): ExitStatus {
  const seen = new Set(statuses);
  return PRECEDENCE.find((status) => seen.has(status)) ?? EXIT.done;
}

/**
 * Every code a failure may carry, with its exit status. A script may rely on a code; a new one is a line here.
 * `internal` is our own mistake and asks for a report.
 */
export const CODES = {
  internal: EXIT.failed,
  disk: EXIT.failed,
  'target-failed': EXIT.failed,
  usage: EXIT.wrong,
  policy: EXIT.wrong,
  key: EXIT.wrong,
  text: EXIT.wrong,
  'no-repository': EXIT.wrong,
  'not-found': EXIT.wrong,
  unreachable: EXIT.incomplete,
  'not-done': EXIT.incomplete,
  'not-yet': EXIT.incomplete,
  signature: EXIT.refused,
  trust: EXIT.refused,
  risk: EXIT.refused,
  conflict: EXIT.refused,
  waits: EXIT.waits,
  differences: EXIT.differences,
  interrupted: EXIT.interrupted,
} as const satisfies Record<string, ExitStatus>;

export type Code = keyof typeof CODES;

/** A place in a file a person can open: line and column count from 1; the path is relative to the repository. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

export interface FailureParts {
  /** What to do next, as a sentence or a command. */
  readonly next?: string;
  /** Where it happened: a file, a target, a person. */
  readonly place?: Place;
  /** All that is wrong, when one message stands for several. */
  readonly findings?: readonly Finding[];
  readonly cause?: unknown;
}

/**
 * What went wrong (`message`), where (`place`), what to do next (`next`). Never holds a secret: whoever throws one
 * writes the message from words and names, never from file contents or the environment.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: Code;
  readonly next: string | undefined;
  readonly place: Place | undefined;
  readonly findings: readonly Finding[];

  constructor(code: Code, message: string, parts: FailureParts = {}) {
    super(message, parts.cause === undefined ? undefined : { cause: parts.cause });
    this.code = code;
    this.next = parts.next;
    this.place = parts.place;
    this.findings = parts.findings ?? [];
  }

  get exit(): ExitStatus {
    return CODES[this.code];
  }
}

/** One thing found in something a person wrote. `rule` is its stable name (`unknown-field`, `weak-key`). */
export interface Finding {
  readonly severity: 'error' | 'warning';
  readonly rule: string;
  readonly message: string;
  readonly place: Place;
  /** What to write instead, where there is a likely answer. */
  readonly suggestion?: string;
  /** The line of the file as it stands, when there is one. */
  readonly excerpt?: string;
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
