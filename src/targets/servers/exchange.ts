/** A parcel handed to a server, and its answer proved: the receipt by the pinned host key, this target and this nonce. */
import { parseId } from '../../core/access/ids.ts';
import { isSubjectId } from '../../core/access/ids.ts';
import { Failure } from '../../core/failure.ts';
import { bytesOf, readAnswer, verifyReceipt, writeBundle } from '../../core/texts/index.ts';
import type { TextCrypto } from '../../core/texts/index.ts';
import type { Answer, Outcome, Parcel, TargetPlace } from '../../world.ts';
import type { Carried, Carry } from './carried.ts';
import { plain, unknown, withoutValue } from './why-not.ts';

/** Throws `internal` or `text` for a parcel that no receiver would take; never for what the server does. */
export async function exchange(
  place: TargetPlace,
  parcel: Parcel,
  carry: Carry,
  crypto: TextCrypto,
): Promise<Outcome<Answer>> {
  const carried = await carry(bytesOf(bundleOf(parcel)));
  if (carried.kind !== 'done') return withoutValue(carried);
  return answerOf(place, parcel.nonce, carried.value, crypto);
}

function bundleOf(parcel: Parcel): string {
  const about = parcel.about.filter(isSubjectId);
  if (about.length < parcel.about.length)
    throw new Failure('internal', 'a parcel asks about something that is no employee or machine');
  const { nonce, revocations, releases, manifest } = parcel;
  return writeBundle({ nonce, about, revocations, releases, ...(manifest === undefined ? {} : { manifest }) });
}

/** The answer that these bytes prove to be, for this place and nonce. */
function answerOf(place: TargetPlace, nonce: string, carried: Carried, crypto: TextCrypto): Outcome<Answer> {
  if (carried.stdout.length === 0) return withoutReceipt(carried);
  try {
    const frame = readAnswer(carried.stdout, `the answer of ${place.name}`);
    const of = { organization: place.organization, target: parseId(place.id, 'srv'), hostKeys: place.hostKeys, nonce };
    const { value } = verifyReceipt(frame.receipt, of, crypto, `the receipt of ${place.name}`);
    const { receipt: signed, revocations, conflicts } = frame;
    return { kind: 'done', value: { receipt: value, signed, proof: 'signed', revocations, conflicts } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // Read, and not what it must be, is a no; not to be read at all is no answer.
    if (error.code === 'trust' || error.code === 'signature')
      return { kind: 'refused', why: `its receipt proves nothing: ${error.message}` };
    return unknown(`what it answered cannot be read: ${error.message}`);
  }
}

/** Nothing on standard output: the last line on standard error says why, where the receiver ran. */
function withoutReceipt({ stderr, status }: Carried): Outcome<Answer> {
  const last = plain(stderr.trimEnd().split('\n').at(-1) ?? '');
  const refused = /^refused: (.+)$/.exec(last)?.[1];
  if (refused !== undefined) return { kind: 'refused', why: `the receiver refused the bundle: ${refused}` };
  const ended = status === undefined ? 'it was ended by a signal' : `exit status ${status}`;
  return unknown(`the receiver gave no receipt (${ended}${last === '' ? '' : `; it said: ${last}`})`);
}
