/**
 * A clone for whoever only needs what was signed: to take somebody away, to carry, to look. A policy with errors, half
 * edited, in a merge or gone, does not stop them. Manifests say who has what; a policy is asked for handles and addresses
 * only, and these are read from the one the newest release was made from.
 */
import { isName, isSubjectId } from '../core/access/index.ts';
import type { EmployeeId, Person, SubjectId } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import type { Finding } from '../core/failure.ts';
import { readNames } from '../core/policy/index.ts';
import type { Compiled } from '../core/policy/index.ts';
import { hashOf } from '../core/texts/index.ts';
import type { Chain } from '../core/texts/index.ts';
import type { World } from '../world.ts';
import { cloneOf, latin1, mustCompile, readHere } from './clone.ts';
import type { Clone, Here, Reading } from './clone.ts';
import { mustFind } from './me.ts';
import { isWrittenAs, signedPolicy } from './signed-policy.ts';

/** A clone whose policy may be another one than the one that lies here. */
export interface InForce extends Clone {
  /**
   * `here`: the policy in this folder, which has no error. `release`: that one has errors, and this is the policy the
   * release of this number was made from. `names`: that one is not found either, and this is what can be read here.
   */
  readonly readFrom: { readonly kind: 'here' } | { readonly kind: 'release'; readonly number: number } | { readonly kind: 'names' };
  /** How many errors the policy here has. */
  readonly policyErrors: number;
  /** A merge is not finished in the policy here. */
  readonly inMerge: boolean;
  /** Handles of the policy here that meant another id when the newest release was made, with that id. */
  readonly namesakes: ReadonlyMap<string, Namesake>;
  /**
   * Says of a handle that nobody can tell whom it meant; undefined where it can be told. It cannot where the policy here was
   * changed since the newest release, and no version control has the one that was signed.
   */
  readonly unsure: ((handle: string) => void) | undefined;
}

/** `by` the policy that was signed, or, where that is not found, by whose the `account` is in what was. */
export interface Namesake {
  readonly id: string;
  readonly by: 'policy' | 'account';
}

/** As `readClone`, and says in one line when the policy here has errors. Throws `policy` only where nothing was signed yet. */
export async function readInForce(asked: World, reading: Reading): Promise<InForce> {
  const unread = new Map<string, string>();
  const world = passingOver(asked, unread);
  const here = await mustNotBeRenamed(world, await readReadable(world, unread));
  const policyErrors = here.compilation.findings.filter(({ severity }) => severity === 'error').length;
  const inMerge = here.compilation.findings.some(({ rule }) => rule === 'merge-conflict');
  const own = here.compilation.policy;
  const organization = own?.organization ?? (await signedOrganization(world)) ?? mustCompile(here.compilation).organization;
  let readFrom: InForce['readFrom'] = { kind: 'here' };
  const clone = await cloneOf(world, reading, here, organization, async (chain) => {
    if (own !== undefined) return own;
    if (chain === undefined) return mustCompile(here.compilation);
    const found = await newestPolicy(world, here, chain);
    readFrom = found === undefined ? { kind: 'names' } : { kind: 'release', number: found.number };
    const names = readNames(here.files, organization, here.now);
    return found === undefined ? names : withNames(found.policy, names);
  });
  if (readFrom.kind !== 'here') world.terminal.tell(toldOf(clone, readFrom, policyErrors));
  if (unread.size > 0) world.terminal.tell(unreadText(unread));
  const lost = reading.for === 'act' ? await withLost(world, clone) : NONE_LOST;
  return { ...clone, ...lost, readFrom, policyErrors, inMerge };
}

/**
 * Whoever may write to the repository and signs nothing could stop every offboarding with one link or one strange name
 * in it. What cannot be read is worth as much as what is not there, and is named.
 */
function passingOver(world: World, unread: Map<string, string>): World {
  const { repository } = world;
  const passedOver = (path: string, why: string): void => void unread.set(path, why);
  const list = async (folder: string): Promise<readonly string[]> => {
    try {
      return await repository.list(folder);
    } catch (error) {
      // Where the folder of all releases is none, nothing can be judged.
      if (!(error instanceof Failure) || error.code !== 'disk' || !folder.includes('/')) throw error;
      passedOver(folder, error.message);
      return [];
    }
  };
  return { ...world, repository: { ...repository, read: (under) => repository.read(under, passedOver), list } };
}

