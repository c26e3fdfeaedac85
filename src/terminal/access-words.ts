/** One access in words that fit a cell: shared by the formats that are tables. */
import { formatInstant } from '../core/access/index.ts';
import { agesText } from '../core/texts/index.ts';
import type { AccessDetail, Confirmed, KeyDetail } from '../verbs/access-detail.ts';
import type { AccessReport } from '../verbs/access.ts';
import type { UnmanagedWay } from '../verbs/unmanaged-ways.ts';
import { placeText } from './findings-text.ts';
import { tame } from './style.ts';

/** What a key may do beside running a command. */
export function allowWords({ allow }: KeyDetail): readonly string[] {
  return [
    ...(allow.pty ? ['pty'] : []),
    ...(allow.agentForwarding ? ['agent-forwarding'] : []),
    ...(allow.x11 ? ['x11'] : []),
    ...allow.forwardTo.map((to) => `forward-to ${to}`),
  ];
}

/** `root: /usr/bin/id`, one for each. */
export function sudoWords({ sudo }: AccessDetail): readonly string[] {
  return sudo.map(
    ({ runAs, command, until }) =>
      `${runAs}: ${command}${until === undefined ? '' : ` (until ${formatInstant(until)})`}`,
  );
}

/** `password made 2026-10-01, last used 2026-11-24`, one for each. */
export function credentialWords({ credentials = [] }: AccessDetail): readonly string[] {
  return credentials.map(({ kind, subject, active, made, used }) => {
    const name = `${kind.replaceAll('-', ' ')}${subject === undefined ? '' : ` ${subject}`}`;
    return `${name}${active ? '' : ', inactive,'} ${agesText({ made, used })}`;
  });
}

export function ruleWords({ by }: AccessDetail): readonly string[] {
  if (by.kind === 'policy-of-release') return [`the policy of release ${by.release}, which is not here`];
  return by.rules.map(({ name, place }) => `${name} (${placeText(place)})`);
}

/** What the target's own receipt shows of it. */
export function confirmedWords(confirmed: Confirmed | undefined): string {
  if (confirmed === undefined) return 'not asked';
  switch (confirmed.state) {
    case 'never-heard':
      return 'never heard from';
    case 'not-believed':
      return `receipt not believed: ${confirmed.why}`;
    case 'unknown':
      return `unknown: ${confirmed.why}`;
    case 'not-yet':
      return `not shown yet: release ${confirmed.release}, ${formatInstant(confirmed.time)}`;
    case 'confirmed': {
      const word = confirmed.proof === 'signed' ? 'confirmed' : 'says so, unsigned';
      return `${word}: release ${confirmed.release}, ${formatInstant(confirmed.time)}`;
    }
  }
}

export function sinceWords({ since }: AccessDetail): string {
  if (since === undefined) return 'in no signed release yet';
  return `release ${since.release}, ${formatInstant(since.issued)}, signed by ${since.signedBy.join(', ')}`;
}

/**
 * Since when a target says so of a way in, which is not when it was last looked at: an answer that names the same ways
 * again is not kept. Of one that is accepted and was not named: gone, or nobody looked.
 */
export function wayWords({ seen, looked, asOf }: Pick<UnmanagedWay, 'seen' | 'looked' | 'asOf'>): string {
  const when = asOf === undefined ? '' : `, as it says since ${formatInstant(asOf)}`;
  if (seen) return `there${when}`;
  return looked ? `not there${when}` : 'no receipt here looked for it: keyward drift';
}

/** The targets of which nobody knows what else lets in, with why; none known is another thing than nobody knows. */
export function unknownWays(targets: AccessReport['targets']): readonly { readonly target: string; readonly why: string }[] {
  return targets.flatMap(({ name, ways }) => {
    if (ways === undefined || ways.state === 'told') return [];
    return [{ target: name, why: ways.state === 'never-told' ? 'no answer here tells of ways in' : ways.why }];
  });
}

/** The same in a sentence for each reason; at another day nobody can look any more. */
export function unknownWaysLines({ targets, read }: Pick<AccessReport, 'targets' | 'read'>): readonly string[] {
  const byReason = Map.groupBy(unknownWays(targets), ({ why }) => why);
  const next = read.at === undefined ? '; `keyward drift` asks' : '';
  return [...byReason].map(([why, those]) => {
    const names = those.map(({ target }) => tame(target));
    const shown = names.length <= 6 ? names.join(', ') : `${names.slice(0, 5).join(', ')} and ${names.length - 5} more`;
    return `What else lets in to ${shown} is unknown: ${tame(why)}${next}.`;
  });
}
