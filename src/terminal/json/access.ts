/** `keyward access --json`. */
import * as v from 'valibot';
import { amount, instant, place } from './index.ts';
import { credential, hash, number, proof } from './values.ts';

const handles = v.array(v.string());
const release = v.strictObject({
  number,
  hash,
  issued: instant,
  expires: instant,
  signedBy: handles,
  newest: v.boolean(),
});
const person = v.strictObject({
  handle: v.string(),
  id: v.string(),
  kind: v.picklist(['employee', 'machine']),
  left: v.exactOptional(instant),
});
const since = v.pipe(
  v.strictObject({ release: number, issued: instant, signedBy: handles }),
  v.description('the first release of the unbroken run in which it stands; absent: in no signed release yet'),
);
const key = v.strictObject({
  fingerprint: v.string(),
  type: v.string(),
  allow: v.strictObject({
    pty: v.boolean(),
    agentForwarding: v.boolean(),
    x11: v.boolean(),
    forwardTo: v.array(v.string()),
  }),
  from: v.exactOptional(v.array(v.string())),
  command: v.exactOptional(v.pipe(v.string(), v.description('the one command it runs, whatever is asked for'))),
  until: v.exactOptional(instant),
  since: v.exactOptional(since),
  revoked: v.pipe(v.boolean(), v.description('a revocation takes this key away, and the release does not list it')),
});
const sudo = v.strictObject({
  runAs: v.string(),
  command: v.string(),
  until: v.exactOptional(instant),
  since: v.exactOptional(since),
});
const right = v.strictObject({
  what: v.string(),
  value: v.string(),
  until: v.exactOptional(instant),
  since: v.exactOptional(since),
});
const by = v.variant('kind', [
  v.strictObject({ kind: v.literal('rules'), rules: v.array(v.strictObject({ name: v.string(), place })) }),
  v.strictObject({ kind: v.literal('policy-of-release'), release: number }),
]);
const confirmed = v.variant('state', [
  v.strictObject({ state: v.picklist(['confirmed', 'not-yet']), release: number, time: instant, proof }),
  v.strictObject({ state: v.literal('never-heard') }),
  v.strictObject({ state: v.picklist(['not-believed', 'unknown']), why: v.string() }),
]);
const target = v.strictObject({
  name: v.string(),
  id: v.string(),
  kind: v.string(),
  address: v.exactOptional(v.pipe(v.string(), v.description('from the policy, which nobody signed'))),
  port: v.exactOptional(number),
  hostKeys: v.pipe(v.array(v.string()), v.description('from the manifest, present and next')),
  heard: v.exactOptional(
    v.variant('state', [
      v.strictObject({ state: v.literal('heard'), release: number, time: instant, proof }),
      v.strictObject({ state: v.literal('never-heard') }),
      v.strictObject({ state: v.picklist(['not-believed', 'unknown']), why: v.string() }),
    ]),
  ),
  ways: v.exactOptional(
    v.pipe(
      v.variant('state', [
        v.strictObject({ state: v.literal('told'), time: instant }),
        v.strictObject({ state: v.literal('never-told') }),
        v.strictObject({ state: v.picklist(['not-believed', 'unknown']), why: v.string() }),
      ]),
      v.description('since when it tells of the ways in that it last told of, for another day by then; never-told: nobody knows what else lets in there'),
    ),
  ),
});
const revoked = v.strictObject({
  name: v.pipe(v.string(), v.description('the file in revoked/')),
  by: v.string(),
  time: instant,
  heldThere: v.pipe(v.boolean(), v.description('the stored receipt of the server holds it')),
});
const detail = v.strictObject({
  person: v.string(),
  personId: v.string(),
  target: v.string(),
  targetId: v.string(),
  account: v.string(),
  until: v.exactOptional(instant),
  since: v.exactOptional(since),
  by,
  keys: v.array(key),
  sudo: v.array(sudo),
  rights: v.pipe(v.array(right), v.description('what an admin login has at a provider')),
  credentials: v.exactOptional(v.pipe(v.array(credential), v.description('what the login is opened with, by the stored answer of the provider'))),
  revoked: v.exactOptional(revoked),
  confirmed: v.exactOptional(
    v.pipe(confirmed, v.description('what the stored receipt says, for another day the one of then; unknown: version control does not tell')),
  ),
});
const wayIn = v.strictObject({
  target: v.string(),
  kind: v.string(),
  account: v.exactOptional(v.string()),
  subject: v.string(),
  state: v.picklist(['accepted', 'unknown']),
  seen: v.pipe(v.boolean(), v.description('the target named it when it last told of ways in')),
  looked: v.pipe(v.boolean(), v.description('an answer here tells of ways in; one to a delivery does not')),
  asOf: v.exactOptional(v.pipe(instant, v.description('since when it tells of these ways in; an answer that names the same again is not kept'))),
  comment: v.exactOptional(v.string()),
  owner: v.exactOptional(v.string()),
});

export const schema = v.strictObject({
  read: v.strictObject({
    organization: v.string(),
    from: v.picklist(['release', 'working-tree']),
    release: v.exactOptional(release),
    at: v.exactOptional(v.pipe(v.string(), v.description('the date or release that was asked for'))),
    policy: v.pipe(
      v.picklist(['same', 'differs', 'unknown', 'then']),
      v.description('the policy here against the one the release was made from; names and rules are read from it; then: from the one of the release, found in version control'),
    ),
    compared: v.pipe(v.boolean(), v.description('whether this device compared the fingerprint of release 1')),
    moment: v.pipe(instant, v.description('what ended before it is left out')),
    servers: amount,
    providers: amount,
    people: amount,
  }),
  person: v.exactOptional(person),
  access: v.array(detail),
  without: v.pipe(v.array(person), v.description('people of the policy who reach none of these servers')),
  targets: v.array(target),
  waysIn: v.pipe(v.array(wayIn), v.description('what lets in beside keyward')),
});
