/** Shapes that the answers of several verbs share. Not a command of its own. */
import * as v from 'valibot';
import { amount, instant, place } from './index.ts';

export const hash = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));
export const number = v.pipe(v.number(), v.integer(), v.minValue(1));
export const seconds = v.pipe(v.number(), v.minValue(0));
export const status = v.pipe(v.picklist([0, 1, 2, 3, 4, 5, 6, 130]), v.description('the exit status'));
export const paths = v.pipe(v.array(v.string()), v.description('relative to the policy repository, to be committed'));
export const releaseName = v.strictObject({ number, hash });
export const proof = v.pipe(v.picklist(['signed', 'says']), v.description('signed by the pinned host key, or what a provider says'));

const kind = v.picklist(['session', 'tunnel', 'tmux', 'process', 'cron', 'at', 'linger', 'sudo']);
export const runningEntries = { id: v.string(), account: v.string(), kind, count: amount };
export const running = v.strictObject(runningEntries);
export const failed = v.strictObject({ what: v.string(), subject: v.string(), why: v.string() });
export const credential = v.strictObject({
  account: v.string(),
  kind: v.string(),
  subject: v.exactOptional(v.pipe(v.string(), v.description("the provider's name for it; a password has none"))),
  active: v.boolean(),
  made: v.exactOptional(v.pipe(instant, v.description('or last changed; absent where the provider does not tell'))),
  used: v.exactOptional(v.pipe(instant, v.description('the day of its last use; absent where no use is known'))),
});
export const looked = v.strictObject({ what: v.string(), count: amount });

const named = v.strictObject({ id: v.string(), name: v.string() });
const rule = v.strictObject({ name: v.string(), place });
const change = v.strictObject({
  kind: v.string(),
  direction: v.picklist(['widens', 'narrows', 'neutral']),
  person: v.exactOptional(named),
  server: v.exactOptional(named),
  account: v.exactOptional(v.string()),
  detail: v.string(),
  rules: v.pipe(v.array(rule), v.description('the rules of the policy that say so')),
});
export const plan = v.strictObject({
  changes: v.array(change),
  risks: v.array(v.strictObject({ name: v.pipe(v.string(), v.description('what --accept-risk takes')), message: v.string() })),
  looked: v.strictObject({ people: amount, servers: amount, accesses: amount }),
  organization: v.string(),
  base: v.exactOptional(releaseName),
  trusted: v.pipe(v.boolean(), v.description('whether this device compared the fingerprint of release 1')),
});

export const approved = v.strictObject({
  state: v.picklist(['nothing', 'waits', 'complete']),
  release: v.exactOptional(v.strictObject({ number, hash, expires: v.string() })),
  signedBy: v.array(v.string()),
  missing: amount,
  from: v.pipe(v.array(v.string()), v.description('who may still sign')),
  written: paths,
  plan,
  status,
});

const target = v.strictObject({
  name: v.string(),
  id: v.string(),
  state: v.picklist(['in-force', 'partly', 'refused', 'unknown', 'not-begun']),
  why: v.exactOptional(v.string()),
  seconds: v.exactOptional(seconds),
  proof: v.exactOptional(proof),
  ended: v.array(running),
  failed: v.array(failed),
});
export const delivered = v.strictObject({
  organization: v.string(),
  release: releaseName,
  targets: v.array(target),
  written: paths,
  waiting: v.exactOptional(v.strictObject({ number, missing: amount, from: v.array(v.string()) })),
  status,
});

export const out = v.strictObject({
  name: v.string(),
  id: v.string(),
  state: v.picklist(['out', 'partly', 'refused', 'unknown']),
  why: v.exactOptional(v.string()),
  seconds,
  proof: v.exactOptional(v.picklist(['refused', 'reported', 'says', 'still-accepted'])),
  ended: v.array(running),
  failed: v.array(failed),
  root: v.pipe(v.array(v.picklist(['sudo', 'group', 'enrolled'])), v.description('how the person had root there: reported, not proved')),
  endsByItself: v.exactOptional(instant),
});
/** Where a key that is out lets in beside keyward. */
export const waysLeft = v.pipe(
  v.array(v.strictObject({ target: v.string(), account: v.exactOptional(v.string()), fingerprint: v.string() })),
  v.description('unmanaged accounts where the key stood: it is refused there, a session opened with it before is not ended'),
);
export const revocation = v.strictObject({ path: v.string(), hash });

/** What the stored receipt of a target says of the newest release. */
export const targetHeard = v.strictObject({
  name: v.string(),
  id: v.string(),
  state: v.picklist(['in-force', 'partly', 'lagging', 'ahead', 'conflict', 'never-heard', 'not-believed']),
  why: v.exactOptional(v.string()),
  release: v.exactOptional(number),
  time: v.exactOptional(v.pipe(instant, v.description('of its receipt: since then it says so'))),
  proof: v.exactOptional(proof),
  sameManifest: v.exactOptional(v.pipe(v.boolean(), v.description('it lags, and what it gives is the same'))),
  otherSigners: v.exactOptional(v.pipe(v.boolean(), v.description('it believes another signer set than the one of the newest release'))),
  otherReceiver: v.exactOptional(v.pipe(v.boolean(), v.description('what runs there is not the receiver of the newest release'))),
  enrolledTimes: v.exactOptional(amount),
  waysToldOf: v.exactOptional(v.pipe(instant, v.description('since when it tells of the ways in that it last told of; absent: no answer here does, and nobody knows of any'))),
  credentials: v.exactOptional(
    v.pipe(
      v.array(
        v.strictObject({
          kind: v.string(),
          count: amount,
          oldest: v.exactOptional(v.strictObject({ account: v.string(), made: instant })),
          idlest: v.exactOptional(
            v.pipe(v.strictObject({ account: v.string(), since: instant }), v.description('the one that nobody used for longest; of passwords and access keys only')),
          ),
        }),
      ),
      v.description('what the logins of a provider are opened with, those that are active'),
    ),
  ),
});
