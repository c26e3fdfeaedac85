/**
 * How the texts travel: a request and texts, each followed by its signatures; an answer is framed the same way. Section 7
 * of docs/formats.md. No line of a text begins with `keyward-` or `-----`, so the frame needs no lengths.
 *
 * Taking a frame apart believes nothing: what comes out are texts with the signatures that lay beside them.
 */
import type { SubjectId } from '../access/index.ts';
import { hash, subject } from './fields.ts';
import type { Hash } from './fields.ts';
import { CAPS, linesOf, many, one, text } from './grammar.ts';
import { refusal } from './reasons.ts';
import type { SignedText } from './signatures.ts';

/** What a target is asked. */
export interface Request {
  /** The receipt must hold it: it shows that the answer is younger than the question. */
  readonly nonce: Hash;
  /** Whose running things are to be told. */
  readonly about: readonly SubjectId[];
}

/** Reads and writes requests. */
export const request = text<Request>(
  'request',
  { nonce: one('nonce', hash), about: many('about', subject) },
  CAPS.request,
);

/** What a target is given at once. */
export interface Bundle extends Request {
  readonly revocations: readonly SignedText[];
  /** Oldest first: each that changed the signer set, then the newest. */
  readonly releases: readonly SignedText[];
  /** The target's own, of the newest release. */
  readonly manifest?: string;
}

/** What a target hands back, as it came. */
export interface AnswerFrame {
  readonly receipt: SignedText;
  readonly revocations: readonly SignedText[];
  readonly conflicts: readonly SignedText[];
}

/** One text of a frame, with its kind. */
export interface Framed extends SignedText {
  /** `release` of `keyward-release v1`. */
  readonly kind: string;
}

const BEGIN = '-----BEGIN SSH SIGNATURE-----';
const END = '-----END SSH SIGNATURE-----';

/** The bytes of a text with its signatures behind it: how a revocation and a receipt are stored. */
export function joinSigned(signed: SignedText): string {
  return [signed.text, ...signed.signatures].join('');
}

/** One text of this kind with its signatures, and nothing else. */
export function splitSigned(input: Uint8Array | string, kind: string, name = kind): SignedText {
  const [first, ...more] = splitFrame(input, name);
  if (first === undefined || first.kind !== kind || more.length > 0) {
    throw refusal('unknown-text', `this is not one ${kind} with its signatures`, { text: name });
  }
  return { text: first.text, signatures: first.signatures };
}

/** The bytes to hand to a target. Throws when they would be more than a receiver takes. */
export function writeBundle(bundle: Bundle): string {
  const asked = request.write({ nonce: bundle.nonce, about: bundle.about });
  const texts = [...bundle.revocations, ...bundle.releases].map(joinSigned);
  const written = [asked, ...texts, bundle.manifest ?? ''].join('');
  readBundle(written);
  return written;
}

/** Takes a bundle apart, as a receiver does. */
export function readBundle(input: Uint8Array | string, name = 'bundle'): Bundle {
  const [first, ...rest] = splitFrame(input, name);
  if (first?.kind !== 'request' || first.signatures.length > 0) {
    throw refusal('no-request', 'it does not begin with a request', { text: name, line: 1 });
  }
  const { nonce, about } = request.parse(first.text, name);
  const parts = inOrder(rest, ['revocation', 'release', 'manifest'], name);
  const [manifest, ...more] = parts.manifest ?? [];
  if (more.length > 0) throw refusal('too-many', 'more than one manifest', { text: name });
  if (manifest !== undefined && manifest.signatures.length > 0) {
    throw refusal('spelling', 'a manifest is not signed itself', { text: name });
  }
  const frame = { nonce, about, revocations: parts.revocation ?? [], releases: parts.release ?? [] };
  return manifest === undefined ? frame : { ...frame, manifest: manifest.text };
}

/** Takes an answer apart. */
export function readAnswer(input: Uint8Array | string, name = 'answer'): AnswerFrame {
  const [first, ...rest] = splitFrame(input, name);
  if (first?.kind !== 'receipt')
    throw refusal('unknown-text', 'it does not begin with a receipt', { text: name, line: 1 });
  const parts = inOrder(rest, ['revocation', 'release'], name);
  return {
    receipt: { text: first.text, signatures: first.signatures },
    revocations: parts.revocation ?? [],
    conflicts: parts.release ?? [],
  };
}

/** The bytes of an answer: what a provider's adapter writes, and tests. */
export function writeAnswer(answer: AnswerFrame): string {
  return [answer.receipt, ...answer.revocations, ...answer.conflicts].map(joinSigned).join('');
}

/** Texts one after another, each with the signatures behind it. */
export function splitFrame(input: Uint8Array | string, name: string): readonly Framed[] {
  const lines = linesOf(input, CAPS.bundle, name);
  const framed: { kind: string; lines: string[]; signatures: string[] }[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i] ?? '';
    const current = framed.at(-1);
    if (line.startsWith('keyward-')) {
      framed.push({ kind: kindOf(line, name, i + 1), lines: [line], signatures: [] });
    } else if (line === BEGIN && current !== undefined) {
      const end = lines.indexOf(END, i);
      if (end < 0) throw refusal('spelling', 'a signature does not end', { text: name, line: i + 1 });
      current.signatures.push(`${lines.slice(i, end + 1).join('\n')}\n`);
      i = end;
    } else if (current === undefined) {
      throw refusal('unknown-text', 'a line that belongs to no text', { text: name, line: i + 1 });
    } else if (line.startsWith('-----') || current.signatures.length > 0) {
      throw refusal('spelling', 'between a signature and the next text nothing may stand', { text: name, line: i + 1 });
    } else {
      current.lines.push(line);
    }
  }
  for (const { signatures } of framed) mustFit(signatures, name);
  return framed.map(({ kind, lines: own, signatures }) => ({ kind, text: `${own.join('\n')}\n`, signatures }));
}

function kindOf(line: string, name: string, number: number): string {
  const kind = /^keyward-([a-z]+) v1$/.exec(line)?.[1];
  if (kind === undefined)
    throw refusal('unknown-text', 'a text of a kind or version unknown here', { text: name, line: number });
  return kind;
}

function mustFit(signatures: readonly string[], name: string): void {
  if (signatures.length > CAPS.signaturesForEachText) {
    throw refusal('too-many', `${signatures.length} signatures for one text`, { text: name });
  }
  if (signatures.some((armored) => armored.length > CAPS.signature)) {
    throw refusal('too-large', `a signature of more than ${CAPS.signature} bytes`, { text: name });
  }
}

const MOST: Readonly<Record<string, number>> = { revocation: CAPS.revocations, release: CAPS.releases };

function inOrder(
  framed: readonly Framed[],
  kinds: readonly string[],
  name: string,
): Readonly<Record<string, readonly SignedText[]>> {
  const parts: Record<string, SignedText[]> = {};
  let reached = 0;
  for (const { kind, text: written, signatures } of framed) {
    const place = kinds.indexOf(kind);
    if (place < 0) throw refusal('unknown-text', `a ${kind} does not belong here`, { text: name });
    if (place < reached) throw refusal('spelling', `a ${kind} stands behind a ${kinds[reached] ?? ''}`, { text: name });
    reached = place;
    const part = (parts[kind] ??= []);
    part.push({ text: written, signatures });
    if (part.length > (MOST[kind] ?? Infinity))
      throw refusal('too-many', `more than ${MOST[kind] ?? 0} texts of one kind`, { text: name });
  }
  return parts;
}
