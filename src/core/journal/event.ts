/**
 * One event, one line: JSON, `previous` first. The order of the further fields is as they were given, so a line is never
 * written again from what was read: its bytes are what the next line's hash is about.
 */
import { Failure } from '../failure.ts';

/** What a verb writes down. `what` is a word such as `begin`, `sent`, `answered`. Never a secret. */
export interface EventParts {
  readonly what: string;
  readonly [field: string]: unknown;
}

/** An event as it stands in a journal. */
export interface Event extends EventParts {
  /** The hash of the line before, 64 hexadecimal digits; `-` in the first line of a run. */
  readonly previous: string;
}

const FIRST = '-';
const HASH = /^[0-9a-f]{64}$/;

/** The line of an event, without its LF. `previous` is the hash of the line before, or nothing in a run's first line. */
export function eventLine(previous: string | undefined, event: EventParts): string {
  if (Object.hasOwn(event, 'previous'))
    throw new Failure('internal', 'an event does not say itself what was before it');
  return JSON.stringify({ previous: previous ?? FIRST, ...event });
}

/** The event of a line, or undefined where the line is none. */
export function readEvent(line: string): Event | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { previous, what } = value as Readonly<Record<string, unknown>>;
  if (typeof previous !== 'string' || typeof what !== 'string') return undefined;
  if (previous !== FIRST && !HASH.test(previous)) return undefined;
  // One spelling only: a name that stands twice, or a space, would be a line that reads as another one.
  return JSON.stringify(value) === line ? (value as Event) : undefined;
}

/** Whether an event says that it is the first of its run. */
export function isFirst(event: Event): boolean {
  return event.previous === FIRST;
}
