/** One access in words that fit a cell: shared by the formats that are tables. */
import { formatInstant } from '../core/access/index.ts';
import { agesText } from '../core/texts/index.ts';
import type { AccessDetail, Confirmed, KeyDetail } from '../verbs/access-detail.ts';
import { placeText } from './findings-text.ts';

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

/** A way in that the newest receipt does not name: gone, or nobody looked since. */
export function unseenWords(looked: boolean): string {
  return looked ? 'not there when it was last looked for' : 'no receipt here looked for it: keyward drift';
}
