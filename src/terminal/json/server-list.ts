/** `keyward server list --json`. */
import * as v from 'valibot';
import { amount, instant } from './index.ts';
import { number, targetHeard } from './values.ts';

const server = v.strictObject({
  name: v.string(),
  id: v.string(),
  address: v.exactOptional(v.string()),
  port: v.exactOptional(number),
  labels: v.record(v.string(), v.string()),
  hostKeys: v.pipe(v.array(v.string()), v.description('fingerprints, of the signed manifest where there is one')),
  state: v.pipe(
    v.picklist(['signed', 'unsigned', 'no-line']),
    v.description('no-line: a release has it, and the policy has no line for it'),
  ),
  removed: v.exactOptional(instant),
  people: v.pipe(amount, v.description('who have an account there by the newest release')),
  heard: v.exactOptional(targetHeard),
});

export const schema = v.strictObject({
  organization: v.string(),
  release: v.exactOptional(number),
  servers: v.array(server),
});
