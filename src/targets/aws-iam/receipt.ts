/** The answer, in the words of a receipt. Nobody signed it: AWS says so, and whoever may write to the repository could. */
import { CREDENTIAL_KINDS, hashOf, receipt as receiptText, signerSetHash } from '../../core/texts/index.ts';
import type { Receipt, Running } from '../../core/texts/index.ts';
import { isAccountName, parseId } from '../../core/access/index.ts';
import { Failure } from '../../core/failure.ts';
import type { Answer } from '../../world.ts';
import type { Believed } from './believed.ts';
import type { Run, Work } from './exchange.ts';
import { isDeniedAll } from './observed.ts';
import type { Observed } from './observed.ts';
import type { Remembered } from './record.ts';

/** Which interface answered; stands where a server tells its sshd. */
const INTERFACE = 'aws-iam-2010-05-08';

export interface Answering extends Pick<Run, 'place' | 'parcel' | 'now' | 'crypto'> {
  readonly believed: Believed;
  readonly known: Remembered;
  readonly work: Work;
  readonly observed: Observed;
}

export function answerWith(answering: Answering): Answer {
  const receipt = spelled(receiptOf(answering), answering.observed);
  return {
    receipt,
    signed: { text: written(receipt), signatures: [] },
    proof: 'says',
    revocations: answering.believed.revocations.map(({ signed }) => signed),
    conflicts: [],
  };
}

/** What AWS said was too much for a receipt. That is no mistake of ours, and must not end what is done elsewhere. */
function written(receipt: Receipt): string {
  try {
    return receiptText.write(receipt);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('text', `what AWS says of it does not fit into a receipt: ${error.message}`, { cause: error });
  }
}

/**
 * Whoever has rights there may call a login what no text of keyward's can spell (`Bob@work`), and something that is not AWS
 * may answer anything: such a login goes by its UserId, which is never somebody else's name, and such a word has its
 * strange characters replaced.
 */
function spelled(receipt: Receipt, { managed }: Observed): Receipt {
  const userIds = new Map(managed.map(({ name, userId }) => [name, userId.toLowerCase()]));
  const login = (name: string): string => {
    const other = userIds.get(name) ?? '';
    return isAccountName(name) ? name : isAccountName(other) ? other : 'unspeakable';
  };
  const of = <T extends { readonly account: string }>(all: readonly T[]): readonly T[] => all.map((one) => ({ ...one, account: login(one.account) }));
  return {
    ...receipt,
    accounts: of(receipt.accounts),
    ended: summed(of(receipt.ended)),
    running: summed(of(receipt.running)),
    credentials: of(receipt.credentials).map((one) => (one.subject === undefined ? one : { ...one, subject: oneWord(one.subject) })),
    differs: receipt.differs.map((one) => ({ ...one, subject: oneWord(one.subject) })),
    failed: receipt.failed.map((one) => ({ ...one, why: words(one.why) })),
    waysIn: receipt.waysIn.map((one) => ({ ...one, subject: oneWord(one.subject), comment: one.comment === undefined ? undefined : words(one.comment) })),
  };
}

/** Longer than any name of AWS's. */
const LONGEST = 2048;

function oneWord(text: string): string {
  return text.slice(0, LONGEST).replaceAll(/[^!-~]/g, '?') || '?';
}

function words(text: string): string {
  return text.slice(0, LONGEST).replaceAll(/[^ -~]/g, '?').replaceAll(/ +/g, ' ').trim() || '?';
}

function receiptOf({ place, parcel, now, crypto, believed, known, work, observed }: Answering): Receipt {
  const { release, signerSet, taken } = believed;
  const first = believed.chain.verified[0]?.value ?? signerSet.value;
  const kept = work.failed.some(({ what }) => what === 'remember') ? known.release : release;
  return {
    organization: place.organization,
    target: parseId(place.id, 'aws'),
    nonce: parcel.nonce,
    time: now,
    enrolled: { times: 1, last: first.issued },
    release: kept ?? { number: first.number, hash: place.trust?.firstRelease ?? '' },
    signerSet: { number: signerSet.value.signerSet, hash: signerSetHash(signerSet.value, crypto) },
    manifest: taken?.manifestHash ?? known.manifest,
    receiver: signerSet.value.receiver,
    inForce: hashOf(inForce(observed), crypto),
    clock: 'right',
    openssh: INTERFACE,
    revocations: believed.revocations.map(({ hash }) => hash).sort(),
    accounts: observed.managed.map((user) => ({ id: user.id, account: user.name, state: isDeniedAll(user) ? 'locked' : 'open' })),
    ended: summed(work.ended),
    running: summed(work.running),
    credentials: work.credentials,
    root: [],
    differs: once(work.differs, ({ what, subject }) => `${what} ${subject}`),
    failed: once(work.failed, ({ what, subject, why }) => `${what} ${subject} ${why}`),
    refused: believed.refused,
    conflicts: [],
    looked: [
      { what: 'account', count: observed.managed.length + observed.others.length },
      ...CREDENTIAL_KINDS.map((what) => ({ what, count: work.credentials.filter(({ kind }) => kind === what).length })),
      { what: 'group', count: observed.managed.flatMap((user) => user.groups).length },
      { what: 'policy', count: observed.managed.flatMap((user) => [...user.policies, ...user.inline]).length },
    ],
    waysIn: work.waysIn,
  };
}

/** One line for each kind, whichever phase ended it. */
function summed(all: readonly Running[]): readonly Running[] {
  const sums = new Map<string, Running>();
  for (const one of all) {
    const name = `${one.id} ${one.account} ${one.kind}`;
    sums.set(name, { ...one, count: one.count + (sums.get(name)?.count ?? 0) });
  }
  return [...sums.values()];
}

function once<T>(all: readonly T[], name: (one: T) => string): readonly T[] {
  return [...new Map(all.map((one) => [name(one), one])).values()];
}

/** What the account's list says of keyward's logins, as text. */
function inForce({ managed }: Observed): string {
  const lines = managed.map((user) => [user.name, user.userId, user.boundary ?? '-', ...user.groups, ...user.policies, ...user.inline].join(' '));
  return `${lines.sort().join('\n')}\n`;
}
