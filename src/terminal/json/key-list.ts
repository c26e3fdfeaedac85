/** `keyward key list --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { number } from './values.ts';

const key = v.strictObject({
  use: v.picklist(['logs-in', 'signs', 'carries']),
  of: v.pipe(v.string(), v.description('a handle; of a courier its name')),
  fingerprint: v.string(),
  type: v.string(),
  bits: amount,
  comment: v.string(),
  listed: v.pipe(v.boolean(), v.description('stands in keys/, signers/ or couriers/')),
  grantedOn: v.pipe(v.array(v.string()), v.description('targets the newest release lets it in to')),
  revoked: v.boolean(),
});

export const schema = v.strictObject({
  organization: v.string(),
  release: v.exactOptional(number),
  person: v.exactOptional(v.string()),
  keys: v.array(key),
});
