/**
 * Enrolls many servers from a list that somebody has already. Looked at side by side, written into the policy at once,
 * installed side by side; what could not be enrolled is taken out of the policy again. A second run passes over those
 * that answer the courier already, so that it does what the first one left.
 */
import { newId } from '../core/access/index.ts';
import type { Server } from '../core/access/index.ts';
import { EXIT, Failure, worst } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import { readHostList } from '../core/policy/index.ts';
import type { HostList, Listed, PassedOver } from '../core/policy/index.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { Answer, Journal, Outcome, World } from '../world.ts';
import { readClone } from './clone.ts';
import type { Clone } from './clone.ts';
import {
  accessOf,
  askAsCourier,
  filesOf,
  fittingFiles,
  foundLines,
  install,
  lookAt,
  noHostKey,
  putBack,
  releaseToPin,
  toldOf,
  unaccepted,
  waysAhead,
} from './enrolling.ts';
import type { Enrolling, Entry, FoundLine } from './enrolling.ts';
import { keepLooks } from './keep-looks.ts';
import type { Looked } from './keep-looks.ts';
import { keyOwners } from './key-owners.ts';
import { fits } from './known-targets.ts';
import { mustCarrySigned } from './receiver-here.ts';
import { sideBySide } from './side-by-side.ts';
import type { Limits } from './side-by-side.ts';

export interface EnrollFromOptions {
  /** The list as it stands, and its name for messages. */
  readonly list: string;
  readonly label: string;
  /** Patterns of names; none: all of the list. */
  readonly servers: readonly string[];
  /** Where the list names no user. */
  readonly user: string;
  readonly identityFile?: string;
  /** Given to every server, beside those of the list. */
  readonly labels: Readonly<Record<string, string>>;
  readonly accept?: string;
  readonly limits: Limits;
  readonly dryRun: boolean;
}

/** `ready`: in a dry run, could be enrolled. `already`: it answers the courier. `unknown`: nobody could look. `refused`: it said no, or there is no one to believe. */
export type EnrolledState = 'enrolled' | 'ready' | 'already' | 'unknown' | 'refused' | 'untrusted';

export interface EnrolledOne {
  readonly name: string;
  readonly address: string;
  readonly state: EnrolledState;
  readonly why?: string;
  readonly id?: string;
  readonly openssh?: string;
  readonly found: readonly FoundLine[];
  readonly accepted: number;
}

export interface EnrollFromReport {
  readonly list: HostList['kind'];
  readonly servers: readonly EnrolledOne[];
  readonly passedOver: readonly PassedOver[];
  readonly written: readonly string[];
  /** Only where nothing was done: which files of the repository would be written. */
  readonly wouldWrite?: readonly string[];
  readonly status: ExitStatus;
}

/** One server on its way: an entry when it may be enrolled, else what became of it. */
type Step = { readonly entry: Entry; readonly found: readonly FoundLine[] } | { readonly done: EnrolledOne };

const STATUS: Readonly<Record<EnrolledState, ExitStatus>> = {
  enrolled: EXIT.done,
  ready: EXIT.done,
  already: EXIT.done,
  unknown: EXIT.incomplete,
  refused: EXIT.failed,
  untrusted: EXIT.refused,
};

export async function enrollFrom(world: World, options: EnrollFromOptions): Promise<EnrollFromReport> {
  const clone = await readClone(world, { for: 'act' });
  releaseToPin(clone);
  await mustCarrySigned(world, clone);
  const { kind, hosts, passedOver } = chosen(clone, options);
  const journal = await world.journals.begin(clone.organization, 'server enroll', clone.now);
  const looked = await watched(world, 'Looking at', hosts, options.limits, (host) =>
    look(world, clone, journal, options, host),
  );
  const ready = options.dryRun && options.accept === undefined ? looked : await withAccepted(world, clone, options, looked);
  const entries = ready.flatMap((step) => ('entry' in step ? [step.entry] : []));
  const reason = options.accept ?? 'there at enrolment';
  const begun = fittingFiles(world, clone, entries, reason);
  if (options.dryRun) return { list: kind, written: [], wouldWrite: [...begun.keys()].sort(), ...ended(ready.map(previewed), passedOver) };
  await world.repository.write(begun);
  const answers: Looked[] = [];
  const servers = await watched(world, 'Enrolling', ready, options.limits, (step) =>
    'done' in step ? Promise.resolve(step.done) : enrollOne(world, clone, journal, step, options.limits, (one) => answers.push(one)),
  );
  const kept = entries.filter(({ server }) =>
    servers.some(({ name, state }) => name === server.name && state === 'enrolled'),
  );
  const written = filesOf(clone.files, kept, reason);
  await world.repository.write(written);
  await putBack(
    world,
    clone,
    [...begun.keys()].filter((path) => !written.has(path)),
  );
  const looks = await keepLooks(world, answers);
  return { list: kind, written: [...written.keys(), ...looks].sort(), ...ended(servers, passedOver) };
}

