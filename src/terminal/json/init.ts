/** `keyward init --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { hash, paths } from './values.ts';

export const schema = v.strictObject({
  organization: v.string(),
  me: v.string(),
  state: v.picklist(['new', 'joined']),
  signer: v.boolean(),
  courier: v.boolean(),
  threshold: amount,
  firstRelease: v.exactOptional(hash),
  settings: v.string(),
  written: paths,
});
