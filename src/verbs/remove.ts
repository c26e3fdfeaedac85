/**
 * Takes a server out, in two steps that may lie days apart: `removed:` in its line, so that the next release leaves it
 * its couriers and nothing else; then, over one's own root access, receiver and courier go and the last receipt stays.
 *
 * Somebody else's mistake in the draft stops neither: `removed:` gives nobody anything and is signed like any other line,
 * from a policy without errors; what is taken off goes by the signed manifest.
 */
import { formatInstant } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { readNames, setRemoved } from '../core/policy/index.ts';
import { hashOf, joinSigned } from '../core/texts/index.ts';
import type { Receipt } from '../core/texts/index.ts';
import type { Answer, World } from '../world.ts';
import { carryTo } from './carry.ts';
import { toBytes } from './clone.ts';
import type { Clone } from './clone.ts';
import { readInForce } from './in-force.ts';
import type { InForce } from './in-force.ts';
import { didYouMean, knownTargets } from './known-targets.ts';
import type { KnownTarget } from './known-targets.ts';
import { within } from './side-by-side.ts';
import type { Limits } from './side-by-side.ts';

export interface RemoveOptions {
  readonly name: string;
  readonly user: string;
  readonly identityFile?: string;
  /** Writes today's grants as plain files instead of leaving the accounts closed. */
  readonly keepAccess: boolean;
  readonly limits: Limits;
  readonly dryRun: boolean;
}

export interface RemoveReport {
  readonly name: string;
  readonly id: string;
  /** `marked`: the policy says so now. `waits`: a release must say so first. `gone`: receiver and courier are off. */
  readonly state: 'marked' | 'waits' | 'gone';
  readonly keptAccess: boolean;
  readonly written: readonly string[];
  /** Only where nothing was done: `state` says what it would come to. */
  readonly dryRun?: true;
}

export async function removeServer(world: World, options: RemoveOptions): Promise<RemoveReport> {
  const clone = await readInForce(world, { for: 'act' });
  const server = clone.policy.servers.find((one) => one.name === options.name);
  if (server === undefined) {
    throw new Failure('not-found', `the policy knows no server ${options.name}`, { next: didYouMean(options.name, clone.policy.servers.map(({ name }) => name)) ?? '`keyward server list` lists them' });
  }
  const base = { name: server.name, id: server.id, keptAccess: options.keepAccess, ...(options.dryRun ? { dryRun: true as const } : {}) };
  const target = knownTargets(clone).find((one) => one.id === server.id);
  const here = clone.readFrom.kind === 'here' ? server : readNames(clone.files, clone.organization, clone.now).servers.find(({ id }) => id === server.id);
  if ((here?.removed ?? server.removed) === undefined && !options.keepAccess) return { ...base, state: 'marked', written: await mark(world, clone, server.name, here?.name, options) };
  if (target === undefined) {
    throw new Failure('not-found', `${server.name} is in no signed release: there is nothing to take off it`, { next: 'delete its line from the policy' });
  }
  if (!options.keepAccess && target.manifest.accounts.length > 0) return { ...base, state: 'waits', written: [] };
  if (options.dryRun) return { ...base, state: 'gone', written: [] };
  return takeOff(world, clone, target, options);
}

/**
 * Into the line of this server, whatever the draft calls it; never into that of another which has its name now. Throws
 * `policy` where that cannot be, since the files are in the middle of an edit, and says where.
 */
async function mark(world: World, clone: InForce, name: string, nameHere: string | undefined, { dryRun }: RemoveOptions): Promise<readonly string[]> {
  try {
    if (nameHere === undefined) throw new Failure('not-found', `${name} has no line here that can be read`);
    const { path, bytes } = setRemoved(clone.files, nameHere, formatInstant(clone.now).slice(0, 10));
    if (dryRun) return [];
    await world.repository.write(new Map([[path, bytes]]));
    return [path];
  } catch (error) {
    if (!(error instanceof Failure) || clone.readFrom.kind === 'here') throw error;
    const findings = clone.compilation.findings.filter(({ severity }) => severity === 'error');
    throw new Failure('policy', `\`removed:\` cannot be written into the line of ${name}: ${error.message}`, {
      findings,
      next: 'correct the lines above, which `keyward check` shows too, and run it again',
    });
  }
}

async function takeOff(world: World, clone: Clone, target: KnownTarget, options: RemoveOptions): Promise<RemoveReport> {
  const journal = await world.journals.begin(clone.organization, 'server remove', clone.now);
  const question = options.keepAccess
    ? `Take keyward off ${target.name} and leave today's grants as plain files?`
    : `Take keyward off ${target.name}? Its accounts stay closed.`;
  if (!(await world.terminal.confirm(question, target.name))) {
    throw new Failure('risk', `${target.name} stays as it is`, { next: `--confirm ${target.name} does it without asking` });
  }
  // The receiver's own last word comes over the courier's way, and is stored before anything goes.
  const { outcome } = await within(options.limits, (signal) => carryTo(world, clone, journal, target, { release: false, revocations: [], about: [] }, signal));
  if (outcome.kind !== 'done') throw new Failure('unreachable', `${target.name}: ${outcome.why}`, { next: 'try again when it answers; nothing was changed' });
  mustHaveTaken(target, outcome.value.receipt);
  const path = await store(world, target, outcome.value);
  const nonce = await journal.append({ what: 'remove', target: target.id, receipt: hashOf(outcome.value.signed.text, world.crypto) });
  const place = target.place;
  if (place === undefined) throw new Failure('internal', 'a target without a place');
  const access = { user: options.user, address: place.address, port: place.port, hostKeys: place.hostKeys, ...(options.identityFile === undefined ? {} : { identityFile: options.identityFile }) };
  const removal = { nonce, organization: clone.organization, targetId: target.id, keepAccess: options.keepAccess, receipt: hashOf(outcome.value.signed.text, world.crypto) };
  const gone = await within(options.limits, (signal) => world.enroller.remove(access, removal, signal));
  await journal.append({ what: 'removed', target: target.id, outcome: gone.kind });
  if (gone.kind !== 'done') {
    throw new Failure(gone.kind === 'unknown' ? 'unreachable' : 'target-failed', `${target.name}: ${gone.why}`, { next: 'mend what it says and run it again' });
  }
  return { name: target.name, id: target.id, state: 'gone', keptAccess: options.keepAccess, written: [path] };
}

/** The release that leaves it nothing must be in force there, or its accounts would stay open. */
function mustHaveTaken(target: KnownTarget, receipt: Receipt): void {
  if (receipt.manifest === target.manifestHash) return;
  throw new Failure('not-done', `${target.name} has not taken the newest release yet`, { next: `keyward deliver --server ${target.name}` });
}

async function store(world: World, target: KnownTarget, answer: Answer): Promise<string> {
  const path = `receipts/${target.name}`;
  await world.repository.write(new Map([[path, toBytes(joinSigned(answer.signed))]]));
  return path;
}
