/**
 * Makes a revocation and carries it to every target at once, with proof: what `offboard` and `key revoke` share.
 *
 * The revocation is on disk before it is carried, so a run that is killed is finished by the next one, and by whoever
 * else has the repository.
 */
import type { SubjectId } from '../core/access/index.ts';
import { EXIT, worst } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import { everInForce, hashOf, NAMESPACES, revocation as revocationText } from '../core/texts/index.ts';
import type { Failed, Running } from '../core/texts/index.ts';
import type { Journal, Signed, World } from '../world.ts';
import { carryTo, failedText, fitting, keepAnswers, refusals, targetOf, unlisted } from './carry.ts';
import type { Carried } from './carry.ts';
import { revocationFile, signerSetOf, toBytes } from './clone.ts';
import type { Clone } from './clone.ts';
import { keepFirst } from './keep-files.ts';
import { signsNothing } from './known-targets.ts';
import type { KnownTarget } from './known-targets.ts';
import { mustBeIn, signAs, whoAmI } from './me.ts';
import type { Me } from './me.ts';
import { acceptedOf, beginProof, heldOn, keysIn, offer, offersOf, prove } from './refusal-proof.ts';
import type { Before, Out, Proof } from './refusal-proof.ts';
import { sideBySide, within } from './side-by-side.ts';
import type { Limits } from './side-by-side.ts';

export interface OutReport {
  readonly name: string;
  readonly id: string;
  /** `out`: the revocation is in force there. */
  readonly state: 'out' | 'partly' | 'refused' | 'unknown';
  readonly why?: string;
  readonly seconds: number;
  readonly proof?: Proof;
  readonly ended: readonly Running[];
  readonly failed: readonly Failed[];
  /** How the person had root there, so that it is reported and not proved. */
  readonly root: readonly string[];
  /** When access ends by itself where it could not be taken; undefined: never. */
  readonly endsByItself?: number;
}

/** Every public key this id ever had: in keys/, and in any manifest of any release. */
export function keysEver(clone: Clone, id: SubjectId): readonly PublicKey[] {
  const found = new Map<string, PublicKey>();
  for (const key of clone.policy.people.find((person) => person.id === id)?.keys ?? []) found.set(key.line, key);
  const hashes = new Set(everInForce(clone.chain).flatMap((one) => one.value.manifests));
  for (const hash of hashes) for (const key of keysIn(clone.manifestText(hash), id)) found.set(key.line, key);
  return [...found.values()];
}

/** Looks at every target, and at whether the person's keys open their own account now. */
export async function lookBefore(
  world: World,
  clone: Clone,
  journal: Journal,
  targets: readonly KnownTarget[],
  out: Out,
  limits: Limits,
): Promise<readonly Before[]> {
  const watch = world.terminal.watch(targets.map((target) => target.name));
  const load = { release: false, revocations: [], about: [out.about] };
  try {
    return await sideBySide(targets, limits, async (target, signal) => {
      watch.begin(target.name);
      const held = heldOn(target, out.about);
      const [{ outcome }, answers] = await Promise.all([
        carryTo(world, clone, journal, target, load, signal),
        offer(world, clone, target, offersOf(held, out.keys), signal),
      ]);
      watch.end(target.name);
      return { target, held, seen: { outcome, accepted: acceptedOf(held, out.keys, answers) } };
    });
  } finally {
    watch.stop();
  }
}

/** For who said yes beforehand: the revocation waits for no look, and is not asked for what would only be shown. */
export function notLooked(world: World, clone: Clone, targets: readonly KnownTarget[], out: Out): readonly Before[] {
  // What they are reached with is loaded while the text is signed; what fails here fails again where it is told.
  for (const target of targets) if (target.place !== undefined) targetOf(world, clone, target).catch(() => undefined);
  return targets.map((target) => ({ target, held: heldOn(target, out.about) }));
}

/** Who revokes from this device. Throws `trust` where that is no signer: said before anybody is asked or anything is looked at. */
export function whoRevokes(clone: Clone): Me {
  const me = whoAmI(clone);
  mustBeIn(me, [signerSetOf(clone.policy, clone.chain)]);
  return me;
}

/** A revocation of this by me that lies there already, or a new one: signed, written, in the journal. */
export async function makeRevocation(world: World, clone: Clone, journal: Journal, me: Me, out: Out): Promise<{ readonly path: string; readonly hash: string; readonly signed: Signed }> {
  const there = clone.revocations.find((one) => one.value.id === out.id && includesAll(one.value.keys, out.keys) && !undone(clone, one.name));
  if (there !== undefined) return { path: `revoked/${there.name}`, hash: there.hash, signed: there.signed };
  const keys = [...out.keys].sort((a, b) => (a.line < b.line ? -1 : 1));
  const text = revocationText.write({ organization: clone.organization, signer: me.id, time: clone.now, id: out.id, keys });
  await journal.append({ what: 'sign', text: 'revocation', hash: hashOf(text, world.crypto), id: out.id ?? null });
  const signed = { text, signatures: [await signAs(world, me, NAMESPACES.revocation, toBytes(text))] };
  const hash = hashOf(text, world.crypto);
  const [path, bytes] = revocationFile(out.handle, hash, signed);
  await keepFirst(world, path, bytes);
  return { path, hash, signed };
}

