/** `keyward journal show --json`. */
import * as v from 'valibot';
import { amount } from './index.ts';

const event = v.objectWithRest(
  { previous: v.pipe(v.string(), v.description('sha256 of the line before, - in the first')), what: v.string() },
  v.unknown(),
);

export const schema = v.strictObject({
  organization: v.string(),
  runs: v.array(
    v.strictObject({
      run: v.string(),
      command: v.string(),
      time: v.pipe(v.string(), v.description('when it began, UTC')),
      lines: amount,
      last: v.pipe(v.string(), v.description('what the last line is about')),
      events: v.pipe(v.array(event), v.description('only of the run that was named')),
    }),
  ),
});
