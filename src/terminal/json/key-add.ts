/** `keyward key add --json`. */
import * as v from 'valibot';
import { paths } from './values.ts';

export const schema = v.strictObject({
  handle: v.string(),
  fingerprint: v.string(),
  type: v.string(),
  file: v.exactOptional(v.pipe(v.string(), v.description('the private key, where it was made here'))),
  written: paths,
});
