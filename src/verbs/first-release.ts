/**
 * Where trust begins on a device: release 1, compared once by eye. Or, after the signatures of the signers in force could
 * not be had any more, a later release that its own signers signed and that nobody before let in: then only a person can
 * say so, on each device, and root on each server.
 */
import { Failure } from '../core/failure.ts';
import { fingerprint } from '../core/ssh/public-key.ts';
import { everInForce, hashOf, people, reasonOf, verifyChain } from '../core/texts/index.ts';
import type { Chain, SignedText, SignerSet } from '../core/texts/index.ts';
import type { Compiled } from '../core/policy/index.ts';
import type { Settings, World } from '../world.ts';
import { latin1 } from './bytes.ts';
import { readReleases } from './stored-releases.ts';
import type { Clone } from './clone.ts';

/** As much of a policy as names people. */
type Policy = Pick<Compiled, 'organization' | 'people'>;

export interface FirstRelease {
  readonly hash: string;
  readonly number: number;
}

/** What this device is to begin with; undefined while there is no release and nobody said one. In a dry run nobody is asked, and the question is told. */
export async function compareFirst(asking: World, policy: Policy, asked: string | undefined, dryRun: boolean): Promise<FirstRelease | undefined> {
  const world = { ...asking, agreed: agreement(asking, dryRun) };
  if (asked !== undefined && !/^[0-9a-f]{64}$/.test(asked)) {
    throw new Failure('usage', `not a fingerprint: ${asked.slice(0, 80)}`, {
      next: 'it is 64 digits and letters from a to f, as `keyward status` prints it',
    });
  }
  const device = await world.settings.read(policy.organization);
  const { firstRelease: known } = device;
  const { releases } = await readReleases(world);
  const wanted = asked ?? known;
  const named = releases.find(({ text }) => hashOf(text, world.crypto) === wanted);
  const number = Number(/^number ([1-9]\d{0,8})$/m.exec(named?.text ?? '')?.[1]);
  if (wanted !== undefined && named !== undefined) {
    // Release 1 again, or for the first time, may wait for signatures still; whatever else begins is looked at.
    if (number === 1 && (known === undefined || known === wanted)) return { hash: wanted, number };
    return begunAnew(world, policy, releases, wanted, device);
  }
  const one = releases.find(({ text }) => /^number 1$/m.test(text));
  if (one === undefined) return notHere(wanted, known);
  const found = hashOf(one.text, world.crypto);
  if (asked !== undefined) {
    throw new Failure('trust', `release 1 here has another fingerprint: ${found}`, { next: 'this clone is not the organization\'s: ask where the right one is' });
  }
  mustNotBeOther(world, policy, device);
  world.terminal.tell(`Release 1 of ${policy.organization} has the fingerprint`);
  world.terminal.tell(`  ${found}`);
  if (known !== undefined) world.terminal.tell(`This device was told of another one before: ${known}`);
  world.terminal.tell('A colleague sees the same one with `keyward status`.');
  if (await world.agreed('Is it the same?', 'first-release')) return { hash: found, number: 1 };
  throw new Failure('trust', 'without the right release 1 nothing here can be believed; nothing was written', {
    next: 'compare it, then `keyward init --first-release <fingerprint>`',
  });
}

/** A world in which a question may stand for its yes. */
type Agreeing = World & { readonly agreed: World['terminal']['confirm'] };

function agreement({ terminal }: World, dryRun: boolean): Agreeing['agreed'] {
  return async (question, name) => {
    if (!dryRun) return terminal.confirm(question, name);
    terminal.tell(`It would be asked: ${question}`);
    return true;
  };
}

/** Nothing to compare with. What this device believes stays; it is not exchanged for something nobody can look at. */
function notHere(wanted: string | undefined, known: string | undefined): FirstRelease | undefined {
  if (known !== undefined && wanted !== known) {
    throw new Failure('trust', 'no release here has that fingerprint, and this device believes another one', { next: 'pull' });
  }
  return wanted === undefined ? undefined : { hash: wanted, number: 1 };
}

