/** `keyward key revoke --json`. */
import * as v from 'valibot';
import { out, paths, revocation, status, waysLeft } from './values.ts';

export const schema = v.strictObject({
  handle: v.string(),
  fingerprint: v.string(),
  revocation,
  targets: v.array(out),
  waysLeft,
  written: paths,
  status,
});
