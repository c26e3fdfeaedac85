/** What enrolling found on a server before anything was changed. Section 10 of docs/formats.md. Unsigned. */
import type { ServerId } from '../access/index.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import { splitFrame } from './bundle.ts';
import { count, foundAccount, id, key, name, oneOf, row, word } from './fields.ts';
import { CAPS, many, maybe, one, some, text } from './grammar.ts';
import type { Table } from './grammar.ts';
import { refusal } from './reasons.ts';
import { enrolledLine, lookedLine, wayInLine } from './receipt.ts';
import type { Enrolled, Looked, WayIn } from './receipt.ts';
import type { SignedText } from './signatures.ts';

/** An account with a login shell. */
export interface FoundAccount {
  readonly account: string;
  readonly uid: number;
  /** `locked`: expired; `managed`: in keyward's group already. */
  readonly state: 'open' | 'locked' | 'managed';
}

export interface Found {
  readonly organization: string;
  readonly target: ServerId;
  /** Such as `9.2p1`. */
  readonly openssh: string;
  readonly hostKeys: readonly PublicKey[];
  /** Undefined: it was never enrolled. */
  readonly enrolled: Enrolled | undefined;
  readonly accounts: readonly FoundAccount[];
  readonly looked: readonly Looked[];
  readonly waysIn: readonly WayIn[];
}

const TABLE: Table<Found> = {
  organization: one('organization', name),
  target: one('target', id('srv')),
  openssh: one('openssh', word),
  hostKeys: some('host-key', key),
  enrolled: maybe('enrolled', enrolledLine),
  accounts: many(
    'account',
    row<FoundAccount>({ account: foundAccount, uid: count, state: oneOf('open', 'locked', 'managed') }),
  ),
  looked: some('looked', lookedLine),
  waysIn: many('way-in', wayInLine),
};

/** Reads and writes what was found. */
export const found = text('found', TABLE, CAPS.receipt);

/** What enrolling printed: what it found and, where something was installed, the first receipt. */
export function readEnrolment(
  input: Uint8Array | string,
  label = 'enrolment',
): { readonly found: Found; readonly receipt: SignedText | undefined } {
  const [first, second, ...more] = splitFrame(input, label);
  if (first?.kind !== 'found' || first.signatures.length > 0) {
    throw refusal('unknown-text', 'it does not begin with what was found', { text: label, line: 1 });
  }
  if (more.length > 0 || (second !== undefined && second.kind !== 'receipt')) {
    throw refusal('unknown-text', 'behind what was found one receipt may stand, and nothing else', { text: label });
  }
  const receipt = second === undefined ? undefined : { text: second.text, signatures: second.signatures };
  return { found: found.parse(first.text, label), receipt };
}
