/**
 * What targets said last, as far as this repository knows: `receipts/<target>`, each verified by a host key of the signed
 * manifest. A provider has no host key, so its receipt is only what somebody wrote down that it says. A receipt is stored again only when it says something new, so its time tells since when it says so.
 */
import { Failure } from '../core/failure.ts';
import { reasonOf, receipt as receiptText, splitSigned, verifyReceipt } from '../core/texts/index.ts';
import type { Receipt, ReceiptOf } from '../core/texts/index.ts';
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

export interface Heard {
  readonly target: KnownTarget;
  readonly stored: StoredReceipt;
}

export interface StoredReceipts {
  /** One for each target of the newest release, by name. */
  readonly heard: readonly Heard[];
  /** Files in receipts/ that belong to no target of the newest release. */
  readonly strays: readonly string[];
  of(target: string): StoredReceipt;
}

export async function readReceipts(world: World, clone: Clone): Promise<StoredReceipts> {
  return judgeReceipts(world, clone, await world.repository.read(['receipts']));
}

/** The same of files that were read already, by path. */
export function judgeReceipts(world: World, clone: Clone, files: ReadonlyMap<string, Uint8Array>): StoredReceipts {
  const targets = [...knownTargets(clone)].sort((a, b) => (a.name < b.name ? -1 : 1));
  const heard = targets.map((target) => ({
    target,
    stored: believe(world, clone, target, files.get(`receipts/${target.name}`)),
  }));
  const known = new Set(targets.map((target) => `receipts/${target.name}`));
  const byId = new Map(heard.map(({ target, stored }) => [target.id, stored]));
  return {
    heard,
    strays: [...files.keys()].filter((path) => !known.has(path)),
    of: (target) => byId.get(target) ?? { kind: 'none' },
  };
}

function believe(world: World, clone: Clone, target: KnownTarget, bytes: Uint8Array | undefined): StoredReceipt {
  if (bytes === undefined) return { kind: 'none' };
  const name = `receipts/${target.name}`;
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
