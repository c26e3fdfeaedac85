/** `keyward key revoke --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { out, paths, revocation, status, waysLeft } from './values.ts';

const revoked = v.strictObject({
  handle: v.string(),
  fingerprint: v.string(),
  revocation,
  targets: v.array(out),
  waysLeft,
  written: paths,
  status,
});

/** Of a key that signs or carries: no server is told, the next release is. */
const taken = v.strictObject({
  handle: v.string(),
  fingerprint: v.string(),
  use: v.picklist(['signs', 'carries']),
  signing: v.exactOptional(
    v.pipe(
      v.strictObject({ needs: amount, remain: v.array(v.string()) }),
      v.description('how many of the signers in force must sign the release that leaves it out, and who can without it'),
    ),
  ),
  written: paths,
  removed: v.pipe(v.array(v.string()), v.description('files taken out of the repository, to be committed')),
});

/** With `--dry-run`. */
const preview = v.strictObject({
  handle: v.string(),
  fingerprint: v.string(),
  targets: v.pipe(v.array(v.string()), v.description('who would be told; nobody of a key that signs or carries')),
  wouldChange: v.pipe(v.array(v.string()), v.description('files of the repository, beside the revocation')),
});

export const schema = v.union([revoked, taken, preview]);
