/** `keyward server enroll --json`: one server, many, or a script. */
import * as v from 'valibot';
import { amount } from './index.ts';
import { number, paths, status } from './values.ts';

const found = v.array(
  v.strictObject({
    word: v.string(),
    fields: v.array(v.string()),
    owner: v.exactOptional(v.pipe(v.string(), v.description('of a key: whose it is, where the policy knows it'))),
  }),
);

const one = v.strictObject({
  name: v.string(),
  id: v.string(),
  hostKeys: v.array(v.string()),
  times: v.pipe(number, v.description('how often it was enrolled')),
  found,
  accepted: amount,
  written: paths,
});

/** With `--dry-run`. */
const preview = v.strictObject({
  name: v.string(),
  id: v.exactOptional(v.pipe(v.string(), v.description('where its line stands in the policy already'))),
  hostKeys: v.array(v.string()),
  found,
  wouldAccept: amount,
  wouldWrite: v.array(v.string()),
});

const printed = v.strictObject({
  name: v.string(),
  id: v.string(),
  script: v.string(),
  waitsSeconds: v.pipe(number, v.description('how long the server waits for the courier before it is as it was')),
  written: paths,
});

const server = v.strictObject({
  name: v.string(),
  address: v.string(),
  state: v.picklist(['enrolled', 'ready', 'already', 'unknown', 'refused', 'untrusted']),
  why: v.exactOptional(v.string()),
  id: v.exactOptional(v.string()),
  openssh: v.exactOptional(v.string()),
  found,
  accepted: amount,
});
const many = v.strictObject({
  list: v.picklist(['inventory', 'known_hosts', 'json']),
  servers: v.array(server),
  passedOver: v.array(v.strictObject({ what: v.string(), why: v.string() })),
  written: paths,
  wouldWrite: v.exactOptional(v.pipe(v.array(v.string()), v.description('with `--dry-run`: files of the repository, which nobody wrote'))),
  status,
});

export const schema = v.union([one, preview, printed, many]);