/** Whoever can put another release 1 here gets nobody to believe it by the question that a newcomer is asked. */
function mustNotBeOther(world: World, { organization }: Policy, { firstRelease, verified }: Settings): void {
  if (firstRelease === undefined || verified === undefined) return;
  throw new Failure('trust', `release 1 here is not the one this device was told of (${firstRelease.slice(0, 12)}…), and by that one it verified release ${verified.number}`, {
    next: `pull; where this is another organization ${organization} after all, move ${world.settings.path(organization)} away`,
  });
}

/** Another release than the one trust began with so far, or one after release 1: it is shown whom this device would believe. */
async function begunAnew(world: Agreeing, policy: Policy, releases: readonly SignedText[], hash: string, { firstRelease: known, verified }: Settings): Promise<FirstRelease> {
  const chain = chainFrom(releases, hash, world);
  const [start] = chain.verified;
  const number = start?.value.number ?? 1;
  if (verified !== undefined && !everInForce(chain).some((one) => one.hash === verified.hash)) {
    throw new Failure('trust', `release ${number} does not ${number > verified.number ? 'follow' : 'lead to'} release ${verified.number}, which this device verified`, {
      next: 'pull; when that brings nothing, it was made from a clone that lacks releases: make it again from a whole one',
    });
  }
  if (known === undefined || known === hash) return { hash, number };
  const set = start?.value ?? chain.newest.value;
  const before = chain.before.at(-1)?.value;
  const names = namesOf(policy);
  if (before !== undefined) world.terminal.tell(`Up to release ${before.number} this device believes ${names(before)}.`);
  world.terminal.tell(`From release ${number} on it would believe ${names(set)}, whom those ${before === undefined ? 'it believes now' : 'before'} did not let in.`);
  for (const line of newKeys(world, policy, set, before)) world.terminal.tell(line);
  world.terminal.tell('That is meant for when their signatures cannot be had any more. A server follows only when root enrolls it again.');
  if (await world.agreed(`Begin anew with release ${number}?`, 'new-signers')) return { hash, number };
  throw new Failure('risk', `this device goes on believing the signers it believed; nothing was written`, {
    next: '--confirm new-signers does it without asking',
  });
}

function chainFrom(releases: readonly SignedText[], hash: string, world: World): Chain {
  try {
    return verifyChain(releases, { hash }, world.crypto);
  } catch (error) {
    const reason = reasonOf(error);
    if (reason !== 'signature-missing' && reason !== 'below-threshold') throw error;
    throw new Failure('waits', 'that release does not have the signatures of its own signers yet', { next: 'each of them: `keyward approve`' });
  }
}

/** `2 of dora, erin` */
function namesOf(policy: Policy): (set: SignerSet) => string {
  return (set) => `${set.threshold} of ${[...people(set)].map((id) => handleOf(policy, id)).sort().join(', ')}`;
}

function handleOf(policy: Policy, id: string): string {
  return policy.people.find((person) => person.id === id)?.handle ?? id;
}

/** A handle proves nothing: whoever wrote that release may have put a key of their own beside a colleague's id. */
function newKeys(world: World, policy: Policy, set: SignerSet, before: SignerSet | undefined): readonly string[] {
  const known = new Set(before?.signers.map(({ id, key }) => `${id} ${key.line}`));
  const added = set.signers.filter(({ id, key }) => !known.has(`${id} ${key.line}`));
  if (added.length === 0) return [];
  const lines = added.map(({ id, key }) => `  ${handleOf(policy, id)}: ${fingerprint(key, world.crypto.sha256)}`);
  return ['Ask each of them whether this key, new to this device, is theirs:', ...lines];
}

/** The fingerprint that colleagues and pipelines begin with. As it lies here where nobody compared it: that it is the right one only a colleague can say. */
export async function shownFirst(world: World, { settings, trusted, chain }: Clone) {
  const { firstRelease } = settings;
  if (firstRelease !== undefined) return { hash: firstRelease, number: chain?.verified[0]?.value.number ?? 1, compared: true };
  const bytes = (await world.repository.read(['releases/1/release'])).get('releases/1/release');
  return bytes === undefined ? undefined : { hash: hashOf(latin1(bytes), world.crypto), number: 1, compared: trusted };
}
