/** `keyward key add --json`. */
import * as v from 'valibot';
import { paths } from './values.ts';

const added = v.strictObject({
  handle: v.string(),
  fingerprint: v.string(),
  type: v.string(),
  file: v.exactOptional(v.pipe(v.string(), v.description('the private key, where it was made here'))),
  written: paths,
});

/** With `--dry-run`. */
const preview = v.strictObject({
  handle: v.string(),
  fingerprint: v.exactOptional(v.pipe(v.string(), v.description('absent where the key would be made here'))),
  type: v.exactOptional(v.string()),
  wouldWrite: v.array(v.string()),
});

export const schema = v.union([added, preview]);
