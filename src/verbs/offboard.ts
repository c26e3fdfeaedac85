/**
 * Takes an employee or a machine out of every target, with proof: a revocation signed by one signer, carried to all at
 * once; `left:` in the policy. Whoever did not answer is named.
 */
import { formatInstant } from '../core/access/index.ts';
import type { SubjectId } from '../core/access/index.ts';
import { EXIT, Failure, worst } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import { readNames, setLeft } from '../core/policy/index.ts';
import type { Edited } from '../core/policy/index.ts';
import type { Running } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import type { Clone } from './clone.ts';
import { mustMean, readInForce } from './in-force.ts';
import { knownTargets } from './known-targets.ts';
import { leavingSigner, takeSigner } from './leaving-signer.ts';
import type { LeavingSigner } from './leaving-signer.ts';
import type { Before, Out } from './refusal-proof.ts';
import { carryOut, keysEver, lookBefore, makeRevocation, notLooked, statusOf, whoRevokes } from './revoke.ts';
import type { OutReport } from './revoke.ts';
import type { Limits } from './side-by-side.ts';
import { readReceiptFiles } from './stored-receipts.ts';
import { keepVerified } from './trust.ts';
import { waysLeft } from './ways-left.ts';
import type { WayLeft } from './ways-left.ts';

/** What is known before anything is taken away, to be said before it is asked. */
export interface OffboardPreview {
  readonly handle: string;
  readonly keys: number;
  /** Targets where the person has grants. */
  readonly reaches: readonly string[];
  /** Targets that were looked at: all, since a key may lie where nobody granted it, or none where `--confirm` said yes. */
  readonly targets: number;
  readonly running: readonly (Running & { readonly target: string })[];
  readonly unknown: readonly { readonly name: string; readonly why: string }[];
  /** The person signs as well: the next release takes that away. */
  readonly isSigner: boolean;
  /** Of a signer: whether those who remain are enough for that release. */
  readonly signing?: LeavingSigner;
}

export interface OffboardReport {
  readonly handle: string;
  readonly id: SubjectId;
  readonly revocation: { readonly path: string; readonly hash: string };
  readonly targets: readonly OutReport[];
  readonly waysLeft: readonly WayLeft[];
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly isSigner: boolean;
  readonly signing?: LeavingSigner;
  readonly threshold: number;
  /** False where the policy here could not be edited: somebody must write `left:`. */
  readonly leftIsWritten: boolean;
  readonly status: ExitStatus;
}

export interface OffboardOptions {
  readonly handle: string;
  readonly limits: Limits;
  readonly dryRun: boolean;
  show(preview: OffboardPreview): void;
}

export async function offboard(world: World, options: OffboardOptions): Promise<OffboardReport | OffboardPreview> {
  const clone = await readInForce(world, { for: 'act' });
  await keepVerified(world, clone);
  const person = mustMean(clone, options.handle);
  const me = whoRevokes(clone);
  const out: Out = { handle: person.handle, id: person.id, keys: keysEver(clone, person.id), about: person.id };
  const journal = await world.journals.begin(clone.organization, 'offboard', clone.now);
  await journal.append({ what: 'begin', id: person.id, keys: out.keys.length });
  const targets = knownTargets(clone);
  // Who said yes beforehand is shown nothing to decide upon, so nothing is waited for.
  const atOnce = !options.dryRun && world.terminal.isConfirmed(person.handle);
  const before = atOnce ? notLooked(world, clone, targets, out) : await lookBefore(world, clone, journal, targets, out, options.limits);
  const preview = previewOf(clone, out, before);
  options.show(preview);
  if (options.dryRun) return preview;
  await mustConfirm(world, person.handle);
  const receipts = await readReceiptFiles(world);
  const revocation = await makeRevocation(world, clone, journal, me, out);
  // Told first: the line in the policy takes nothing away.
  const [{ reports, written }, policy] = await Promise.all([carryOut(world, clone, journal, before, out, revocation, options.limits), writeLeft(world, clone, out)]);
  const removed = await takeSigner(world, person.handle);
  const status = worst([statusOf(reports), EXIT.done]);
  const paths = [...new Set([revocation.path, ...policy, ...written])].sort();
  await journal.append({ what: 'end', id: person.id, status, written: [...paths, ...removed] });
  return {
    handle: person.handle,
    id: person.id,
    revocation: { path: revocation.path, hash: revocation.hash },
    targets: [...reports].sort((a, b) => (a.name < b.name ? -1 : 1)),
    waysLeft: waysLeft(world, clone, out.keys, receipts),
    written: paths,
    removed,
    isSigner: preview.isSigner,
    ...(preview.signing === undefined ? {} : { signing: preview.signing }),
    threshold: clone.policy.threshold,
    leftIsWritten: policy.length > 0 || person.left !== undefined,
    status,
  };
}

async function mustConfirm(world: World, handle: string): Promise<void> {
  if (await world.terminal.confirm(`Take ${handle} out everywhere?`, handle)) return;
  throw new Failure('risk', `${handle} is not taken out; nothing was changed`, { next: `--confirm ${handle} does it without asking` });
}

function previewOf(clone: Clone, out: Out, before: readonly Before[]): OffboardPreview {
  const looked = before.flatMap(({ target, seen }) => (seen === undefined ? [] : [{ target, outcome: seen.outcome }]));
  const running = looked.flatMap(({ target, outcome }) =>
    outcome.kind === 'done' ? outcome.value.receipt.running.filter((one) => one.id === out.about).map((one) => ({ ...one, target: target.name })) : [],
  );
  const unknown = looked.flatMap(({ target, outcome }) => (outcome.kind === 'done' ? [] : [{ name: target.name, why: outcome.why }]));
  const signing = leavingSigner(clone, out.about);
  return {
    handle: out.handle,
    keys: out.keys.length,
    reaches: before.filter(({ held }) => held.account !== undefined).map(({ target }) => target.name),
    targets: looked.length,
    running,
    unknown,
    isSigner: signing !== undefined,
    ...(signing === undefined ? {} : { signing }),
  };
}

/**
 * `left:` with today's date; the line stays, so that the id and the account are never given to another by accident. It
 * is left alone where the policy is not readable, or means another one by that handle: nothing is given to who is revoked.
 */
async function writeLeft(world: World, clone: Clone, { handle, id }: Out): Promise<readonly string[]> {
  if (clone.policy.people.find((person) => person.handle === handle)?.left !== undefined) return [];
  const here = readNames(clone.files, clone.organization, clone.now).people.find((person) => person.id === id);
  if (here === undefined) return [];
  const edited = edit(() => setLeft(clone.files, here.handle, formatInstant(clone.now).slice(0, 10)));
  if (edited === undefined) return [];
  await world.repository.write(new Map([[edited.path, edited.bytes]]));
  return [edited.path];
}

/** Undefined where the policy cannot be edited as it is. */
function edit(change: () => Edited): Edited | undefined {
  try {
    return change();
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
