/** `keyward journal verify --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';

export const schema = v.strictObject({
  organization: v.string(),
  lines: amount,
  receipts: v.pipe(amount, v.description('stored receipts that were believed')),
  runs: v.array(
    v.strictObject({
      run: v.string(),
      lines: amount,
      faults: v.array(
        v.strictObject({ kind: v.picklist(['unreadable', 'head-cut', 'broken', 'begins-again']), line: amount }),
      ),
      vouchedTo: v.pipe(amount, v.description('a receipt vouches for the lines up to this one')),
    }),
  ),
  missing: v.pipe(v.array(v.string()), v.description('targets whose receipt answers a line that is in no run here')),
  notBelieved: v.pipe(v.array(v.string()), v.description('targets whose stored receipt proves nothing')),
  status: v.pipe(v.number(), v.integer()),
});
