/**
 * Makes a revocation and carries it to every target at once, with proof: what `offboard` and `key revoke` share.
 *
 * The revocation is on disk before it is carried, so a run that is killed is finished by the next one, and by whoever
 * else has the repository.
 */
import type { SubjectId } from '../core/access/index.ts';
import { EXIT, worst } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import { readPublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import { hashOf, NAMESPACES, revocation as revocationText } from '../core/texts/index.ts';
import type { Failed, Manifest, Running } from '../core/texts/index.ts';
import type { Journal, Offer, Outcome, OfferAnswer, Signed, Watch, World } from '../world.ts';
import { carryTo, keepAnswers, refusals, targetOf, unlisted } from './carry.ts';
import type { Carried } from './carry.ts';
import { revocationFile, signerSetOf, toBytes } from './clone.ts';
import type { Clone } from './clone.ts';
import type { KnownTarget } from './known-targets.ts';
import { mustBeIn, signAs } from './me.ts';
import type { Me } from './me.ts';
import { sideBySide, within } from './side-by-side.ts';
import type { Limits } from './side-by-side.ts';

/** Who or what is out. */
export interface Out {
  readonly handle: string;
  /** Undefined: only keys are taken away, the person stays. */
  readonly id: SubjectId | undefined;
  readonly keys: readonly PublicKey[];
  /** The person's own accounts are looked up by this id, also when only a key goes. */
  readonly about: SubjectId;
}

/** What the signed manifest of a target says of somebody. */
export interface Held {
  readonly target: KnownTarget;
  readonly account: string | undefined;
  readonly keys: readonly PublicKey[];
}

/** What was seen on a target before anything was taken away. */
export interface Before {
  readonly target: KnownTarget;
  readonly outcome: Carried['outcome'];
  readonly held: Held;
  /** Keys that were accepted on the person's own account. */
  readonly accepted: readonly PublicKey[];
}

/**
 * `refused`: the three parts of a proof are there. `reported`: the server says so, and no proof could be had. `says`: so
 * does a target that can sign nothing.
 */
export type Proof = 'refused' | 'reported' | 'says' | 'still-accepted';

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
  const hashes = new Set(clone.chain?.verified.flatMap((one) => one.value.manifests) ?? []);
  for (const hash of hashes) for (const key of keysIn(clone.manifestText(hash), id)) found.set(key.line, key);
  return [...found.values()];
}

/** The keys that a manifest's key lines give to an id. The text was verified by its hash. */
function keysIn(manifest: string, id: SubjectId): readonly PublicKey[] {
  return manifest.split('\n').flatMap((line) => {
    if (!line.startsWith(`key ${id} `)) return [];
    const reading = readPublicKey(line.split(' ').slice(-2).join(' '));
    return reading.ok ? [reading.key] : [];
  });
}

export function heldOn(target: KnownTarget, id: SubjectId): Held {
  const account = target.manifest.accounts.find((line) => line.id === id)?.account;
  return { target, account, keys: keysIn(target.manifestText, id) };
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
      return { target, outcome, held, accepted: acceptedOf(held, out.keys, answers) };
    });
  } finally {
    watch.stop();
  }
}

/** So many keys fit into one connection (MaxAuthTries 6); who had more is "reported", never half proved. */
const MOST_OFFERED = 5;

/** The keys to be offered on the person's own account. */
function offersOf(held: Held, keys: readonly PublicKey[]): readonly Offer[] {
  const { account } = held;
  if (account === undefined) return [];
  return keys.slice(0, MOST_OFFERED).map((key) => ({ account, key }));
}

function acceptedOf(held: Held, keys: readonly PublicKey[], answers: readonly Outcome<OfferAnswer>[]): readonly PublicKey[] {
  return offersOf(held, keys).flatMap(({ key }, i) => {
    const answer = answers[i];
    return answer?.kind === 'done' && answer.value === 'accepted' ? [key] : [];
  });
}

async function offer(
  world: World,
  clone: Clone,
  target: KnownTarget,
  offers: readonly Offer[],
  signal: Limits['signal'],
): Promise<readonly Outcome<OfferAnswer>[]> {
  if (offers.length === 0 || target.place === undefined) return [];
  return (await targetOf(world, clone, target)).offer(offers, signal);
}

