/** `keyward init --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { hash, number, paths } from './values.ts';

export const schema = v.strictObject({
  organization: v.string(),
  me: v.string(),
  state: v.picklist(['new', 'joined']),
  signer: v.boolean(),
  courier: v.boolean(),
  threshold: amount,
  signingKeys: v.pipe(amount, v.description('keys this person signs with, by the policy here')),
  firstRelease: v.exactOptional(hash),
  firstNumber: v.exactOptional(v.pipe(number, v.description('1, or of the release that trust begins anew with'))),
  settings: v.string(),
  written: paths,
  wouldWrite: v.exactOptional(v.pipe(v.array(v.string()), v.description('with `--dry-run`: files of the repository, which nobody wrote'))),
});
