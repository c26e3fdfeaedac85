/**
 * What targets said last, as far as this repository knows: `receipts/<target>`, each verified by a host key of the signed
 * manifest. A provider has no host key, so its receipt is only what somebody wrote down that it says. A receipt is stored again only when it says something new, so its time tells since when it says so.
 *
 * A server tells of ways in only when it is asked for nothing else, so the answer to a delivery takes the place of one that
 * told of them. The newest that did is kept beside it, as `receipts/<target>.look`.
 */
import type { Instant } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { reasonOf, receipt as receiptText, splitSigned, verifyReceipt } from '../core/texts/index.ts';
import type { Receipt, ReceiptOf, WayIn } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { latin1 } from './clone.ts';
import type { Clone } from './clone.ts';
import { knownTargets } from './known-targets.ts';
import type { KnownTarget } from './known-targets.ts';

/** `none`: nobody stored one here. `not-believed`: what lies there proves nothing. */
export type StoredReceipt =
  | { readonly kind: 'believed'; readonly receipt: Receipt; readonly proof: 'signed' | 'says' }
  | { readonly kind: 'not-believed'; readonly why: string }
  | { readonly kind: 'none' };

/** `seen`: what it told of ways in when it last told of them at all. `never`: no answer here does, which is not "no ways in". */
export type LastLook =
  | { readonly kind: 'seen'; readonly waysIn: readonly WayIn[]; readonly time: Instant; readonly proof: 'signed' | 'says' }
  | { readonly kind: 'not-believed'; readonly why: string }
  | { readonly kind: 'never' };

export interface Heard {
  readonly target: KnownTarget;
  readonly stored: StoredReceipt;
  readonly look: LastLook;
}

export interface StoredReceipts {
  /** One for each target of the newest release, by name. */
  readonly heard: readonly Heard[];
  /** Files in receipts/ that belong to no target of the newest release. */
  readonly strays: readonly string[];
  of(target: string): StoredReceipt;
  look(target: string): LastLook;
}

/** Where the newest answer of a target lies, by its name; names have no dot. */
export const receiptPath = (name: string): string => `receipts/${name}`;
/** Where the newest answer lies that told of ways in. */
export const lookPath = (name: string): string => `receipts/${name}.look`;

export async function readReceipts(world: World, clone: Clone): Promise<StoredReceipts> {
  return judgeReceipts(world, clone, await readReceiptFiles(world));
}

/** The files of receipts/. One that cannot be read proves nothing: it stands here without bytes. */
export async function readReceiptFiles({ repository }: World): Promise<ReadonlyMap<string, Uint8Array>> {
  const unread = new Map<string, Uint8Array>();
  const files = await repository.read(['receipts'], (path) => void unread.set(path, new Uint8Array()));
  return new Map([...files, ...unread]);
}

/** The same of files that were read already, by path. */
export function judgeReceipts(world: World, clone: Clone, files: ReadonlyMap<string, Uint8Array>): StoredReceipts {
  const targets = [...knownTargets(clone)].sort((a, b) => (a.name < b.name ? -1 : 1));
  const heard = targets.map((target): Heard => {
    const [bytes, kept] = [files.get(receiptPath(target.name)), files.get(lookPath(target.name))];
    const stored = believe(world, clone, target, bytes);
    const isSame = bytes !== undefined && kept !== undefined && latin1(bytes) === latin1(kept);
    return { target, stored, look: lastLook(isSame ? [stored] : [stored, believe(world, clone, target, kept)]) };
  });
  const known = new Set(targets.flatMap(({ name }) => [receiptPath(name), lookPath(name)]));
  const byId = new Map(heard.map((one) => [one.target.id, one]));
  return {
    heard,
    strays: [...files.keys()].filter((path) => !known.has(path)),
    of: (target) => byId.get(target)?.stored ?? { kind: 'none' },
    look: (target) => byId.get(target)?.look ?? { kind: 'never' },
  };
}

/** By the newest of these that tells of ways in. */
export function lastLook(answers: readonly StoredReceipt[]): LastLook {
  const [first, ...others] = answers.flatMap((one) => (one.kind === 'believed' && tellsOfWays(one) ? [one] : []));
  if (first === undefined) return answers.find((one) => one.kind === 'not-believed') ?? { kind: 'never' };
  const { receipt, proof } = others.reduce((a, b) => (b.receipt.time > a.receipt.time ? b : a), first);
  return { kind: 'seen', waysIn: receipt.waysIn, time: receipt.time, proof };
}

/** A provider always does. A server looks through its sudoers files for nothing else. */
export function tellsOfWays({ receipt, proof }: { readonly receipt: Receipt; readonly proof: 'signed' | 'says' }): boolean {
  return proof === 'says' || receipt.waysIn.length > 0 || receipt.looked.some(({ what }) => what === 'sudoers-file');
}

function believe(world: World, clone: Clone, target: KnownTarget, bytes: Uint8Array | undefined): StoredReceipt {
  if (bytes === undefined) return { kind: 'none' };
  const name = receiptPath(target.name);
  const { hostKeys, nextHostKeys, target: id } = target.manifest;
  const of = { organization: clone.organization, target: id, hostKeys: [...hostKeys, ...nextHostKeys] };
  return believeReceipt(world, of, bytes, name);
}

/** Judges the bytes of one receipt. Without host keys it is a provider's, and only says so. */
export function believeReceipt(world: World, of: ReceiptOf, bytes: Uint8Array, name: string): StoredReceipt {
  try {
    const signed = splitSigned(latin1(bytes), 'receipt', name);
    if (of.hostKeys.length === 0) return saidBy(signed.text, of, name);
    return { kind: 'believed', receipt: verifyReceipt(signed, of, world.crypto, name).value, proof: 'signed' };
  } catch (error) {
    if (reasonOf(error) === undefined || !(error instanceof Failure)) throw error;
    return { kind: 'not-believed', why: error.message };
  }
}

function saidBy(text: string, of: ReceiptOf, name: string): StoredReceipt {
  const receipt = receiptText.parse(text, name);
  const isIts = receipt.organization === of.organization && receipt.target === of.target;
  return isIts
    ? { kind: 'believed', receipt, proof: 'says' }
    : { kind: 'not-believed', why: 'it is of another target' };
}
