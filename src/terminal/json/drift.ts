/** `keyward drift --json`. */
import * as v from 'valibot';
import { place } from './index.ts';
import { credential, looked, paths, releaseName, status } from './values.ts';

const difference = v.strictObject({
  what: v.string(),
  subject: v.string(),
  managed: v.pipe(v.boolean(), v.description('`deliver` puts it right; otherwise a person must')),
  owner: v.exactOptional(v.pipe(v.string(), v.description('of a key: whose it is, where the policy knows it'))),
  comment: v.exactOptional(v.pipe(v.string(), v.description('of a key: what stands beside it there; of a credential when it was made and last used'))),
});
const target = v.strictObject({
  name: v.string(),
  id: v.string(),
  place: v.exactOptional(v.pipe(place, v.description('where the policy names it'))),
  state: v.picklist(['clean', 'differs', 'unknown', 'refused']),
  why: v.exactOptional(v.string()),
  differences: v.array(difference),
  looked: v.array(looked),
  credentials: v.exactOptional(v.pipe(v.array(credential), v.description('what the managed logins of a provider are opened with'))),
});

export const schema = v.strictObject({
  organization: v.string(),
  release: releaseName,
  targets: v.array(target),
  written: paths,
  status,
});
