/** `keyward offboard --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { out, paths, revocation, runningEntries, status } from './values.ts';

const done = v.strictObject({
  handle: v.string(),
  id: v.string(),
  revocation,
  targets: v.array(out),
  written: paths,
  removed: v.pipe(v.array(v.string()), v.description('files taken out of the repository, to be committed')),
  isSigner: v.boolean(),
  threshold: amount,
  leftIsWritten: v.pipe(v.boolean(), v.description('false: the policy here could not be edited, and somebody must write `left:`')),
  status,
});
/** With `--dry-run`. */
const preview = v.strictObject({
  handle: v.string(),
  keys: amount,
  reaches: v.array(v.string()),
  targets: amount,
  running: v.array(v.strictObject({ ...runningEntries, target: v.string() })),
  unknown: v.array(v.strictObject({ name: v.string(), why: v.string() })),
  isSigner: v.boolean(),
});

export const schema = v.union([done, preview]);
