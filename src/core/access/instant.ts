/**
 * A moment in UTC, to the second, years 2000 to 2999. Own calendar arithmetic: nothing here can ask the machine for the
 * time or its zone.
 */
import { Failure } from '../failure.ts';

declare const instant: unique symbol;

/** Seconds since 1970-01-01T00:00:00Z, without leap seconds. Compare with `<`. */
export type Instant = number & { readonly [instant]: true };

export const MINUTE = 60;
const HOUR = 3600;
export const DAY = 86_400;

const FULL = /^([2]\d{3})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/;
const DATE = /^[2]\d{3}-\d\d-\d\d$/;
const FIRST = 946_684_800; // 2000-01-01T00:00:00Z
const LAST = 32_503_679_999; // 2999-12-31T23:59:59Z

/** The instant that `text` spells as `2026-11-24T20:00:00Z`, or undefined: another form, or a date that does not exist. */
export function readInstant(text: string): Instant | undefined {
  const parts = FULL.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  return (daysBefore(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second) as Instant;
}

/** As `readInstant`, and a plain date `2027-03-31` as the last second of its day. */
export function readEnd(text: string): Instant | undefined {
  return readInstant(DATE.test(text) ? `${text}T23:59:59Z` : text);
}

/** As `readInstant`, for what must be one. Throws `text`. */
export function parseInstant(text: string): Instant {
  const found = readInstant(text);
  if (found !== undefined) return found;
  throw new Failure('text', `not a time: ${JSON.stringify(text.slice(0, 40))}`, {
    next: 'write UTC seconds like 2026-11-24T20:00:00Z, years 2000 to 2999',
  });
}

/** The instant of so many seconds since 1970, fractions cut off. Throws `text` outside the years 2000 to 2999. */
export function instantOf(seconds: number): Instant {
  const whole = Math.floor(seconds);
  if (whole >= FIRST && whole <= LAST) return whole as Instant;
  throw new Failure('text', `a time outside the years 2000 to 2999: ${seconds}`, {
    next: 'set the clock of this machine',
  });
}

/** The instant so many seconds later (or earlier). Throws `text` outside the years 2000 to 2999. */
export function later(from: Instant, seconds: number): Instant {
  return instantOf(from + seconds);
}

/** `2026-11-24T20:00:00Z`. */
export function formatInstant(at: Instant): string {
  const days = Math.floor(at / DAY);
  const rest = at - days * DAY;
  const { year, month, day } = civil(days);
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = [Math.floor(rest / HOUR), Math.floor((rest % HOUR) / MINUTE), rest % MINUTE].map(two).join(':');
  return `${year}-${two(month)}-${two(day)}T${clock}Z`;
}

/** Sorts instants; `undefined` stands for "does not end" and comes last. */
export function compareEnds(a: Instant | undefined, b: Instant | undefined): number {
  return (a ?? Infinity) === (b ?? Infinity) ? 0 : (a ?? Infinity) < (b ?? Infinity) ? -1 : 1;
}

/** The later of two ends, where `undefined` does not end. */
export function laterEnd(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return compareEnds(a, b) < 0 ? b : a;
}

/** The earlier of two ends, where `undefined` does not end. */
export function earlierEnd(a: Instant | undefined, b: Instant | undefined): Instant | undefined {
  return compareEnds(a, b) < 0 ? a : b;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Leap days in the years 1 to `year`. */
function leapDays(year: number): number {
  return Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
}

function daysBefore(year: number, month: number, day: number): number {
  let days = (year - 1970) * 365 + leapDays(year - 1) - leapDays(1969) + day - 1;
  for (let m = 1; m < month; m += 1) days += daysIn(year, m);
  return days;
}

function civil(days: number): { year: number; month: number; day: number } {
  let year = 1970 + Math.floor(days / 365.2425);
  while (daysBefore(year + 1, 1, 1) <= days) year += 1;
  while (daysBefore(year, 1, 1) > days) year -= 1;
  let rest = days - daysBefore(year, 1, 1);
  let month = 1;
  while (rest >= daysIn(year, month)) {
    rest -= daysIn(year, month);
    month += 1;
  }
  return { year, month, day: rest + 1 };
}
