/**
 * What a provider's entry means: settings that hold for the whole of it, and grants whose rights are in the provider's own
 * words. The one page that knows which field of the policy becomes which right or setting; a further kind of provider
 * is a further function here (docs/providers.md).
 */
import { ALLOW_NOTHING } from '../access/index.ts';
import type { Grant, Instant, Person, ProviderId, Right, SubjectId } from '../access/index.ts';
import type { Entry } from './at.ts';
import type { Provider, Setting } from './compiled.ts';
import { endFor, endOf, hasEnded } from './reach-of-rules.ts';
import type { Reaches } from './reach-of-rules.ts';
import type { WrittenProvider, WrittenProviderRule } from './written.ts';

/** The provider as it holds at `now`; people who left or have ended are granted nothing. */
export function providerOf(
  provider: Entry<WrittenProvider>,
  reaches: Reaches,
  people: ReadonlyMap<SubjectId, Person>,
  now: Instant,
): Provider {
  const { name, value, at } = provider;
  const grants = value.rules.flatMap((rule, index): Grant[] => {
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
  return { name, id: value.id as ProviderId, kind: value.kind, settings: settingsOf(value), accepted: [], grants };
}

function settingsOf(value: WrittenProvider): readonly Setting[] {
  return [
    { name: 'account-id', value: value['account-id'] },
    ...(value.path === undefined ? [] : [{ name: 'path', value: value.path }]),
  ];
}

function rightsOf(rule: WrittenProviderRule): readonly Right[] {
  return [
    ...[...new Set(rule.groups ?? [])].sort().map((value) => ({ what: 'group', value })),
    ...[...new Set(rule['managed-policies'] ?? [])].sort().map((value) => ({ what: 'managed-policy', value })),
    ...(rule.console === true ? [{ what: 'console', value: 'yes' }] : []),
    ...(rule.mfa === 'required' ? [{ what: 'mfa', value: 'required' }] : []),
  ];
}