/** A policy of which a part cannot be read is none, whatever the rest of it says. */
async function readReadable(world: World, unread: ReadonlyMap<string, string>): Promise<Here> {
  const here = await readHere(world);
  if (unread.size === 0) return here;
  return withErrors(here, [...unread].map(([file, message]) => ({ severity: 'error', rule: 'unreadable', message, place: { file } })));
}

function withErrors(here: Here, more: readonly Finding[]): Here {
  const { findings, looked } = here.compilation;
  return { ...here, compilation: { findings: [...more, ...findings], looked } };
}

/** The policy here has another organization's name than the releases that this device, or this run, was told of. */
async function mustNotBeRenamed(world: World, here: Here): Promise<Here> {
  const name = here.compilation.policy?.organization;
  const signed = await signedFirst(world);
  if (name === undefined || signed === undefined || signed.organization === name || !isName(signed.organization)) return here;
  const knows = async (organization: string): Promise<string | undefined> => (await world.settings.read(organization)).firstRelease;
  const isKnown = signed.hash === world.given.firstRelease || ((await knows(name)) === undefined && (await knows(signed.organization)) !== undefined);
  const message = `The organization is called ${name} here, and ${signed.organization} in what was signed.`;
  return isKnown ? withErrors(here, [{ severity: 'error', rule: 'organization-renamed', message, place: { file: 'access-policy.yaml' } }]) : here;
}

function unreadText(unread: ReadonlyMap<string, string>): string {
  const [first = '', ...others] = unread.values();
  return `Passed over, since it cannot be read: ${first}${others.length === 0 ? '' : `; and ${others.length} more`}. Take it out of the repository.`;
}

/** What release 1 calls itself; believed only once its hash is the one this device knows. */
async function signedOrganization(world: World): Promise<string | undefined> {
  return (await signedFirst(world))?.organization;
}

async function signedFirst(world: World): Promise<{ readonly organization: string; readonly hash: string } | undefined> {
  const bytes = (await world.repository.read(['releases/1/release'])).get('releases/1/release');
  const organization = bytes === undefined ? undefined : /^organization (\S+)$/m.exec(latin1(bytes))?.[1];
  return bytes === undefined || organization === undefined ? undefined : { organization, hash: hashOf(latin1(bytes), world.crypto) };
}

/** Of the newest release whose policy can be found: what was signed and never committed is in no version control. */
async function newestPolicy(world: World, here: Here, { verified }: Chain): Promise<{ readonly policy: Compiled; readonly number: number } | undefined> {
  for (const release of [...verified].reverse()) {
    const signed = await signedPolicy(world, here.files, release);
    if (signed !== undefined) return { policy: signed.policy, number: release.value.number };
  }
  return undefined;
}

/** Whoever and whatever stands in the second only, by id; where it has the name of somebody else, its id is its name. */
function withNames(policy: Compiled, more: Compiled): Compiled {
  const people = added(policy.people, more.people, 'handle');
  return {
    ...policy,
    people,
    servers: added(policy.servers, more.servers, 'name'),
    providers: added(policy.providers, more.providers, 'name'),
  };
}

function added<Name extends string, T extends { readonly id: string } & Readonly<Record<Name, string>>>(to: readonly T[], more: readonly T[], name: Name): readonly T[] {
  const ids = new Set(to.map(({ id }) => id));
  const names = new Set(to.map((one) => one[name]));
  return [...to, ...more.filter(({ id }) => !ids.has(id)).map((one) => (names.has(one[name]) ? { ...one, [name]: one.id } : one))];
}

function toldOf({ chain }: Clone, readFrom: Exclude<InForce['readFrom'], { kind: 'here' }>, errors: number): string {
  const newest = chain?.newest.value.number ?? 0;
  const has = `The policy here has ${errors} ${errors === 1 ? 'error' : 'errors'} (\`keyward check\` shows them); going by release ${newest} as it was signed`;
  if (readFrom.kind === 'names') return `${has}. The policy it was made from is not in version control here: handles and addresses are those that can still be read.`;
  return readFrom.number === newest ? `${has}.` : `${has}, with handles and addresses of release ${readFrom.number}.`;
}

interface Lost {
  readonly policy?: Compiled;
  readonly namesakes: InForce['namesakes'];
  readonly unsure: InForce['unsure'];
}
const NONE_LOST: Lost = { namesakes: new Map(), unsure: undefined };