function ended(servers: readonly EnrolledOne[], passedOver: readonly PassedOver[]): Pick<EnrollFromReport, 'servers' | 'passedOver' | 'status'> {
  const sorted = [...servers].sort((a, b) => (a.name < b.name ? -1 : 1));
  const statuses = [...sorted.map(({ state }) => STATUS[state]), ...(passedOver.length > 0 ? [EXIT.incomplete] : [])];
  return { servers: sorted, passedOver, status: worst(statuses) };
}

function previewed(step: Step): EnrolledOne {
  if ('done' in step) return step.done;
  const { server, id, known, accepted } = step.entry;
  return { name: server.name, address: server.address, state: 'ready', ...(known ? { id } : {}), ...opensshOf(step.found), found: step.found, accepted: accepted.length };
}

function opensshOf(found: readonly FoundLine[]): Pick<EnrolledOne, 'openssh'> {
  const openssh = found.find(({ word }) => word === 'openssh')?.fields[0];
  return openssh === undefined ? {} : { openssh };
}

/** Those of the list that are asked for; a name that the policy gives to another address is passed over. */
function chosen(clone: Clone, { list, label, servers }: EnrollFromOptions): HostList {
  const known = new Map(clone.policy.servers.map((server) => [`${server.address} ${server.port}`, server.name]));
  const read = readHostList(list, label, (address, port) => known.get(`${address} ${port}`));
  const wanted = read.hosts.filter(
    ({ name }) => servers.length === 0 || servers.some((pattern) => fits(pattern, name)),
  );
  if (wanted.length === 0) {
    throw new Failure('usage', `no server of ${label} fits ${servers.join(' ')}`, {
      next: `it has ${read.hosts.map(({ name }) => name).join(', ')}`,
    });
  }
  const clashing = wanted.filter(({ name, address, port = 22 }) => {
    const there = serverOf(clone, name);
    return there !== undefined && (there.address !== address || there.port !== port);
  });
  const over = clashing.map(({ name, address }) => ({
    what: name,
    why: `the policy has another ${name}, not at ${address}: give this one another name in a JSON list`,
  }));
  return {
    kind: read.kind,
    hosts: wanted.filter((host) => !clashing.includes(host)),
    passedOver: [...read.passedOver, ...over],
  };
}

function serverOf(clone: Clone, name: string): Server | undefined {
  return clone.policy.servers.find((server) => server.name === name);
}

/** Side by side with progress, each under its name. */
async function watched<T extends Listed | Step, R>(
  world: World,
  doing: string,
  items: readonly T[],
  limits: Limits,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const nameOf = (item: T): string =>
    'done' in item ? item.done.name : 'entry' in item ? item.entry.server.name : item.name;
  const busy = items.filter((item) => !('done' in item));
  if (busy.length > 0) world.terminal.tell(`${doing} ${busy.length} ${busy.length === 1 ? 'server' : 'servers'}.`);
  const watch = world.terminal.watch(busy.map(nameOf));
  try {
    return await sideBySide(items, { ...limits, timeout: 24 * 3600 }, async (item) => {
      if (!('done' in item)) watch.begin(nameOf(item));
      const result = await work(item);
      if (!('done' in item)) watch.end(nameOf(item));
      return result;
    });
  } finally {
    watch.stop();
  }
}

