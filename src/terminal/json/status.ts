/** `keyward status --json`. */
import * as v from 'valibot';
import { amount, instant } from './index.ts';
import { hash, number, targetHeard } from './values.ts';

const handles = v.array(v.string());
const names = v.array(v.string());

export const schema = v.strictObject({
  organization: v.string(),
  now: instant,
  me: v.exactOptional(v.pipe(v.string(), v.description('who works on this device'))),
  firstRelease: v.exactOptional(
    v.strictObject({
      hash: v.pipe(hash, v.description('sha256 of the release that trust begins with')),
      number: v.pipe(number, v.description('1, or of the release that trust begins anew with')),
      compared: v.pipe(v.boolean(), v.description('whether this device compared it')),
    }),
  ),
  release: v.exactOptional(
    v.strictObject({
      number,
      hash,
      issued: instant,
      expires: instant,
      signedBy: handles,
      newest: v.boolean(),
      state: v.picklist(['fresh', 'expires-soon', 'expired']),
    }),
  ),
  signers: v.strictObject({
    threshold: number,
    people: handles,
    left: v.pipe(handles, v.description('those of them who have left')),
    set: number,
  }),
  receiver: v.strictObject({
    carried: v.pipe(hash, v.description('of the programs this keyward would put on a server')),
    signed: v.exactOptional(hash),
    state: v.pipe(v.picklist(['same', 'other', 'older']), v.description('older: an earlier release had the one that is carried')),
  }),
  policyErrors: v.pipe(amount, v.description('errors of the policy here; names are those of what was signed then')),
  plan: v.exactOptional(
    v.pipe(
      v.strictObject({ changes: amount, widens: amount, narrows: amount }),
      v.description('what the policy here would change; absent where it has errors'),
    ),
  ),
  targets: v.array(targetHeard),
  reported: v.array(
    v.strictObject({
      target: v.string(),
      kind: v.picklist(['failed', 'differs', 'refused', 'conflict', 'clock-behind', 'unknown-way-in', 'not-removed']),
      what: v.string(),
      asOf: v.exactOptional(v.pipe(instant, v.description('of a way in: since when the target tells of these; an answer that names the same again is not kept'))),
    }),
  ),
  drafts: v.array(
    v.strictObject({
      number,
      hash,
      issued: instant,
      signedBy: handles,
      missing: v.pipe(amount, v.description('how many more people of its own signer set must sign')),
      from: handles,
      missingOfOldSet: v.pipe(
        amount,
        v.description('the same of the signer set in force, where the release changes the set'),
      ),
      fromOldSet: handles,
    }),
  ),
  revocations: v.array(
    v.strictObject({
      name: v.string(),
      person: v.exactOptional(v.string()),
      keys: amount,
      by: v.string(),
      time: instant,
      counted: v.pipe(v.boolean(), v.description('the newest release lists it')),
      undoing: v.pipe(v.boolean(), v.description('the policy takes it back, and no release says so yet')),
      notShownBy: v.pipe(names, v.description('targets whose stored receipts do not show it')),
    }),
  ),
  endsSoon: v.array(
    v.strictObject({
      kind: v.picklist(['access', 'sudo', 'key-options', 'rights']),
      person: v.string(),
      end: instant,
      targets: names,
      last: v.pipe(v.boolean(), v.description('nothing is left to this person then')),
    }),
  ),
  idle: v.array(v.strictObject({ name: v.string(), why: v.string() })),
  refused: v.array(v.strictObject({ number: v.exactOptional(number), hash, reason: v.string(), message: v.string() })),
  gaps: v.pipe(v.array(number), v.description('releases whose predecessor is not here')),
  strays: v.pipe(names, v.description('receipts of no target of the release')),
  todo: v.array(
    v.strictObject({ what: v.pipe(v.string(), v.description('a stable name')), why: v.string(), next: v.string() }),
  ),
  looked: v.strictObject({
    releases: amount,
    targets: amount,
    receipts: amount,
    drafts: amount,
    revocations: amount,
    people: amount,
    accesses: amount,
  }),
});
