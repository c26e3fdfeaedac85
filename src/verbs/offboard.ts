/**
 * Takes an employee or a machine out of every target, with proof: a revocation signed by one signer, carried to all at
 * once; `left:` in the policy. Whoever did not answer is named.
 */
import { formatInstant } from '../core/access/index.ts';
import type { SubjectId } from '../core/access/index.ts';
import { EXIT, Failure, worst } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import { compilePolicy, readNames, setLeft } from '../core/policy/index.ts';
import type { Edited } from '../core/policy/index.ts';
import type { Running } from '../core/texts/index.ts';
import type { Journal, Watch, World } from '../world.ts';
import { targetOf } from './carry.ts';
import { INPUTS } from './clone.ts';
import type { Clone } from './clone.ts';
import { mustMean, readInForce } from './in-force.ts';
import { knownTargets, signsNothing } from './known-targets.ts';
import type { KnownTarget } from './known-targets.ts';
import { whoAmI } from './me.ts';
import { carryOut, heldOn, keysEver, lookBefore, makeRevocation, statusOf } from './revoke.ts';
import type { Before, Out, OutReport } from './revoke.ts';
import type { Limits } from './side-by-side.ts';
import { keepVerified } from './trust.ts';

/** What is known before anything is taken away, to be said before it is asked. */
export interface OffboardPreview {
  readonly handle: string;
  readonly keys: number;
  /** Targets where the person has grants. */
  readonly reaches: readonly string[];
  /** Targets that were looked at; a key may lie where nobody granted it. */
  readonly targets: number;
  readonly running: readonly (Running & { readonly target: string })[];
  readonly unknown: readonly { readonly name: string; readonly why: string }[];
  /** The person signs as well: the next release takes that away. */
  readonly isSigner: boolean;
}

export interface OffboardReport {
  readonly handle: string;
  readonly id: SubjectId;
  readonly revocation: { readonly path: string; readonly hash: string };
  readonly targets: readonly OutReport[];
  readonly written: readonly string[];
  readonly removed: readonly string[];
  readonly isSigner: boolean;
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
  const me = whoAmI(clone);
  const out: Out = { handle: person.handle, id: person.id, keys: keysEver(clone, person.id), about: person.id };
  const journal = await world.journals.begin(clone.organization, 'offboard', clone.now);
  await journal.append({ what: 'begin', id: person.id, keys: out.keys.length });
  const taking: Taking = { world, clone, journal, me, out, options, targets: knownTargets(clone) };
  const early = await tellEarly(taking);
  const late = await lookAndTell(taking, early);
  if (!('signed' in late)) return late;
  const { preview, signed, told } = late;
  const reports = told.flatMap((one) => one.reports);
  const removed = await takeSigner(world, person.handle);
  const status = worst([statusOf(reports), EXIT.done]);
  const { revocation, policy } = signed;
  const paths = [...new Set([revocation.path, ...policy, ...told.flatMap((one) => one.written)])].sort();
  await journal.append({ what: 'end', id: person.id, status, written: [...paths, ...removed] });
  return {
    handle: person.handle,
    id: person.id,
    revocation: { path: revocation.path, hash: revocation.hash },
    targets: [...reports].sort((a, b) => (a.name < b.name ? -1 : 1)),
    written: paths,
    removed,
    isSigner: preview.isSigner,
    threshold: clone.policy.threshold,
    leftIsWritten: policy.length > 0 || person.left !== undefined,
    status,
  };
}

/** What one offboarding works with. */
interface Taking {
  readonly world: World;
  readonly clone: Clone;
  readonly journal: Journal;
  readonly me: ReturnType<typeof whoAmI>;
  readonly out: Out;
  readonly options: OffboardOptions;
  readonly targets: readonly KnownTarget[];
}

interface SignedOut {
  readonly revocation: Awaited<ReturnType<typeof makeRevocation>>;
  readonly policy: readonly string[];
}

type Told = Awaited<ReturnType<typeof carryOut>>;

interface Early {
  readonly targets: readonly KnownTarget[];
  readonly signed: SignedOut;
  /** Settled, so that what fails here is not lost while others are looked at. */
  readonly told: Promise<PromiseSettledResult<Told>>;
}

/**
 * Where a script said yes beforehand, targets that can sign nothing are told at once: no refusal can be proved there, so
 * a look before would be compared with nothing. Everybody else is looked at meanwhile.
 */
