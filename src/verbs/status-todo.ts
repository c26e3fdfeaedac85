/** What a person can do about what `status` found, in the order in which it is best done. */
import type { StatusReport } from './status.ts';

export interface Todo {
  /** A stable name. */
  readonly what: string;
  /** What it is about, as a sentence. */
  readonly why: string;
  /** A command, or what to do where no command does it. */
  readonly next: string;
}

/** `inMerge`: a merge is not finished here, in the policy or in a release. Until it is git pulls nothing, and nothing is approved. */
type Parts = Omit<StatusReport, 'todo'> & { readonly inMerge: boolean; readonly policyInMerge: boolean };
type Find = (parts: Parts) => readonly Todo[];

/** @param policyInMerge whether git's marks stand in the policy; in a release they are among `refused` */
export function todoOf(parts: Omit<StatusReport, 'todo'>, policyInMerge: boolean): readonly Todo[] {
  const inMerge = policyInMerge || parts.refused.some(({ reason }) => reason === 'merge-conflict');
  return ORDER.flatMap((find) => find({ ...parts, inMerge, policyInMerge }));
}

function afterMerge({ inMerge }: Parts, next: string): string {
  return inMerge ? `finish the merge here, commit, then ${next}` : next;
}

const compare: Find = ({ firstRelease }) => {
  if (firstRelease === undefined || firstRelease.compared) return [];
  return [
    {
      what: 'compare-first-release',
      why: 'nobody compared the fingerprint of release 1 on this device',
      next: 'keyward init',
    },
  ];
};

const check: Find = ({ policyErrors, policyInMerge }) => {
  if (policyErrors === 0) return [];
  if (policyInMerge) {
    const why = 'a merge is not finished in the policy here: nothing can be approved from it';
    return [{ what: 'check', why, next: "take git's marks out of it (keyward check shows where) and commit" }];
  }
  const why = `the policy here has ${policyErrors} ${policyErrors === 1 ? 'error' : 'errors'}: nothing can be approved from it`;
  return [{ what: 'check', why, next: 'keyward check' }];
};

const pull: Find = (parts) => {
  const ahead = parts.targets.filter(({ state }) => state === 'ahead').map(({ name }) => name);
  if (ahead.length === 0) return [];
  return [
    {
      what: 'pull',
      why: `${some(ahead)} ${ahead.length === 1 ? 'has' : 'have'} a later release than this clone`,
      next: afterMerge(parts, 'git pull'),
    },
  ];
};

const conflicts: Find = (parts) => {
  const other = parts.targets.filter(({ state }) => state === 'conflict').map(({ name }) => name);
  if (other.length === 0) return [];
  return [
    {
      what: 'conflict',
      why: `${some(other)} took another release of the same number: the next number heals it`,
      next: `find out who signed both, then ${afterMerge(parts, 'keyward approve')}`,
    },
  ];
};

const sign: Find = (parts) =>
  parts.drafts.slice(0, 1).map(({ number, missing, from, missingOfOldSet, fromOldSet }) => {
    const may = [...new Set([...from, ...fromOldSet])].sort();
    const why = `release ${number} waits for ${Math.max(missing, missingOfOldSet)} more of ${may.join(', ')}`;
    return {
      what: 'sign',
      why,
      next: parts.me !== undefined && may.includes(parts.me) ? afterMerge(parts, 'keyward approve') : `ask ${may.join(' or ')} to run keyward approve`,
    };
  });

/** Only the signers of the set in force let others in (R2): too few of them, and nobody can. */
const tooFew: Find = ({ signers: { threshold, people, left }, release }) => {
  if (release === undefined || people.length - left.length >= threshold) return [];
  const why = `a release needs ${threshold} of ${people.join(', ')}, and ${left.join(', ')} ${left.length === 1 ? 'has' : 'have'} left: nothing more can be given without a signature of ${left.length === 1 ? 'theirs' : 'one of them'}`;
  return [{ what: 'signatures-cannot-be-had', why, next: 'let them sign themselves out, or begin anew: docs/signers.md' }];
};

const renew: Find = (parts) => {
  const { release, drafts } = parts;
  if (release === undefined || release.state === 'fresh' || drafts.length > 0) return [];
  const why =
    release.state === 'expired'
      ? `release ${release.number} has expired: no target newly takes it`
      : `release ${release.number} expires soon`;
  return [{ what: 'renew', why, next: afterMerge(parts, 'keyward approve') }];
};

const approve: Find = (parts) => {
  const { release, plan, drafts, revocations, receiver: { state } } = parts;
  // An older keyward means the receiver itself as a change; the one that is to be installed says what really is to be signed.
  if (drafts.length > 0 || state === 'older') return [];
  if (release === undefined)
    return [
      {
        what: 'approve',
        why: 'no release is signed yet, so nothing is in force',
        next: 'keyward plan, then keyward approve',
      },
    ];
  const uncounted = revocations.filter(({ counted }) => !counted).length;
  const changes = plan?.changes ?? 0;
  if (changes === 0 && uncounted === 0) return [];
  const why = [
    ...(changes === 0 ? [] : [`the policy here would change ${changes} ${changes === 1 ? 'thing' : 'things'}`]),
    ...(uncounted === 0
      ? []
      : [`${uncounted} ${uncounted === 1 ? 'revocation is' : 'revocations are'} in no release yet`]),
  ];
  return [{ what: 'approve', why: why.join(', and '), next: afterMerge(parts, 'keyward plan, then keyward approve') }];
};

