/** What a plan says of a provider: what it is, what holds for the whole of it, and no risk that only servers have. */
import { expect, it } from 'vitest';
import { planChanges } from '../../../src/core/plan/index.ts';
import type { Plan, ReleaseState } from '../../../src/core/plan/index.ts';
import type { ProviderId } from '../../../src/core/access/index.ts';
import { manifest, renderer } from '../../../src/core/texts/index.ts';
import { sha } from '../texts/signing.ts';
import { state } from './organization.ts';

const ID = `aws_${'a'.repeat(26)}` as ProviderId;

function withProvider(settings: Readonly<Record<string, string>>): ReleaseState {
  const { release, manifests } = state({ grants: [] });
  const { provider } = renderer({ organization: 'acme', people: [], couriers: [], counted: [], undone: [] });
  const target = { id: ID, kind: 'aws-iam', settings: Object.entries(settings).map(([name, value]) => ({ name, value })), accepted: [] };
  const own = provider(target, []);
  return { release: { ...release, manifests: [...release.manifests, sha(manifest.write(own))] }, manifests: [...manifests, own] };
}

function told(before: ReleaseState, after: ReleaseState): Plan {
  const none = (): undefined => undefined;
  return planChanges(before, after, { person: none, target: none, revocation: none, fingerprint: (line) => line, grants: () => [], isOff: () => false });
}

it('says which account is added, first what widens, and names each setting that changes', () => {
  const one = { 'account-id': '123456789012', boundary: 'arn:aws:iam::123456789012:policy/a', 'hold-days': '7' };
  const added = told(state({ grants: [] }), withProvider(one));
  expect(added.changes.map(({ kind, detail }) => `${kind}: ${detail}`)).toEqual([
    'provider-added: aws-iam, account-id 123456789012, boundary arn:aws:iam::123456789012:policy/a, hold-days 7',
  ]);
  expect(told(withProvider(one), state({ grants: [] })).changes.map(({ kind }) => kind)).toEqual(['provider-gone']);
  const { boundary, ...rest } = one;
  const changed = told(withProvider(one), withProvider({ ...rest, boundary: 'arn:aws:iam::aws:policy/AdministratorAccess', 'hold-days': '0' }));
  expect(changed.changes.map(({ kind, direction, detail }) => `${kind} ${direction}: ${detail}`)).toEqual([
    `setting-changed widens: boundary arn:aws:iam::aws:policy/AdministratorAccess instead of ${boundary}`,
    'setting-changed widens: hold-days 0 instead of 7',
  ]);
});

it('sees no last courier where nothing is carried to', () => {
  const one = { 'account-id': '123456789012' };
  expect(told(withProvider(one), withProvider({ ...one, 'hold-days': '0' })).risks).toEqual([]);
});
