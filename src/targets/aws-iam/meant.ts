/** What a manifest means for one login: groups, policies, console, and what bounds it. */
import { compareEnds, formatInstant } from '../../core/access/index.ts';
import type { Instant, SubjectId } from '../../core/access/index.ts';
import type { Manifest } from '../../core/texts/index.ts';
import { MFA_POLICY, policyArn, untilPolicy } from './settings.ts';
import type { AwsSettings } from './settings.ts';

export interface Meant {
  readonly id: SubjectId;
  readonly name: string;
  readonly groups: readonly string[];
  /** ARNs that only take away: until when, and nothing without MFA. They go first. */
  readonly fences: readonly string[];
  readonly policies: readonly string[];
  readonly console: boolean;
  readonly mfa: boolean;
  readonly until: Instant | undefined;
}

/** Everybody who has something there at this moment; who is revoked has nothing, whatever the lines say. */
export function meantBy(manifest: Manifest, settings: AwsSettings, out: ReadonlySet<string>, now: Instant): readonly Meant[] {
  return manifest.accounts.flatMap(({ id, account, end }) => {
    if (out.has(id) || compareEnds(now, end) > 0) return [];
    const rights = manifest.rights.filter((line) => line.id === id && compareEnds(now, line.end) <= 0);
    const of = (what: string): readonly string[] => rights.filter((line) => line.what === what).map((line) => line.value).sort();
    const mfa = of('mfa').includes('required');
    return [
      {
        id,
        name: account,
        groups: of('group'),
        fences: [...(mfa ? [policyArn(settings, MFA_POLICY)] : []), ...(end === undefined ? [] : [untilPolicy(settings, formatInstant(end))])],
        policies: of('managed-policy'),
        console: of('console').includes('yes'),
        mfa,
        until: end,
      },
    ];
  });
}
