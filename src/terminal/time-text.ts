/** Moments for people: the moment itself, which can be copied, and how far away it is. */
import { formatInstant, type Instant } from '../core/access/index.ts';
import { count } from './style.ts';

/** `2026-11-24T20:00:00Z (4 days ago)`, `2026-11-24T20:00:00Z (in 3 hours)` */
export function momentText(at: Instant, now: Instant): string {
  return `${formatInstant(at)} (${awayText(at, now)})`;
}

/** `4 days ago`, `in 3 hours`, `just now`; whole units, rounded down. */
export function awayText(at: Instant, now: Instant): string {
  const seconds = Math.abs(at - now);
  if (seconds < 60) return at > now ? 'in a moment' : 'just now';
  const far =
    seconds < 3600
      ? count(Math.floor(seconds / 60), 'minute')
      : seconds < 86_400
        ? count(Math.floor(seconds / 3600), 'hour')
        : count(Math.floor(seconds / 86_400), 'day');
  return at > now ? `in ${far}` : `${far} ago`;
}
