/** The journal of this device: what its runs wrote down, and whether that is what was written. */
import { EXIT, type ExitStatus, Failure } from '../core/failure.ts';
import { readEvent, verifyJournal, type ChainFault, type Event, type Witness } from '../core/journal/index.ts';
import { encodeUtf8 } from '../core/policy/utf8.ts';
import { encodeHex } from '../core/ssh/wire.ts';
import type { World } from '../world.ts';
import { readInForce } from './in-force.ts';
import { readReceipts } from './stored-receipts.ts';

export interface JournalRun {
  /** The name of the run's file, without its ending. */
  readonly run: string;
  readonly command: string;
  /** When it began, as it was written: `2026-11-24T20:10:00Z`. */
  readonly time: string;
  readonly lines: number;
  /** What its last line is about: `end` where a run came to its end. */
  readonly last: string;
  /** Only of the runs asked for. */
  readonly events: readonly Event[];
}

export interface JournalPage {
  readonly organization: string;
  /** Oldest first. */
  readonly runs: readonly JournalRun[];
}

/** Every run, with the events of the one that was named. Throws `not-found` when there is none of that name. */
export async function showJournal(world: World, named: string | undefined): Promise<JournalPage> {
  const { organization } = await readInForce(world, { for: 'look' });
  const all = await world.journals.runs(organization);
  const runs = all.map(({ name, lines }) => runOf(name.replace(/\.jsonl$/, ''), lines, named));
  if (named === undefined) return { organization, runs };
  const found = runs.filter((one) => one.run === named);
  if (found.length > 0) return { organization, runs: found };
  throw new Failure('not-found', `this device's journal has no run ${named}`, {
    next: '`keyward journal show` lists the runs',
  });
}

function runOf(run: string, lines: readonly string[], named: string | undefined): JournalRun {
  const events = lines.flatMap((line) => readEvent(line) ?? []);
  const [first] = events;
  return {
    run,
    command: textOf(first?.['command']),
    time: textOf(first?.['time']),
    lines: lines.length,
    last: textOf(events.at(-1)?.what),
    events: run === named ? events : [],
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '?';
}

export interface VerifiedRun {
  readonly run: string;
  readonly lines: number;
  readonly faults: readonly ChainFault[];
  /** A receipt vouches for the lines up to this one; 0: none does. */
  readonly vouchedTo: number;
}

export interface JournalVerdictReport {
  readonly organization: string;
  readonly lines: number;
  readonly receipts: number;
  readonly runs: readonly VerifiedRun[];
  /** Targets whose stored receipt answers a line that is in no run here: it was cut, or another device asked. */
  readonly missing: readonly string[];
  /** Receipts that prove nothing. */
  readonly notBelieved: readonly string[];
  readonly status: ExitStatus;
}

/** Looks at every line of every run, and at every stored receipt. Changes nothing. */
export async function verifyOwnJournal(world: World): Promise<JournalVerdictReport> {
  const clone = await readInForce(world, { for: 'look' });
  const runs = await world.journals.runs(clone.organization);
  const { heard } = await readReceipts(world, clone);
  const witnesses = heard.flatMap(({ target, stored }): Witness[] =>
    stored.kind === 'believed' ? [{ nonce: stored.receipt.nonce, by: target.name }] : [],
  );
  const hashLine = (line: string): string => encodeHex(world.crypto.sha256(encodeUtf8(line)));
  const verdict = verifyJournal(runs, witnesses, hashLine);
  const verified = [...verdict.runs].map(([name, { faults, vouchedTo }]) => {
    const lines = runs.find((run) => run.name === name)?.lines.length ?? 0;
    return { run: name.replace(/\.jsonl$/, ''), lines, faults, vouchedTo };
  });
  const broken = verified.some(({ faults }) => faults.length > 0);
  return {
    organization: clone.organization,
    lines: verdict.lines,
    receipts: witnesses.length,
    runs: verified,
    missing: verdict.missing.map(({ by }) => by),
    notBelieved: heard.flatMap(({ target, stored }) => (stored.kind === 'not-believed' ? [target.name] : [])),
    status: broken ? EXIT.refused : verdict.missing.length > 0 ? EXIT.incomplete : EXIT.done,
  };
}
