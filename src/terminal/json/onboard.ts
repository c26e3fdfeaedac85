/** `keyward onboard --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { paths } from './values.ts';

const reached = v.strictObject({ server: v.string(), address: v.string(), port: amount, rules: v.array(v.string()) });

export const schema = v.strictObject({
  handle: v.string(),
  id: v.string(),
  kind: v.picklist(['employee', 'machine']),
  account: v.string(),
  organization: v.string(),
  until: v.exactOptional(v.string()),
  fingerprint: v.exactOptional(v.string()),
  file: v.exactOptional(v.pipe(v.string(), v.description('the private key, where it was made here'))),
  reaches: v.array(reached),
  logins: v.pipe(v.array(v.strictObject({ provider: v.string(), rules: v.array(v.string()) })), v.description('admin logins at providers')),
  written: paths,
  wouldWrite: v.exactOptional(v.pipe(v.array(v.string()), v.description('with `--dry-run`: files, which nobody wrote'))),
});
