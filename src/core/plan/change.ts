/** One difference between two releases, and the order in which differences are told: what widens comes first. */
import type { RuleSource, SubjectId, TargetId } from '../access/index.ts';

type Direction = 'widens' | 'narrows' | 'neutral';

/** Every kind of change with the way it goes, in the order in which they are told. */
const CHANGES = {
  'gains-access': 'widens',
  'takes-over-account': 'widens',
  'adopts-account': 'widens',
  'gains-sudo': 'widens',
  'gains-right': 'widens',
  'gains-option': 'widens',
  'gains-source': 'widens',
  'command-lifted': 'widens',
  'command-changed': 'widens',
  'ends-later': 'widens',
  'gains-key': 'widens',
  // What bounds everybody's login at a provider, or which account it is: a person must look.
  'setting-changed': 'widens',
  'loses-access': 'narrows',
  'loses-sudo': 'narrows',
  'loses-right': 'narrows',
  'loses-option': 'narrows',
  'loses-source': 'narrows',
  'command-fixed': 'narrows',
  'ends-earlier': 'narrows',
  'loses-key': 'narrows',
  'uid-changed': 'neutral',
  'server-added': 'neutral',
  'server-gone': 'neutral',
  'provider-added': 'neutral',
  'provider-gone': 'neutral',
  'host-key-added': 'neutral',
  'host-key-gone': 'neutral',
  'way-in-accepted': 'neutral',
  'way-in-not-accepted': 'neutral',
  'signer-added': 'widens',
  'signer-gone': 'narrows',
  'signer-key-added': 'widens',
  'signer-key-gone': 'narrows',
  'threshold-lowered': 'widens',
  'threshold-raised': 'narrows',
  'courier-added': 'neutral',
  'courier-gone': 'neutral',
  'revocation-counted': 'narrows',
  'revocation-undone': 'widens',
  'receiver-changed': 'neutral',
} as const satisfies Record<string, Direction>;

export type ChangeKind = keyof typeof CHANGES;

/** An id with the name the policy gives it; the id itself where the policy knows it no more. */
export interface Named<Id extends string> {
  readonly id: Id;
  readonly name: string;
}

export interface Change {
  readonly kind: ChangeKind;
  readonly direction: Direction;
  readonly person?: Named<SubjectId>;
  readonly server?: Named<TargetId>;
  /** The Unix account it is about. */
  readonly account?: string;
  /** What exactly, in a few words: `sudo as root: /usr/bin/id`, `until 2027-01-31T18:00:00Z`. */
  readonly detail: string;
  /** The rules of the policy that say so, where it widens. */
  readonly rules: readonly RuleSource[];
}

/** What a change has besides kind and direction. */
export type ChangeParts = Partial<Pick<Change, 'person' | 'server' | 'account' | 'rules'>>;

export function change(kind: ChangeKind, detail: string, { rules = [], ...parts }: ChangeParts = {}): Change {
  return { kind, direction: CHANGES[kind], ...parts, detail, rules };
}

const ORDER = new Map(Object.keys(CHANGES).map((kind, i) => [kind, i]));

/** By kind as listed above, then person, server, account and detail. */
export function inOrder(changes: readonly Change[]): readonly Change[] {
  const name = ({ person, server, account, detail }: Change): string =>
    [person?.name, person?.id, server?.name, server?.id, account, detail].map((part) => part ?? '').join('\n');
  const named = changes.map((one) => ({ one, place: ORDER.get(one.kind) ?? 0, name: name(one) }));
  named.sort((a, b) => a.place - b.place || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  return named.map(({ one }) => one);
}

/** The same changes with what this person gains in front: what a signer must see before signing. */
export function ownGainsFirst(changes: readonly Change[], person: SubjectId): readonly Change[] {
  const own = (one: Change): boolean => one.direction === 'widens' && one.person?.id === person;
  return [...changes.filter(own), ...changes.filter((one) => !own(one))];
}
