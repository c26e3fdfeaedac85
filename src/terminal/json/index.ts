/**
 * What `--json` of each command looks like, one file a command, named after it (`key-list.ts` for `key list`), each with
 * an exported `schema`. schemas/<name>.schema.json is made from it, and stories hold what commands print against it.
 *
 * Belongs here: shapes, closed (an unlisted field is a fault), with a description where the name does not say it all;
 * and, in this file, the shapes that several commands share. Does not: anything that runs in keyward itself; no command
 * imports this room.
 */
import * as v from 'valibot';

export const place = v.strictObject({
  file: v.pipe(v.string(), v.description('relative to the policy repository')),
  line: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  column: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(1), v.description('in UTF-16 units, from 1'))),
});

export const finding = v.strictObject({
  severity: v.picklist(['error', 'warning']),
  rule: v.pipe(v.string(), v.description('a stable name')),
  message: v.string(),
  place,
  suggestion: v.exactOptional(v.pipe(v.string(), v.description('what to write instead'))),
  excerpt: v.exactOptional(v.pipe(v.string(), v.description('the line as it stands'))),
});

/** A number of things. */
export const amount = v.pipe(v.number(), v.integer(), v.minValue(0));

/** UTC seconds since 1970. */
export const instant = v.pipe(v.number(), v.integer(), v.description('UTC seconds since 1970'));