async function tellEarly(taking: Taking): Promise<Early | undefined> {
  const { world, clone, journal, out, options } = taking;
  const targets = taking.targets.filter(signsNothing);
  if (targets.length === 0 || options.dryRun || !world.terminal.isConfirmed(out.handle)) return undefined;
  // What they are reached with is loaded while the text is signed; what fails here fails again where it is told.
  for (const target of targets) if (target.place !== undefined) targetOf(world, clone, target).catch(() => undefined);
  const signed = await sign(taking);
  const before = targets.map((target) => ({ target, outcome: NOT_LOOKED, held: heldOn(target, out.about), accepted: [] }));
  const telling = carryOut(world, clone, journal, before, out, signed.revocation, options.limits, UNWATCHED);
  return { targets, signed, told: Promise.allSettled([telling]).then(([one]) => one) };
}

const NOT_LOOKED: Before['outcome'] = { kind: 'unknown', why: 'not looked at before' };
/** One line at the bottom is enough: it is about those that are looked at, and then about whoever is still waited for. */
const UNWATCHED: Watch = { begin: () => undefined, end: () => undefined, stop: () => undefined };

async function sign({ world, clone, journal, me, out }: Taking): Promise<SignedOut> {
  const revocation = await makeRevocation(world, clone, journal, me, out);
  return { revocation, policy: await writeLeft(world, clone, out) };
}

/** The rest, after what ends with it was said and somebody said yes. */
async function lookAndTell(taking: Taking, early: Early | undefined): Promise<OffboardPreview | { readonly preview: OffboardPreview; readonly signed: SignedOut; readonly told: readonly Told[] }> {
  try {
    const { world, clone, journal, out, options } = taking;
    // First those where the revocation takes longest until it has come to rest, whatever runs beside it.
    const rest = taking.targets.filter((target) => early?.targets.includes(target) !== true).sort((a, b) => Number(signsNothing(b)) - Number(signsNothing(a)));
    const before = await lookBefore(world, clone, journal, rest, out, options.limits);
    const preview = previewOf(taking, before);
    options.show(preview);
    if (options.dryRun) return preview;
    if (!(await world.terminal.confirm(`Take ${out.handle} out everywhere?`, out.handle))) {
      throw new Failure('risk', `${out.handle} is not taken out; nothing was changed`, { next: `--confirm ${out.handle} does it without asking` });
    }
    const signed = early?.signed ?? (await sign(taking));
    const late = await carryOut(world, clone, journal, before, out, signed.revocation, options.limits);
    return { preview, signed, told: early === undefined ? [late] : [await waitFor(world, early), late] };
  } finally {
    await early?.told;
  }
}

async function waitFor(world: World, { targets, told }: Early): Promise<Told> {
  const watch = world.terminal.watch(targets.map((target) => target.name));
  for (const { name } of targets) watch.begin(name);
  const ended = await told;
  for (const { name } of targets) watch.end(name);
  watch.stop();
  if (ended.status === 'rejected') throw ended.reason;
  return ended.value;
}

function previewOf({ clone, out, targets }: Taking, before: readonly Before[]): OffboardPreview {
  const running = before.flatMap(({ target, outcome }) =>
    outcome.kind === 'done' ? outcome.value.receipt.running.filter((one) => one.id === out.about).map((one) => ({ ...one, target: target.name })) : [],
  );
  const unknown = before.flatMap(({ target, outcome }) => (outcome.kind === 'done' ? [] : [{ name: target.name, why: outcome.why }]));
  return {
    handle: out.handle,
    keys: out.keys.length,
    reaches: targets.filter((target) => heldOn(target, out.about).account !== undefined).map((target) => target.name),
    targets: before.length,
    running,
    unknown,
    isSigner: clone.policy.signers.some((signer) => signer.id === out.about),
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

/**
 * Who is a signer as well signs nothing that counts once the next release is in force: their files go now. They stay
 * where the policy would be none without them (too few signers for the threshold, no courier left): a policy with an
 * error would stop the very next delivery.
 */
async function takeSigner(world: World, handle: string): Promise<readonly string[]> {
  const files = await world.repository.read(INPUTS);
  const removed: string[] = [];
  for (const path of [`signers/${handle}.pub`, `couriers/${handle}.pub`]) {
    const without = new Map([...files].filter(([other]) => other !== path && !removed.includes(other)));
    const { policy } = compilePolicy(without, world.clock.now(), world.crypto.sha256);
    if (files.has(path) && policy !== undefined && policy.couriers.length > 0) removed.push(path);
  }
  await world.repository.remove(removed);
  return removed;
}