/**
 * Whoever the newest release knows and the policy has no line for: a line that was deleted before the offboarding must not
 * hide anybody, nor where a server is.
 */
async function withLost(world: World, clone: Clone): Promise<Lost> {
  const { chain, policy } = clone;
  if (chain === undefined) return NONE_LOST;
  const signed = idsOf(clone, chain);
  const known = new Set<string>([...policy.people, ...policy.servers, ...policy.providers].map(({ id }) => id));
  // Whoever may write here, and signs nothing, can also give two people one another's handles: then nobody is missing.
  if ([...signed].every(([id]) => known.has(id)) && (await isWrittenAs(world, clone.files, chain.newest))) return NONE_LOST;
  const then = await newestPolicy(world, clone, chain);
  const before = then === undefined ? undefined : onlySigned(then.policy, signed);
  const more = before === undefined ? policy : withNames(policy, before);
  const found = new Set<string>(more.people.map(({ id }) => id));
  const nameless = [...signed].flatMap(([id, account]) => (isSubjectId(id) && !found.has(id) ? [strangerOf(id, account)] : []));
  const number = chain.newest.value.number;
  const unsure = (handle: string): void =>
    world.terminal.tell(`The policy here is not the one release ${number} was made from, and no version control here has that one: whether ${handle} meant somebody else then, nobody can tell. An id is always clear.`);
  return {
    policy: { ...more, people: [...more.people, ...nameless] },
    namesakes: before === undefined ? byAccounts(policy, signed) : byHandles(policy, before),
    unsure: before === undefined ? unsure : undefined,
  };
}

function byHandles(policy: Compiled, before: Compiled): InForce['namesakes'] {
  const now = new Map(policy.people.map(({ handle, id }) => [handle, id]));
  const others = before.people.filter(({ handle, id }) => (now.get(handle) ?? id) !== id);
  return new Map(others.map(({ handle, id }) => [handle, { id, by: 'policy' }]));
}

/** An account is not signed with a handle, but with an id: where it is another's now, so may the handle be. */
function byAccounts({ people }: Compiled, signed: ReadonlyMap<string, string>): InForce['namesakes'] {
  const owners = new Map([...signed].map(([id, account]) => [account, id]));
  return new Map(
    people.flatMap(({ handle, id, account, takesOver }) => {
      const owner = owners.get(account);
      const isOther = owner !== undefined && owner !== id && owner !== takesOver && signed.get(id) !== account;
      return isOther ? [[handle, { id: owner, by: 'account' }] as const] : [];
    }),
  );
}

/** Each target and each person of the newest release, the latter with an account of theirs. */
function idsOf(clone: Clone, { newest }: Chain): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const hash of newest.value.manifests) {
    for (const [, target, id, account] of clone.manifestText(hash).matchAll(/^(?:target (\S+)|account (\S+) (\S+).*)$/gm)) {
      ids.set(target ?? id ?? '', account ?? '');
    }
  }
  return ids;
}

function onlySigned(policy: Compiled, signed: ReadonlyMap<string, string>): Compiled {
  const is = ({ id }: { readonly id: string }): boolean => signed.has(id);
  return { ...policy, people: policy.people.filter(is), servers: policy.servers.filter(is), providers: policy.providers.filter(is) };
}

/** Of somebody no policy names any more only this is known; whether it is a person or a robot, their id says. */
function strangerOf(id: SubjectId, account: string): Person {
  return { kind: 'employee', id: id as EmployeeId, handle: id, keys: [], account };
}

/**
 * The one who is meant by a handle or an id. Throws `not-found`, and `usage` where the newest release knows another one
 * by this handle than the policy here: whoever takes somebody away must not take away a namesake.
 */
export function mustMean(clone: InForce, asked: string): Person {
  const found = mustFind(clone, asked);
  const other = clone.namesakes.get(asked);
  if (other === undefined) {
    if (asked !== found.id) clone.unsure?.(asked);
    return found;
  }
  const number = clone.chain?.newest.value.number ?? 0;
  const was = other.by === 'policy' ? `was ${other.id} in the one release ${number} was made from` : `${found.account}, the account it has there, is that of ${other.id} in release ${number}`;
  throw new Failure('usage', `${asked} is ${found.id} in the policy here, and ${was}`, {
    next: `say which by the id: ${other.id} is the one who has access now`,
  });
}
