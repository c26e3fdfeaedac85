/**
 * Signs the release that the working tree means. It reaches no server.
 *
 * What is signed is compiled here, from this working tree, and must equal the draft byte for byte: nobody signs what
 * they cannot make themselves. What the signer must see is shown before, and a signature cannot be taken back.
 */
import { formatInstant, later, MINUTE } from '../core/access/index.ts';
import { EXIT, Failure } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import { ownGainsFirst } from '../core/plan/index.ts';
import { everInForce, hashOf, inputs as inputsText, NAMESPACES } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { latin1, readClone, toBytes } from './clone.ts';
import type { Clone } from './clone.ts';
import { prepare, RENEW_BEFORE } from './draft.ts';
import type { Prepared } from './draft.ts';
import { isComplete, missingFrom, openDrafts } from './drafts.ts';
import type { Draft } from './drafts.ts';
import { mustBeIn, signAs, whoAmI } from './me.ts';
import type { Me } from './me.ts';
import { planOf } from './plan.ts';
import type { PlanReport } from './plan.ts';
import { readReceiptFiles } from './stored-receipts.ts';
import { keepVerified, note } from './trust.ts';

export interface ApproveReport {
  /** `nothing`: no change and no renewal due. `waits`: others must sign. `complete`: it can be delivered. */
  readonly state: 'nothing' | 'waits' | 'complete';
  readonly release?: { readonly number: number; readonly hash: string; readonly expires: string };
  readonly signedBy: readonly string[];
  readonly missing: number;
  readonly from: readonly string[];
  readonly written: readonly string[];
  readonly plan: PlanReport;
  readonly status: ExitStatus;
}

export interface ApproveOptions {
  /** A release although nothing changed. */
  readonly renew: boolean;
  /** A draft of one's own although another one waits. */
  readonly newDraft: boolean;
  readonly dryRun: boolean;
  /** Shows the difference before anything is asked: first what the signer, by handle, gains. */
  show(plan: PlanReport, signer: string): void;
}

/** A number further ahead than this is somebody's mistake, or an attempt to use the numbers up. */
const FURTHEST = 100;

export async function approve(world: World, options: ApproveOptions): Promise<ApproveReport> {
  const clone = await readClone(world, { for: 'act' });
  await keepVerified(world, clone);
  const me = whoAmI(clone);
  const open = await draftToSign(world, clone);
  const { prepared, isNew } = await whatToSign(world, clone, me, open, options);
  const all = planOf(clone, prepared, await readReceiptFiles(world), world.crypto);
  const plan = { ...all, changes: ownGainsFirst(all.changes, me.id) };
  if (isNew && !options.renew && nothingToSign(clone, plan)) return nothing(plan);
  mustBeSane(clone, prepared);
  mustNotBeginAgain(clone);
  mustBeIn(me, [prepared.release, ...(clone.chain === undefined ? [] : [clone.chain.newest.value])]);
  options.show(plan, me.handle);
  if (!isNew && open?.signedBy.has(me.id) === true) return reportOf(world, clone, prepared, open.signed.signatures, [], plan);
  mustAccept(world, plan);
  if (options.dryRun) return reportOf(world, clone, prepared, isNew ? [] : (open?.signed.signatures ?? []), [], plan);
  const name = `release-${prepared.release.number}`;
  if (!(await world.terminal.confirm(`Sign release ${prepared.release.number}? A signature cannot be taken back.`, name))) {
    throw new Failure('risk', `release ${prepared.release.number} is not signed`, { next: `--confirm ${name} signs it without asking` });
  }
  const signatures = isNew ? [] : (open?.signed.signatures ?? []);
  const { signature, written } = await sign(world, clone, me, prepared);
  return reportOf(world, clone, prepared, [...signatures, signature], written, plan);
}

/**
 * The draft that waits: of somebody who signs today; or the proposal of those who are to sign, where this working tree
 * means the very same. What anybody else lays there is in nobody's way.
 */
async function draftToSign(world: World, clone: Clone): Promise<Draft | undefined> {
  const drafts = openDrafts(clone, world.crypto);
  const { hash: receiver } = await world.receiver();
  const isSame = ({ value, signed }: Draft): boolean => value.receiver === receiver && !isFar(clone, value.number) && textOf(world, clone, value) === signed.text;
  return drafts.find((draft) => draft.isSignedInForce) ?? drafts.find(isSame);
}