/** First of all that is signed or enrolled: an older keyward would sign an older receiver, and put it on servers again. */
const olderHere: Find = ({ receiver: { state }, release, targets }) => {
  if (state !== 'older') return [];
  const why = `this keyward carries an older receiver than release ${release?.number ?? 0} was made with: approve nothing with it`;
  const other = namesOfOther(targets);
  const after = other.length === 0 ? '' : `, then keyward server enroll ${other.length === 1 ? other[0] : 'again'} for the receiver of ${some(other)}`;
  return [{ what: 'renew-keyward', why, next: `install the version of keyward that made it${after}` }];
};

function namesOfOther(targets: Parts['targets']): readonly string[] {
  return targets.filter(({ otherReceiver }) => otherReceiver === true).map(({ name }) => name);
}

/** Renewing goes by enrolling again, and only with the receiver that was signed. */
const receiver: Find = ({ receiver: { state }, release, targets }) => {
  if (state === 'older') return [];
  const number = release?.number ?? 0;
  const other = namesOfOther(targets);
  if (state === 'other') {
    const why = `this keyward carries another receiver than release ${number} was made with`;
    return [
      {
        what: 'sign-receiver',
        why,
        next: "compare its version with a colleague's: if theirs is newer, install it; if this one is, keyward approve, keyward deliver, then keyward server enroll again",
      },
    ];
  }
  if (other.length === 0) return [];
  return [
    {
      what: 'renew-receiver',
      why: `${some(other)} ${other.length === 1 ? 'has' : 'have'} another receiver than release ${number}`,
      next: `keyward server enroll ${other.length === 1 ? other[0] : 'again, each of them'}`,
    },
  ];
};

/** Trust began anew: no release is taken there before root enrolled it again. */
function mustEnroll({ firstRelease }: Parts, { release }: Parts['targets'][number]): boolean {
  return release !== undefined && release < (firstRelease?.number ?? 1);
}

const enrollAgain: Find = (parts) => {
  const names = parts.targets.filter((target) => mustEnroll(parts, target)).map(({ name }) => name);
  if (names.length === 0) return [];
  const why = `${some(names)} ${names.length === 1 ? 'believes' : 'believe'} the signers from before release ${parts.firstRelease?.number ?? 1}, which begins anew`;
  return [{ what: 'enroll-again', why, next: `keyward server enroll ${names.length === 1 ? names[0] : 'again, each of them'}, over root` }];
};

/** R20: whoever was a signer of an older set can still sign for a server that knows no newer one. */
const signers: Find = (parts) => {
  const other = parts.targets.filter((one) => one.otherSigners === true && !mustEnroll(parts, one)).map(({ name }) => name);
  if (other.length === 0) return [];
  return [
    {
      what: 'other-signers',
      why: `${some(other)} still ${other.length === 1 ? 'believes' : 'believe'} another signer set than the newest`,
      next: 'keyward deliver',
    },
  ];
};

const deliver: Find = (parts) => {
  const { revocations } = parts;
  const targets = parts.targets.filter((target) => !mustEnroll(parts, target));
  const behind = new Set(
    targets
      .filter(({ state }) => state !== 'in-force' && state !== 'ahead' && state !== 'conflict')
      .map(({ name }) => name),
  );
  const missing = new Set(revocations.flatMap(({ notShownBy }) => notShownBy.filter((name) => targets.some((one) => one.name === name))));
  const names = [...new Set([...behind, ...missing])].sort();
  if (names.length === 0) return [];
  const all = names.length === targets.length && names.length > 1;
  const why = `${some(names)} ${names.length === 1 ? 'does' : 'do'} not show the newest release${missing.size > 0 ? ' or a revocation' : ''}`;
  return [
    {
      what: 'deliver',
      why,
      next:
        all || names.length > 3
          ? 'keyward deliver'
          : `keyward deliver${names.map((name) => ` --server ${name}`).join('')}`,
    },
  ];
};

const look: Find = ({ reported }) => {
  // What waits for its time is nothing to do.
  const names = [...new Set(reported.filter(({ kind }) => kind !== 'not-removed').map(({ target }) => target))];
  if (names.length === 0) return [];
  return [
    {
      what: 'look',
      why: `${some(names)} ${names.length === 1 ? 'reports' : 'report'} something`,
      next: 'keyward drift, then put right what it names',
    },
  ];
};

/** Could not look is not nothing there: after a delivery alone nobody knows what else lets in. */
const unlooked: Find = ({ targets }) => {
  const names = targets.filter(({ release, waysToldOf }) => release !== undefined && waysToldOf === undefined).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    {
      what: 'look-for-ways-in',
      why: `no answer here tells what else lets in to ${some(names)}`,
      next: names.length > 3 ? 'keyward drift' : `keyward drift${names.map((name) => ` --server ${name}`).join('')}`,
    },
  ];
};

const odd: Find = ({ refused, idle, gaps }) => [
  ...refused.map(({ number, reason }) => ({
    what: 'refused-release',
    why: `${number === undefined ? 'a release' : `release ${number}`} in releases/ is not believed (${reason})`,
    next:
      reason === 'merge-conflict'
        ? `take one side whole, as \`git checkout --theirs releases/${number ?? ''}\` does in a merge, and commit; then keyward plan`
        : 'ask who put it there; take it out of the repository',
  })),
  ...idle.map(({ name, why }) => ({
    what: 'idle-revocation',
    why: `revoked/${name} takes nobody out: ${why}`,
    next: 'let a signer of today revoke again, or take it out',
  })),
  ...gaps.map((number) => ({
    what: 'gap',
    why: `the release before ${number} is not here`,
    next: 'find it in version control, or ask who signed it',
  })),
];

const ORDER: readonly Find[] = [compare, check, pull, olderHere, conflicts, tooFew, sign, renew, approve, enrollAgain, signers, deliver, receiver, look, unlooked, odd];

/** `web-1, web-2, web-3 and 9 more` */
function some(names: readonly string[]): string {
  return names.length <= 4 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}