/** A revocation of this by me that lies there already, or a new one: signed, written, in the journal. */
export async function makeRevocation(world: World, clone: Clone, journal: Journal, me: Me, out: Out): Promise<{ readonly path: string; readonly hash: string; readonly signed: Signed }> {
  mustBeIn(me, [signerSetOf(clone.policy, clone.chain)]);
  const there = clone.revocations.find((one) => one.value.id === out.id && includesAll(one.value.keys, out.keys) && !undone(clone, one.name));
  if (there !== undefined) return { path: `revoked/${there.name}`, hash: there.hash, signed: there.signed };
  const keys = [...out.keys].sort((a, b) => (a.line < b.line ? -1 : 1));
  const text = revocationText.write({ organization: clone.organization, signer: me.id, time: clone.now, id: out.id, keys });
  await journal.append({ what: 'sign', text: 'revocation', hash: hashOf(text, world.crypto), id: out.id ?? null });
  const signed = { text, signatures: [await signAs(world, me, NAMESPACES.revocation, toBytes(text))] };
  const hash = hashOf(text, world.crypto);
  const [path, bytes] = revocationFile(out.handle, hash, signed);
  await world.repository.write(new Map([[path, bytes]]));
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
  watch: Watch = world.terminal.watch(before.map((one) => one.target.name)),
): Promise<{ readonly reports: readonly OutReport[]; readonly written: readonly string[] }> {
  const others = unlisted(clone).filter((one) => one.hash !== revocation.hash);
  const load = { release: false, revocations: [revocation.signed, ...others.map((one) => one.signed)], about: [out.about] };
  const carried: Carried[] = [];
  try {
    const reports = await sideBySide(before, limits, async (one, signal) => {
      watch.begin(one.target.name);
      const answer = await carryTo(world, clone, journal, one.target, load, signal);
      carried.push(answer);
      const proof = answer.outcome.kind !== 'done' ? undefined : answer.outcome.value.proof === 'says' ? 'says' : await within(limits, (own) => prove(world, clone, one, out, own));
      watch.end(one.target.name);
      return outReport(clone, one, answer, revocation.hash, proof, out.about);
    });
    return { reports, written: await keepAnswers(world, clone, carried) };
  } finally {
    watch.stop();
  }
}

/**
 * The proof of a refusal: the same key and account were accepted before, they are refused now, and another granted key
 * is still accepted. Where a part is missing the words are "reported by the server".
 */
async function prove(world: World, clone: Clone, before: Before, out: Out, signal: Limits['signal']): Promise<Proof> {
  const { target, held } = before;
  const [first, ...others] = before.accepted.length === 0 ? [] : controlOffers(target.manifest, out, clone);
  const ask = (offers: readonly Offer[]): Promise<readonly Outcome<OfferAnswer>[]> => offer(world, clone, target, offers, signal);
  // Side by side: on a far server each connection takes as long as all the rest.
  const [now, beside] = await Promise.all([ask(offersOf(held, out.keys)), ask(first === undefined ? [] : [first])]);
  if (now.some(isAccepted)) return 'still-accepted';
  const refusedNow = now.length > 0 && now.every((answer) => answer.kind === 'done' && answer.value === 'refused');
  if (!refusedNow || out.keys.length > MOST_OFFERED) return 'reported';
  if (beside.some(isAccepted)) return 'refused';
  for (const control of others) if ((await ask([control])).some(isAccepted)) return 'refused';
  return 'reported';
}

function isAccepted(answer: Outcome<OfferAnswer>): boolean {
  return answer.kind === 'done' && answer.value === 'accepted';
}

/** Granted keys of somebody else: one that may come from anywhere, else the courier's own. */
function controlOffers(manifest: Manifest, out: Out, clone: Clone): readonly Offer[] {
  const gone = new Set(out.keys.map((key) => key.line));
  const revoked = new Set(clone.revocations.flatMap((one) => one.value.keys.map((key) => key.line)));
  const other = manifest.keys.find((line) => line.id !== out.about && line.end === undefined && !line.line.includes('from="'));
  const reading = other === undefined ? undefined : readPublicKey(other.line.split(' ').slice(-2).join(' '));
  const offers: Offer[] = [];
  if (other !== undefined && reading?.ok === true && !gone.has(reading.key.line) && !revoked.has(reading.key.line)) {
    offers.push({ account: other.account, key: reading.key });
  }
  const [courier] = manifest.couriers;
  if (courier !== undefined) offers.push({ account: 'keyward-courier', key: courier });
  return offers;
}

function stateOf(clone: Clone, { outcome }: Carried, hash: string): Pick<OutReport, 'state' | 'why'> {
  if (outcome.kind !== 'done') return { state: outcome.kind === 'refused' ? 'refused' : 'unknown', why: outcome.why };
  const { receipt } = outcome.value;
  const listed = clone.chain?.newest.value.counted.includes(hash) === true && receipt.release.hash === clone.chain.newest.hash;
  if (!receipt.revocations.includes(hash) && !listed) {
    return { state: 'refused', why: refusals(receipt).join(', ') || 'the receipt does not name the revocation' };
  }
  if (receipt.failed.length > 0) return { state: 'partly', why: receipt.failed.map((one) => `${one.what} ${one.subject}: ${one.why}`).join('; ') };
  return { state: 'out' };
}

function outReport(clone: Clone, before: Before, carried: Carried, hash: string, proof: Proof | undefined, about: SubjectId): OutReport {
  const { target, outcome, seconds } = carried;
  const receipt = outcome.kind === 'done' ? outcome.value.receipt : undefined;
  const state = stateOf(clone, carried, hash);
  const end = target.manifest.accounts.find((line) => line.id === about)?.end;
  const seen = before.outcome.kind === 'done' ? before.outcome.value.receipt.root : [];
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
