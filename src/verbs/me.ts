/** Who works on this device, and with which key they sign. */
import type { EmployeeId, Person } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { nearest } from '../core/policy/index.ts';
import { parsePublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { SignerSet } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import type { Clone } from './clone.ts';

export interface Me {
  readonly handle: string;
  readonly id: EmployeeId;
  readonly key: PublicKey;
  readonly file: string | undefined;
}

/** Throws `trust` when this device works as nobody or signs with no key. */
export function whoAmI(clone: Clone): Me {
  const { me, signingKey } = clone.settings;
  const next = '`keyward init` says who works here and which key signs';
  if (me === undefined || signingKey === undefined) throw new Failure('trust', 'this device has no signer yet', { next });
  const key = parsePublicKey(signingKey.publicLine);
  const person = clone.policy.people.find((one) => one.handle === me);
  // Whose the key is, the release says as well: a policy that lost its lines makes nobody a stranger.
  const signer = clone.chain?.newest.value.signers.find((one) => one.key.line === key.line);
  const id = person?.kind === 'employee' ? person.id : signer?.id;
  if (id === undefined) throw new Failure('trust', `${me}, who works here, is no employee of the policy`, { next });
  return { handle: me, id, key, file: signingKey.file };
}

/** Throws `trust` unless this person and this key are in one of the sets. */
export function mustBeIn(me: Me, sets: readonly SignerSet[]): void {
  if (sets.some((set) => set.signers.some((line) => line.id === me.id && line.key.line === me.key.line))) return;
  throw new Failure('trust', `${me.handle} with the key of this device is not among the signers`, {
    next: `signers/${me.handle}.pub lists a signer's keys; a new one counts once a release has said so`,
  });
}

/** Signs a text; what comes back was verified. */
export function signAs(world: World, me: Me, namespace: string, text: Uint8Array): Promise<string> {
  return world.signing.sign(me.key, me.file, namespace, text);
}

/** The person of a handle or an id. Throws `not-found` and names the likely one. */
export function mustFind(clone: Clone, asked: string): Person {
  const found = clone.policy.people.find(({ handle, id }) => asked === handle || asked === id);
  if (found !== undefined) return found;
  const handles = clone.policy.people.map((person) => person.handle);
  const one = nearest(asked, handles);
  const near = one === undefined ? handles.filter((handle) => handle.startsWith(asked.slice(0, 2))).slice(0, 3) : [one];
  throw new Failure('not-found', `the policy knows no ${asked}`, {
    next: near.length > 0 ? `did you mean ${near.join(' or ')}?` : '`keyward access` lists who is there',
  });
}
