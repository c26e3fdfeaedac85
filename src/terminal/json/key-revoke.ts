/** `keyward key revoke --json`. */
import * as v from 'valibot';
import { out, paths, revocation, status } from './values.ts';

export const schema = v.strictObject({
  handle: v.string(),
  fingerprint: v.string(),
  revocation,
  targets: v.array(out),
  written: paths,
  status,
});
