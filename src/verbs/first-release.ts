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
import type { World } from '../world.ts';
import { latin1 } from './bytes.ts';
import { readReleases } from './stored-releases.ts';
import type { Clone } from './clone.ts';

export interface FirstRelease {
  readonly hash: string;
  readonly number: number;
}

/** What this device is to begin with; undefined while there is no release and nobody said one. */
export async function compareFirst(world: World, policy: Compiled, asked: string | undefined): Promise<FirstRelease | undefined> {
  if (asked !== undefined && !/^[0-9a-f]{64}$/.test(asked)) {
    throw new Failure('usage', `not a fingerprint: ${asked.slice(0, 80)}`, {
      next: 'it is 64 digits and letters from a to f, as `keyward status` prints it',
    });
  }
  const known = (await world.settings.read(policy.organization)).firstRelease;
  const { releases } = await readReleases(world);
  const one = releases.find(({ text }) => /^number 1$/m.test(text));
  const wanted = asked ?? known;
  if (one === undefined) return wanted === undefined ? undefined : { hash: wanted, number: 1 };
  const found = hashOf(one.text, world.crypto);
  if (wanted === found) return { hash: found, number: 1 };
  const later = releases.find(({ text }) => hashOf(text, world.crypto) === wanted);
  if (wanted !== undefined && later !== undefined) return begunAnew(world, policy, releases, wanted, known);
  if (asked !== undefined) {
    throw new Failure('trust', `release 1 here has another fingerprint: ${found}`, { next: 'this clone is not the organization\'s: ask where the right one is' });
  }
  world.terminal.tell(`Release 1 of ${policy.organization} has the fingerprint`);
  world.terminal.tell(`  ${found}`);
  world.terminal.tell('A colleague sees the same one with `keyward status`.');
  if (await world.terminal.confirm('Is it the same?', 'first-release')) return { hash: found, number: 1 };
  throw new Failure('trust', 'without the right release 1 nothing here can be believed; nothing was written', {
    next: 'compare it, then `keyward init --first-release <fingerprint>`',
  });
}

/** A release after release 1: whoever knows another beginning is shown what they would believe from then on. */
async function begunAnew(world: World, policy: Compiled, releases: readonly SignedText[], hash: string, known: string | undefined): Promise<FirstRelease> {
  const chain = chainFrom(releases, hash, world);
  const [start] = chain.verified;
  const number = start?.value.number ?? 1;
  const { verified } = await world.settings.read(policy.organization);
  if (verified !== undefined && !everInForce(chain).some((one) => one.hash === verified.hash)) {
    throw new Failure('trust', `release ${number} does not follow release ${verified.number}, which this device verified`, {
      next: 'pull; when that brings nothing, it was made from a clone that lacks releases: make it again from a whole one',
    });
  }
  if (known === undefined || known === hash) return { hash, number };
  const before = chain.before.at(-1)?.value;
  const names = named(policy);
  if (before !== undefined) world.terminal.tell(`Up to release ${before.number} this device believes ${names(before)}.`);
  world.terminal.tell(`From release ${number} on it would believe ${names(start?.value ?? chain.newest.value)}, whom those before did not let in.`);
  for (const line of newKeys(world, policy, start?.value ?? chain.newest.value, before)) world.terminal.tell(line);
  world.terminal.tell('That is meant for when their signatures cannot be had any more. A server follows only when root enrolls it again.');
  if (await world.terminal.confirm(`Begin anew with release ${number}?`, 'new-signers')) return { hash, number };
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
function named(policy: Compiled): (set: SignerSet) => string {
  return (set) => `${set.threshold} of ${[...people(set)].map((id) => handleOf(policy, id)).sort().join(', ')}`;
}

function handleOf(policy: Compiled, id: string): string {
  return policy.people.find((person) => person.id === id)?.handle ?? id;
}

/** A handle proves nothing: whoever wrote that release may have put a key of their own beside a colleague's id. */
function newKeys(world: World, policy: Compiled, set: SignerSet, before: SignerSet | undefined): readonly string[] {
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
