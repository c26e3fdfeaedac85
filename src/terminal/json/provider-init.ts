/** `keyward provider init --json`. */
import * as v from 'valibot';

const part = v.strictObject({
  kind: v.string(),
  name: v.string(),
  document: v.exactOptional(v.pipe(v.string(), v.description('what it says, as the provider takes it'))),
  trust: v.exactOptional(v.pipe(v.string(), v.description('who may take it'))),
  state: v.picklist(['to-make', 'made', 'there', 'differs']),
});

export const schema = v.strictObject({
  name: v.string(),
  id: v.string(),
  kind: v.string(),
  settings: v.record(v.string(), v.string()),
  parts: v.array(part),
});