/** What this working tree means with the choices of a draft; undefined where it means nothing then. */
function textOf(world: World, clone: Clone, choices: Draft['value']): string | undefined {
  try {
    return prepare(clone, choices, world.crypto).text;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** The draft that waits, when this working tree means the same; else a new one. */
async function whatToSign(world: World, clone: Clone, me: Me, open: Draft | undefined, options: ApproveOptions) {
  const { hash: receiver } = await world.receiver();
  if (open !== undefined && !options.newDraft) {
    mustBeSameReceiver(open, receiver);
    const same = prepare(clone, open.value, world.crypto);
    if (same.text === open.signed.text) return { prepared: same, isNew: false };
    const others = [...open.signedBy].filter((id) => id !== me.id);
    if (others.length > 0) await refuseOther(world, open, same);
  }
  return { prepared: prepare(clone, { number: nextNumber(clone, open), issued: clone.now, receiver }, world.crypto), isNew: true };
}

/** The receiver runs as root on every server: nobody signs one that their own keyward does not carry. */
function mustBeSameReceiver(open: Draft, receiver: string): void {
  if (open.value.receiver === receiver) return;
  throw new Failure('trust', `release ${open.number} was made by a keyward with another receiver (${open.value.receiver.slice(0, 12)}…)`, {
    next: 'install the same version of keyward, or `keyward approve --new-draft`',
  });
}

/** After the highest that this signer signed, so that a draft made again wins; release 1 is made again as release 1. */
function nextNumber(clone: Clone, open: Draft | undefined): number {
  if (clone.chain === undefined) return 1;
  // One signer alone must not use the numbers up.
  const drafted = open === undefined || isFar(clone, open.number + 1) ? 0 : open.number;
  return Math.max(clone.chain.newest.value.number, clone.settings.highestSigned ?? 0, drafted) + 1;
}

function isFar({ chain }: Clone, number: number): boolean {
  return number > (chain?.newest.value.number ?? 1) + FURTHEST;
}

async function refuseOther(world: World, open: Draft, mine: Prepared): Promise<never> {
  const path = `releases/${open.number}/inputs`;
  const stored = latin1((await world.repository.read([path])).get(path) ?? new Uint8Array());
  // Nobody signed what lies beside a release but by its hash.
  const theirs = hashOf(stored, world.crypto) === open.value.inputs ? inputsText.parse(stored, path) : { inputs: [] };
  const own = new Map(inputsText.parse(mine.inputs).inputs.map((input) => [input.path, input.hash]));
  const differs = theirs.inputs.filter((input) => own.get(input.path) !== input.hash).map((input) => input.path);
  const added = [...own.keys()].filter((path) => !theirs.inputs.some((input) => input.path === path));
  const files = theirs.inputs.length === 0 ? [] : [...differs, ...added];
  const what = files.length > 0 ? `${files.slice(0, 5).join(', ')} ${files.length === 1 ? 'differs' : 'differ'}` : firstDifference(open, mine);
  throw new Failure('trust', `release ${open.number}, which waits for a signature, was not made from this working tree: ${what}`, {
    next: 'pull what it was made from and approve again, or `keyward approve --new-draft` to propose this working tree instead',
  });
}

function firstDifference(open: Draft, mine: Prepared): string {
  const theirs = open.signed.text.split('\n');
  const line = mine.text.split('\n').findIndex((own, i) => own !== theirs[i]);
  return `its line ${line + 1} says "${theirs[line] ?? ''}"`;
}

function nothingToSign(clone: Clone, plan: PlanReport): boolean {
  const newest = clone.chain?.newest.value;
  return newest !== undefined && plan.changes.length === 0 && clone.now < later(newest.expires, -RENEW_BEFORE);
}

function nothing(plan: PlanReport): ApproveReport {
  return { state: 'nothing', signedBy: [], missing: 0, from: [], written: [], plan, status: EXIT.done };
}

/** A time or a number that nobody sane chose: R7, and numbers used up. */
function mustBeSane(clone: Clone, { release }: Prepared): void {
  const last = clone.chain?.newest.value;
  const ahead = release.issued > later(clone.now, 10 * MINUTE);
  if (ahead || (last !== undefined && release.issued < last.issued)) {
    const than = ahead ? 'more than ten minutes ahead of the clock here' : 'before the release in force';
    throw new Failure('trust', `release ${release.number} is issued ${formatInstant(release.issued)}: ${than}`, {
      next: 'set the clock of the machine that is wrong, then `keyward approve --new-draft`',
    });
  }
  if (isFar(clone, release.number)) {
    throw new Failure('trust', `release ${release.number} is more than ${FURTHEST} above the release in force`, { next: '`keyward approve --new-draft`' });
  }
}

/**
 * A release 1 is made where there was none. Where this device knows one that is not here, by comparing it or by what it
 * signed after it, somebody took it away, and with it everything that was in force.
 */
function mustNotBeginAgain({ chain, refused, settings }: Clone): void {
  const { firstRelease, highestSigned } = settings;
  if (chain !== undefined || firstRelease === undefined || highestSigned === 1 || refused.some(({ hash }) => hash === firstRelease)) return;
  throw new Failure('trust', `the release 1 that this device knows (${firstRelease.slice(0, 12)}…) is not here`, {
    next: 'pull; when that brings nothing, somebody has rewritten the repository: compare releases/ with a colleague',
  });
}

/** Every risk must have been accepted by its name: all that are not are named at once. */
function mustAccept(world: World, plan: PlanReport): void {
  const open = plan.risks.filter((risk) => !world.terminal.accepts(risk.name));
  if (open.length === 0) return;
  throw new Failure('risk', open.map((risk) => risk.message).join('; '), {
    next: `if that is meant: ${open.map((risk) => `--accept-risk ${risk.name}`).join(' ')}`,
  });
}

async function sign(world: World, clone: Clone, me: Me, prepared: Prepared) {
  const { number } = prepared.release;
  const folder = `releases/${number}`;
  const journal = await world.journals.begin(clone.organization, 'approve', clone.now);
  await journal.append({ what: 'sign', text: 'release', number, hash: prepared.hash });
  // Noted before it is signed: a draft made again must come after it, even when the run is killed in between.
  const highestSigned = Math.max(number, clone.settings.highestSigned ?? 0);
  await note(world, clone.organization, number === 1 ? { highestSigned, firstRelease: prepared.hash } : { highestSigned });
  const signature = await signAs(world, me, NAMESPACES.release, toBytes(prepared.text));
  await clearOther(world, folder, prepared);
  const files = new Map([...newManifests(clone, prepared, folder), [`${folder}/inputs`, toBytes(prepared.inputs)] as const]);
  files.set(`${folder}/release`, toBytes(prepared.text));
  files.set(`${folder}/${me.handle}.sig`, toBytes(signature));
  await world.repository.write(files);
  await journal.append({ what: 'signed', number, hash: prepared.hash });
  return { signature, written: [...files.keys()].sort() };
}

/** A release 1 that is made again lies in the same folder: signatures of the other one go. */
async function clearOther(world: World, folder: string, prepared: Prepared): Promise<void> {
  const there = await world.repository.read([folder]);
  const before = there.get(`${folder}/release`);
  if (before === undefined || latin1(before) === prepared.text) return;
  await world.repository.remove([...there.keys()]);
}

/** Manifests that no earlier release holds already. */
function newManifests(clone: Clone, prepared: Prepared, folder: string): Map<string, Uint8Array> {
  const before = new Set(everInForce(clone.chain).flatMap((one) => one.value.manifests));
  const fresh = [...prepared.fresh].filter(([hash]) => !before.has(hash));
  return new Map(fresh.map(([hash, text]) => [`${folder}/manifest-${hash}`, toBytes(text)]));
}

function reportOf(
  world: World,
  clone: Clone,
  prepared: Prepared,
  signatures: readonly string[],
  written: readonly string[],
  plan: PlanReport,
): ApproveReport {
  const { release, text, hash } = prepared;
  const { signedBy, missing } = missingFrom(clone, release, { text, signatures }, world.crypto);
  const handles = new Map(clone.policy.people.map((person) => [person.id as string, person.handle]));
  const complete = isComplete(missing);
  return {
    state: complete ? 'complete' : 'waits',
    release: { number: release.number, hash, expires: formatInstant(release.expires) },
    signedBy: [...signedBy].map((id) => handles.get(id) ?? id).sort(),
    missing: Math.max(missing.count, missing.oldCount),
    from: [...new Set([...missing.from, ...missing.oldFrom])].map((id) => handles.get(id) ?? id).sort(),
    written,
    plan,
    status: complete ? EXIT.done : EXIT.waits,
  };
}
