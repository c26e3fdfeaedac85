/**
 * The journal: what one device did and tried, as lines that each hold the hash of the line before.
 *
 * Belongs here: the form of a line, and finding out whether a run's lines are the ones that were written. Does not: files
 * (disk/), what an event means to a verb, hashing (handed in). An old journal must read for ever.
 */
export * from './event.ts';
export * from './chain.ts';
