/**
 * A key that signs or carries, taken away. It opens no account, so there is nothing to carry to a server, and a revocation
 * would touch neither (R21): its line goes, and the next release says so.
 */
import { Failure } from '../core/failure.ts';
import { compilePolicy } from '../core/policy/index.ts';
import { fingerprint, readPublicKey } from '../core/ssh/public-key.ts';
import { people } from '../core/texts/index.ts';
import type { Person } from '../core/access/index.ts';
import type { World } from '../world.ts';
import { latin1, mustCompile, signerSetOf, toBytes } from './clone.ts';
import type { Clone } from './clone.ts';
import type { KeyRevokeOptions, KeyRevokePreview } from './key.ts';
import type { LeavingSigner } from './leaving-signer.ts';
import { handlesOf } from './names.ts';

export interface OwnKeyReport {
  readonly handle: string;
  readonly fingerprint: string;
  readonly use: 'signs' | 'carries';
  /** Of a key that signs: how many must sign the release that leaves it out, and who can without it. */
  readonly signing?: LeavingSigner;
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

const FOLDERS = [
  ['signers', 'signs'],
  ['couriers', 'carries'],
] as const;

/** Undefined where the person neither signs nor carries with this key. Throws `policy` when there would be none without it. */
export async function takeOwnKey(world: World, clone: Clone, { handle, id }: Person, { fingerprint: print, dryRun }: Pick<KeyRevokeOptions, 'fingerprint' | 'dryRun'>): Promise<OwnKeyReport | KeyRevokePreview | undefined> {
  const isIt = (line: string): boolean => {
    const reading = readPublicKey(line.trim());
    return reading.ok && fingerprint(reading.key, world.crypto.sha256) === print;
  };
  for (const [folder, use] of FOLDERS) {
    const path = `${folder}/${handle}.pub`;
    const lines = latin1(clone.files.get(path) ?? new Uint8Array()).split('\n');
    const kept = lines.filter((line) => !isIt(line));
    if (kept.length === lines.length) continue;
    const files = new Map(clone.files);
    const isEmpty = kept.every((line) => line.trim() === '' || line.startsWith('#'));
    if (isEmpty) files.delete(path);
    else files.set(path, toBytes(kept.join('\n')));
    mustCompile(compilePolicy(files, clone.now, world.crypto.sha256));
    if (dryRun) return { handle, fingerprint: print, targets: [], wouldChange: [path] };
    if (!(await world.terminal.confirm(`Take ${print}, which ${use} for ${handle}, out of ${path}?`, handle))) {
      throw new Failure('risk', 'the key is not taken out; nothing was changed', { next: `--confirm ${handle} does it without asking` });
    }
    if (isEmpty) await world.repository.remove([path]);
    else await world.repository.write(new Map([[path, toBytes(kept.join('\n'))]]));
    const report = { handle, fingerprint: print, use, written: isEmpty ? [] : [path], removed: isEmpty ? [path] : [] };
    return use === 'signs' ? { ...report, signing: without(world, clone, id, print) } : report;
  }
  return undefined;
}

/** Who of the signers in force can sign without this key. */
function without(world: World, clone: Clone, id: Person['id'], print: string): LeavingSigner {
  const set = signerSetOf(clone.policy, clone.chain);
  const hasAnother = set.signers.some((line) => line.id === id && fingerprint(line.key, world.crypto.sha256) !== print);
  const remain = [...people(set)].filter((one) => one !== id || hasAnother);
  return { needs: set.threshold, remain: handlesOf(clone, remain) };
}
