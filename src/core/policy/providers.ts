/**
 * What a provider's entry means: settings that hold for the whole of it, and grants whose rights are in the provider's own
 * words. The one page that knows which field of the policy becomes which right or setting; a further kind of provider
 * is a further function here (docs/providers.md).
 */
import { ALLOW_NOTHING, PROVIDER_WAYS } from '../access/index.ts';
import type { Accepted, Grant, Instant, Person, ProviderId, Right, SubjectId } from '../access/index.ts';
import type { Entry } from './at.ts';
import type { Provider, Setting } from './compiled.ts';
import { endFor, endOf, hasEnded } from './reach-of-rules.ts';
import type { Reaches } from './reach-of-rules.ts';
import type { WrittenProvider, WrittenProviderAccepted, WrittenProviderRule } from './written.ts';

/** The provider as it holds at `now`; people who left or have ended are granted nothing. */
export function providerOf(
  organization: string,
  provider: Entry<WrittenProvider>,
  reaches: Reaches,
  people: ReadonlyMap<SubjectId, Person>,
  now: Instant,
): Provider {
  const { name, value } = provider;
  return {
    name,
    id: value.id as ProviderId,
    kind: value.kind,
    settings: settingsOf(organization, value),
    accepted: (value.accepted ?? []).flatMap(acceptedOf),
    mayGive: { groups: all(value, 'groups'), policies: all(value, 'managed-policies') },
    grants: grantsOf(provider, reaches, people, now),
  };
}

/** What is listed for the whole of it; where nothing is, what its rules give. */
function all(value: WrittenProvider, field: 'groups' | 'managed-policies'): readonly string[] {
  return [...new Set(value[field] ?? value.rules.flatMap((rule) => rule[field] ?? []))].sort();
}

function grantsOf(
  { name, value, at }: Entry<WrittenProvider>,
  reaches: Reaches,
  people: ReadonlyMap<SubjectId, Person>,
  now: Instant,
): readonly Grant[] {
  return value.rules.flatMap((rule, index): Grant[] => {
    const until = endOf(rule);
    if (hasEnded(until, now)) return [];
    const rights = rightsOf(rule);
    const source = { name: rule.name ?? `${name} rule ${index + 1}`, place: at.value('rules', index) };
    return reaches.to(rule.to).flatMap((handle) => {
      const entry = reaches.people[reaches.numberOfPerson.get(handle) ?? -1];
      const person = entry === undefined ? undefined : people.get(entry.value.id as SubjectId);
      if (entry === undefined || person === undefined) return [];
      const end = endFor(until, entry.value);
      return [
        {
          person: person.id,
          server: value.id as ProviderId,
          account: person.account,
          ...(end === undefined ? {} : { until: end }),
          allow: ALLOW_NOTHING,
          sudo: [],
          rights,
          rule: source,
        },
      ];
    });
  });
}

/**
 * Everything is said, what was left out as well: a signed manifest must not mean something else with the next keyward.
 * Only a limit that nobody set is not there.
 */
function settingsOf(organization: string, value: WrittenProvider): readonly Setting[] {
  const path = value.path ?? `/keyward/${organization}/`;
  const password = value['password-policy'] ?? {};
  const limit = (name: string, days: number | undefined): readonly Setting[] => (days === undefined ? [] : [{ name, value: String(days) }]);
  const said = (isAsked: boolean | undefined): string => (isAsked === false ? 'no' : 'yes');
  return [
    { name: 'account-id', value: value['account-id'] },
    { name: 'boundary', value: value.boundary ?? `arn:aws:iam::${value['account-id']}:policy${path}boundary` },
    { name: 'hold-days', value: String(value['hold-days'] ?? 7) },
    ...limit('oldest-access-key', value.oldest?.['access-key']),
    ...limit('oldest-password', value.oldest?.password),
    ...limit('oldest-unused', value.oldest?.unused),
    { name: 'password-length', value: String(password.length ?? 8) },
    { name: 'password-numbers', value: said(password.numbers) },
    { name: 'password-remembered', value: String(password.remembered ?? 1) },
    { name: 'password-symbols', value: said(password.symbols) },
    { name: 'path', value: path },
  ];
}

function acceptedOf(value: WrittenProviderAccepted): readonly Accepted[] {
  return PROVIDER_WAYS.flatMap((kind) => {
    const subject = value[kind];
    return subject === undefined ? [] : [{ kind, subject, ...(value.account === undefined ? {} : { account: value.account }) }];
  });
}

function rightsOf(rule: WrittenProviderRule): readonly Right[] {
  return [
    ...[...new Set(rule.groups ?? [])].sort().map((value) => ({ what: 'group', value })),
    ...[...new Set(rule['managed-policies'] ?? [])].sort().map((value) => ({ what: 'managed-policy', value })),
    ...(rule.console === true ? [{ what: 'console', value: 'yes' }] : []),
    ...(rule.mfa === 'required' ? [{ what: 'mfa', value: 'required' }] : []),
  ];
}
