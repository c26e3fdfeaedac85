/** `keyward server remove --json`. */
import * as v from 'valibot';
import { paths } from './values.ts';

export const schema = v.strictObject({
  name: v.string(),
  id: v.string(),
  state: v.picklist(['marked', 'waits', 'gone']),
  keptAccess: v.boolean(),
  written: paths,
  dryRun: v.exactOptional(v.pipe(v.literal(true), v.description('nothing was done: `state` says what it would come to'))),
});
