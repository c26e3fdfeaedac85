/** `keyward check --json`. */
import * as v from 'valibot';
import { amount, finding } from './index.ts';

export const schema = v.strictObject({
  findings: v.array(finding),
  looked: v.pipe(
    v.strictObject({ files: amount, people: amount, servers: amount, rules: amount, keys: amount, tests: amount }),
    v.description('how much was looked at'),
  ),
});