function undone(clone: Clone, name: string): boolean {
  return clone.policy.undone.includes(name);
}

function includesAll(all: readonly PublicKey[], some: readonly PublicKey[]): boolean {
  const lines = new Set(all.map((key) => key.line));
  return some.every((key) => lines.has(key.line));
}

/** Carries the revocation, and all others that servers may lack, to every target at once; then asks for the proof. */
export async function carryOut(
  world: World,
  clone: Clone,
  journal: Journal,
  before: readonly Before[],
  out: Out,
  revocation: { readonly hash: string; readonly signed: Signed },
  limits: Limits,
): Promise<{ readonly reports: readonly OutReport[]; readonly written: readonly string[] }> {
  const others = unlisted(clone).filter((one) => one.hash !== revocation.hash);
  const load = { release: false, revocations: fitting([revocation.signed], others), about: [out.about] };
  const carried: Carried[] = [];
  const watch = world.terminal.watch(before.map((one) => one.target.name));
  try {
    const silent = before.filter(({ target }) => signsNothing(target));
    const rest = before.filter(({ target }) => !signsNothing(target));
    const first = headStart(silent);
    const tell = async (one: Before, signal: Limits['signal']): Promise<OutReport> => {
      watch.begin(one.target.name);
      const begun = beginProof(world, clone, one, out, signal);
      const answer = await carryTo(world, clone, journal, one.target, load, signal, begun.turn, () => first.passed(one));
      first.passed(one);
      carried.push(answer);
      const signed = answer.outcome.kind === 'done' && answer.outcome.value.proof === 'signed';
      if (!signed) await begun.again(false);
      const proof = answer.outcome.kind !== 'done' ? undefined : signed ? await within(limits, (own) => prove(world, clone, one, begun, out, own)) : 'says';
      watch.end(one.target.name);
      return outReport(clone, one, answer, revocation.hash, proof, out.about);
    };
    // What takes long until it has come to rest, and what stands in line for its turn, do not wait for one another.
    const reports = (await Promise.all([sideBySide(silent, limits, tell), first.over.then(() => sideBySide(rest, limits, tell))])).flat();
    return { reports, written: await keepAnswers(world, clone, carried) };
  } finally {
    watch.stop();
  }
}

/** Milliseconds. */
const HEAD_START = 500;

/**
 * Where it takes a few questions, one after the other, until everything is denied, the first step may be done before the
 * crowd comes: among the key exchanges of twenty servers each answer waited, and the deny came seconds later. `passed`:
 * its first step is done, or it has ended. Others never wait longer than the head start.
 */
function headStart(runners: readonly Before[]): { readonly over: Promise<void>; passed(one: Before): void } {
  const left = new Set(runners);
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, left.size === 0 ? 0 : HEAD_START);
    end = () => (clearTimeout(timer), resolve());
  });
  return { over, passed: (one) => void (left.delete(one) && left.size === 0 && end()) };
}

function stateOf(clone: Clone, { outcome }: Carried, hash: string): Pick<OutReport, 'state' | 'why'> {
  if (outcome.kind !== 'done') return { state: outcome.kind === 'refused' ? 'refused' : 'unknown', why: outcome.why };
  const { receipt } = outcome.value;
  const listed = clone.chain?.newest.value.counted.includes(hash) === true && receipt.release.hash === clone.chain.newest.hash;
  if (!receipt.revocations.includes(hash) && !listed) {
    return { state: 'refused', why: refusals(receipt).join(', ') || 'the receipt does not name the revocation' };
  }
  if (receipt.failed.length > 0) return { state: 'partly', why: failedText(clone, receipt.failed) };
  return { state: 'out' };
}

function outReport(clone: Clone, before: Before, carried: Carried, hash: string, proof: Proof | undefined, about: SubjectId): OutReport {
  const { target, outcome, seconds } = carried;
  const receipt = outcome.kind === 'done' ? outcome.value.receipt : undefined;
  const state = stateOf(clone, carried, hash);
  const end = target.manifest.accounts.find((line) => line.id === about)?.end;
  const seen = before.seen?.outcome.kind === 'done' ? before.seen.outcome.value.receipt.root : [];
  const root = new Set([...seen, ...(receipt?.root ?? [])].filter((line) => line.id === about).map((line) => line.how));
  return {
    name: target.name,
    id: target.id,
    ...(proof === 'still-accepted' ? { state: 'partly', why: 'the key is still accepted there, though the receipt says it is not' } : state),
    seconds,
    ...(proof === undefined ? {} : { proof }),
    ended: receipt?.ended.filter((line) => line.id === about) ?? [],
    failed: receipt?.failed ?? [],
    root: [...root].sort(),
    ...(end === undefined ? {} : { endsByItself: end }),
  };
}

const STATUS: Readonly<Record<OutReport['state'], ExitStatus>> = {
  out: EXIT.done,
  partly: EXIT.incomplete,
  refused: EXIT.refused,
  unknown: EXIT.incomplete,
};

export function statusOf(reports: readonly OutReport[]): ExitStatus {
  return worst(reports.map((one) => STATUS[one.state]));
}
