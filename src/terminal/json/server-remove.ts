/** `keyward server remove --json`. */
import * as v from 'valibot';
import { paths } from './values.ts';

export const schema = v.strictObject({
  name: v.string(),
  id: v.string(),
  state: v.picklist(['marked', 'waits', 'gone']),
  keptAccess: v.boolean(),
  written: paths,
});
