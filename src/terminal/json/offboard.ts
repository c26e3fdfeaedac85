/** `keyward offboard --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { out, paths, revocation, runningEntries, status, waysLeft } from './values.ts';

const signing = v.exactOptional(
  v.pipe(
    v.strictObject({ needs: amount, remain: v.array(v.string()) }),
    v.description('of a signer: how many of the signers in force must sign the release that leaves them out, and who of those remains'),
  ),
);

const done = v.strictObject({
  handle: v.string(),
  id: v.string(),
  revocation,
  targets: v.array(out),
  waysLeft,
  written: paths,
  removed: v.pipe(v.array(v.string()), v.description('files taken out of the repository, to be committed')),
  isSigner: v.boolean(),
  signing,
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
  signing,
});

export const schema = v.union([done, preview]);