async function look(world: World, clone: Clone, journal: Journal, options: EnrollFromOptions, host: Listed): Promise<Step> {
  const { limits } = options;
  const server = enrollingOf(host, options);
  const there = serverOf(clone, host.name);
  const hostKeys = await believed(world, host, there);
  const id = there?.id ?? newId('srv', world.random(16));
  const ended = (state: EnrolledState, why?: string): Step => ({ done: endedAs(host, there, state, why) });
  if (limits.signal.aborted) return ended('unknown', 'not begun: interrupted');
  if (hostKeys.length === 0) return ended('untrusted', noHostKey(host.hostKeyAlias ?? host.address).message);
  if (
    there !== undefined &&
    (await askAsCourier(world, clone, journal, { server, id, hostKeys }, limits)).kind === 'done'
  )
    return ended('already');
  const outcome = await lookAt(world, clone, accessOf(server, hostKeys), there, limits);
  if (outcome.kind !== 'done') return ended(outcome.kind, outcome.why);
  const entry = { server, id, known: there !== undefined, hostKeys, accepted: [] };
  return { entry, found: foundLines(outcome.value, keyOwners(clone, world)) };
}

function enrollingOf(host: Listed, { user, identityFile, labels }: EnrollFromOptions): Enrolling {
  return {
    name: host.name,
    address: host.address,
    port: host.port ?? 22,
    user: host.user ?? user,
    labels: { ...host.labels, ...labels },
    ...(identityFile === undefined ? {} : { identityFile }),
  };
}

function endedAs({ name, address }: Listed, there: Server | undefined, state: EnrolledState, why: string | undefined): EnrolledOne {
  const id = there === undefined ? {} : { id: there.id };
  return { name, address, state, found: [], accepted: 0, ...id, ...(why === undefined ? {} : { why }) };
}

/**
 * The list's own keys, else those of the address in known_hosts, else of what the list calls it, since that may be how it
 * was logged in to (by its `HostKeyAlias` alone where the list gives one, as ssh does); else those written when a script was printed. Never the server's word.
 */
async function believed(
  world: World,
  { hostKeys, address, alias, hostKeyAlias, port = 22 }: Listed,
  there: Server | undefined,
): Promise<readonly PublicKey[]> {
  if (hostKeys.length > 0) return hostKeys;
  for (const name of [address, ...(alias === undefined || hostKeyAlias !== undefined ? [] : [alias])]) {
    const known = await world.enroller.knownHostKeys(name, port, hostKeyAlias);
    if (known.length > 0) return known;
  }
  return there?.hostKeys ?? [];
}

/** Asked once for all of them. */
async function withAccepted(
  world: World,
  clone: Clone,
  { accept }: EnrollFromOptions,
  steps: readonly Step[],
): Promise<readonly Step[]> {
  const of = (step: Step): readonly FoundLine[] =>
    'entry' in step ? unaccepted(step.found, serverOf(clone, step.entry.server.name)) : [];
  const ways = steps.flatMap((step) =>
    of(step).map(
      (way) =>
        `${'entry' in step ? step.entry.server.name : ''}  ${toldOf(way)}`,
    ),
  );
  if (ways.length === 0) return steps;
  if (accept === undefined) {
    world.terminal.tell(waysAhead(ways.length));
    for (const way of ways) world.terminal.tell(`  ${way}`);
    if (
      !(await world.terminal.confirm(
        'Write them as accepted into the policy? What is not shows up as drift.',
        'accept:all',
      ))
    )
      return steps;
  }
  return steps.map((step) => ('entry' in step ? { ...step, entry: { ...step.entry, accepted: of(step) } } : step));
}

async function enrollOne(
  world: World,
  clone: Clone,
  journal: Journal,
  { entry, found }: { readonly entry: Entry; readonly found: readonly FoundLine[] },
  limits: Limits,
  keep: (looked: Looked) => void,
): Promise<EnrolledOne> {
  const { server, id, accepted, hostKeys } = entry;
  const base = { name: server.name, address: server.address, found };
  const outcome: Outcome<{ readonly answer: Answer }> = limits.signal.aborted
    ? { kind: 'unknown', why: 'not begun: interrupted' }
    : await install(world, clone, journal, entry, limits);
  if (outcome.kind !== 'done')
    return { ...base, state: outcome.kind, why: outcome.why, accepted: 0, ...(entry.known ? { id } : {}) };
  keep({ name: server.name, hostKeys, answer: outcome.value.answer });
  return { ...base, state: 'enrolled', id, accepted: accepted.length, ...opensshOf(found) };
}
