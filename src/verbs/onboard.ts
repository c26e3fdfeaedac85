/**
 * Writes a new employee or machine into the policy, with a key, and says what they will reach once a release is signed
 * and delivered. No server is touched.
 */
import { formatInstant, newId, readEnd } from '../core/access/index.ts';
import type { Instant, SubjectId } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { addEmployee, addMachine, compilePolicy } from '../core/policy/index.ts';
import type { Compilation, Compiled, Edited, PolicyFiles } from '../core/policy/index.ts';
import { fingerprint } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { World } from '../world.ts';
import { INPUTS, mustCompile } from './clone.ts';
import { keyEdit, keyFile, keyFrom } from './key.ts';
import type { KeySource } from './key.ts';

export interface OnboardOptions {
  readonly handle: string;
  /** Absent: the key comes later, with `key add`. */
  readonly key?: KeySource;
  readonly teams: readonly string[];
  readonly account?: string;
  readonly uid?: number;
  /** A date or an instant, as the policy writes it. */
  readonly until?: string;
  /** The employee who answers for it: then it is a machine. */
  readonly owner?: string;
  readonly dryRun: boolean;
}

export interface OnboardReport {
  readonly handle: string;
  readonly id: SubjectId;
  readonly kind: 'employee' | 'machine';
  readonly account: string;
  /** Whose policy it is. */
  readonly organization: string;
  /** The last day that was given, as it was given. */
  readonly until?: string;
  readonly fingerprint?: string;
  /** The private key's file, where it was made here. */
  readonly file?: string;
  /** What the rules give once a release is signed and delivered. */
  readonly reaches: readonly { readonly server: string; readonly address: string; readonly port: number; readonly rules: readonly string[] }[];
  /** Admin logins at providers, once the same is done. */
  readonly logins: readonly { readonly provider: string; readonly rules: readonly string[] }[];
  readonly written: readonly string[];
  /** Only where nothing was done: which files would be written. Then the id is one of many. */
  readonly wouldWrite?: readonly string[];
}

export async function onboard(world: World, options: OnboardOptions): Promise<OnboardReport> {
  const files = await world.repository.read(INPUTS);
  const now = world.clock.now();
  const before = mustCompile(compilePolicy(files, now, world.crypto.sha256));
  mustBeNew(before, options.handle);
  const id = options.owner === undefined ? newId('emp', world.random(16)) : newId('mch', world.random(16));
  const { handle } = options;
  const { path, bytes } = policyEdit(files, id, options);
  const edited = new Map([...files, [path, bytes]]);
  // Compiled before anything is written: a team or a date that does not exist leaves every file as it was.
  const after = mustFit(options, compilePolicy(edited, now, world.crypto.sha256), now);
  const key = await keyOf(world, options);
  // The policy's line first: a key file without its line would be a finding, a line without a key is none.
  const all = new Map([[path, bytes] as const, ...(key === undefined ? [] : keyEdit(world, edited, handle, key))]);
  if (!options.dryRun) await world.repository.write(all);
  return {
    handle,
    id,
    kind: options.owner === undefined ? 'employee' : 'machine',
    account: options.account ?? handle,
    organization: after.organization,
    ...(options.until === undefined ? {} : { until: options.until }),
    ...(key === undefined ? {} : { fingerprint: fingerprint(key, world.crypto.sha256) }),
    ...(options.key?.kind === 'generated' && key !== undefined ? { file: options.key.file } : {}),
    reaches: reachesOf(after, id),
    logins: loginsOf(after, id),
    ...(options.dryRun ? { written: [], wouldWrite: [...new Set([...all.keys(), ...filesMade(options)])].sort() } : { written: [...all.keys()].sort() }),
  };
}

/** Undefined where none is given, and where one would be made: then only what it would be made with is looked at. */
async function keyOf(world: World, { handle, key, dryRun }: OnboardOptions): Promise<PublicKey | undefined> {
  if (key === undefined) return undefined;
  if (!dryRun || key.kind === 'given') return keyFrom(world, handle, key);
  await world.keyMaker.check(key.file, key.passphrase, handle);
  return undefined;
}

function filesMade({ handle, key }: OnboardOptions): readonly string[] {
  return key?.kind === 'generated' ? [keyFile(handle), key.file] : [];
}

/** The places of the findings are in no file: what was given for the new line is wrong, and only that is shown. */
function mustFit({ handle, until }: OnboardOptions, { policy, findings }: Compilation, now: Instant): Compiled {
  const end = until === undefined ? undefined : readEnd(until);
  // In a file that is read later it is only a warning; nobody begins with an end that has passed.
  const over = end !== undefined && end < now ? [`--until ${until ?? ''} is over: it ended ${formatInstant(end)}`] : [];
  if (policy !== undefined && over.length === 0) return policy;
  const wrong = findings.filter(({ severity }) => severity === 'error');
  const suggested = [...wrong.flatMap(({ suggestion }) => suggestion ?? []), ...over.map(() => 'Give a day that is still to come.')];
  const messages = [...wrong.map(({ message }) => message.replace(/\.$/, '')), ...over];
  throw new Failure('policy', `${handle} was not added: ${messages.join('; ')}`, {
    next: `nothing was written. ${suggested.length > 0 ? suggested.join(' ') : 'Give it otherwise, see `keyward onboard --help`'}`,
  });
}

/** The line of the new employee or machine; what is not said is left out. */
function policyEdit(files: PolicyFiles, id: SubjectId, { handle, teams, account, uid, until, owner }: OnboardOptions): Edited {
  const entry = {
    id,
    ...(account === undefined ? {} : { account }),
    ...(uid === undefined ? {} : { uid }),
    ...(until === undefined ? {} : { until }),
  };
  if (owner !== undefined) return addMachine(files, handle, { ...entry, owner });
  return addEmployee(files, handle, { ...entry, ...(teams.length === 0 ? {} : { teams: [...teams] }) });
}

function mustBeNew(policy: Compiled, handle: string): void {
  const there = policy.people.find((person) => person.handle === handle);
  if (there === undefined) return;
  throw new Failure('usage', `${handle} is in the policy already${there.left === undefined ? '' : ', as somebody who left'}`, {
    next: there.left === undefined ? `\`keyward key add ${handle}\` adds a key` : 'a new person gets a handle of their own; the same person back: take out `left:` and add `undone:`',
  });
}

function reachesOf(policy: Compiled, id: SubjectId): OnboardReport['reaches'] {
  return policy.servers.flatMap((server) => {
    const grants = policy.grants.between(id, server.id);
    if (grants.length === 0) return [];
    return [{ server: server.name, address: server.address, port: server.port, rules: [...new Set(grants.map((grant) => grant.rule.name))] }];
  });
}

function loginsOf(policy: Compiled, id: SubjectId): OnboardReport['logins'] {
  return policy.providers.flatMap(({ name, grants }) => {
    const rules = new Set(grants.filter(({ person }) => person === id).map(({ rule }) => rule.name));
    return rules.size === 0 ? [] : [{ provider: name, rules: [...rules] }];
  });
}
