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
  /** Ends of single rights before it, and what remains after each. */
  readonly ends: readonly { readonly at: Instant; readonly groups: readonly string[]; readonly policies: readonly string[] }[];
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
        ends: endsOf(rights, end),
      },
    ];
  });
}

/** The ends before the login's own, each with what remains after it; an end of something that AWS can hold back only. */
function endsOf(rights: readonly { readonly what: string; readonly value: string; readonly end: Instant | undefined }[], last: Instant | undefined): Meant['ends'] {
  const held = rights.filter(({ what }) => what === 'group' || what === 'managed-policy');
  const early = [...new Set(held.flatMap(({ end }) => (end !== undefined && compareEnds(end, last) < 0 ? [end] : [])))].sort((a, b) => a - b);
  return early.map((at) => {
    const stays = held.filter(({ end }) => compareEnds(end, at) > 0);
    const of = (kind: string): readonly string[] => stays.filter(({ what }) => what === kind).map(({ value }) => value);
    return { at, groups: of('group'), policies: of('managed-policy') };
  });
}
