/**
 * Begins an organization's policy repository, or makes this device part of one: who works here, which key signs, which
 * key carries, and which release 1 is the right one.
 */
import { isName, newId } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { compilePolicy, firstPolicy } from '../core/policy/index.ts';
import type { Compiled } from '../core/policy/index.ts';
import { parsePublicKey, readPublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { Settings, World } from '../world.ts';
import { INPUTS, latin1, mustCompile, toBytes } from './clone.ts';
import { compareFirst } from './first-release.ts';
import { note } from './trust.ts';

/** A key of this device: its public line, and the private key's file where no agent holds it. */
export interface OwnKey {
  readonly publicLine: string;
  readonly file?: string;
}

export interface InitOptions {
  /** Only where the repository is new. */
  readonly organization?: string;
  readonly me: string;
  readonly signingKey?: OwnKey;
  readonly courierKey?: OwnKey;
  /** The fingerprint of release 1, as a colleague says it; or of a later one with which trust begins anew. */
  readonly firstRelease?: string;
  readonly dryRun: boolean;
}

export interface InitReport {
  readonly organization: string;
  readonly me: string;
  /** `new`: the repository was begun here. `joined`: it was there. */
  readonly state: 'new' | 'joined';
  readonly signer: boolean;
  readonly courier: boolean;
  readonly threshold: number;
  /** How many keys this person signs with; a lost one must be taken out by hand. */
  readonly signingKeys: number;
  readonly firstRelease?: string;
  /** Of that release: 1, unless trust begins anew with a later one. */
  readonly firstNumber?: number;
  /** Where this device's settings lie. */
  readonly settings: string;
  readonly written: readonly string[];
  /** Only where nothing was done: which files of the repository would be written. */
  readonly wouldWrite?: readonly string[];
}

export async function init(world: World, options: InitOptions): Promise<InitReport> {
  const files = await world.repository.read(INPUTS);
  return files.has('access-policy.yaml') ? join(world, options, files) : begin(world, options);
}

async function begin(world: World, options: InitOptions): Promise<InitReport> {
  const { organization, me } = options;
  if (organization === undefined || !isName(organization)) {
    throw new Failure('usage', 'a new repository needs the organization\'s name: lowercase letters, digits, - and _', {
      next: 'keyward init --organization acme --me alice --signing-key ~/.ssh/acme-sign --courier-key ~/.ssh/acme-courier',
    });
  }
  if (!isName(me)) throw new Failure('usage', `not a handle: ${me}`, { next: 'a handle is lowercase letters, digits, - and _' });
  await mustBeOther(world, organization);
  const files = new Map<string, Uint8Array>();
  const id = newId('emp', world.random(16));
  files.set('.gitattributes', toBytes('* -text\n'));
  const policy = firstPolicy(organization, { handle: me, id });
  files.set(policy.path, policy.bytes);
  for (const [path, bytes] of ownKeyFiles(options, new Map())) files.set(path, bytes);
  // Compiled before a byte is written.
  const { threshold, signers } = mustCompile(compilePolicy(files, world.clock.now(), world.crypto.sha256), 'give it otherwise, and run it again');
  return finish(world, options, files, { organization, threshold, signingKeys: signers.flatMap(({ keys }) => keys).length, state: 'new' });
}

/** Two organizations share nothing, and what a device knows is kept by the name. */
async function mustBeOther(world: World, organization: string): Promise<void> {
  const { firstRelease, verified } = await world.settings.read(organization);
  if (firstRelease === undefined && verified === undefined) return;
  throw new Failure('trust', `this device belongs to an organization ${organization} already`, {
    next: `take another name; where that one is no more, move ${world.settings.path(organization)} away`,
  });
}

async function join(world: World, options: InitOptions, files: ReadonlyMap<string, Uint8Array>): Promise<InitReport> {
  const more = ownKeyFiles(options, files);
  const isEmployee = ({ people }: Compiled): boolean => people.some((person) => person.handle === options.me && person.kind === 'employee');
  const { policy: before } = compilePolicy(files, world.clock.now(), world.crypto.sha256);
  if (before !== undefined && !isEmployee(before)) {
    throw new Failure('not-found', `the policy knows no employee ${options.me}`, {
      next: `somebody who is in it runs \`keyward onboard ${options.me}\` and commits; then pull and try again`,
    });
  }
  // What lies here may have too few signers: then it is this key that makes it a policy again.
  const policy = mustCompile(compilePolicy(new Map([...files, ...more]), world.clock.now(), world.crypto.sha256));
  const { organization, threshold } = policy;
  const own = policy.people.find((person) => person.handle === options.me)?.id;
  const signingKeys = policy.signers.find(({ id }) => id === own)?.keys.length ?? 0;
  const first = await compareFirst(world, policy, options.firstRelease, options.dryRun);
  const believed = first === undefined ? options : { ...options, firstRelease: first.hash };
  const report = await finish(world, believed, more, { organization, threshold, signingKeys, state: 'joined' });
  return first === undefined ? report : { ...report, firstRelease: first.hash, firstNumber: first.number };
}

/** `signers/<me>.pub` and `couriers/<me>.pub`, with one line more where the key is not there yet. */
function ownKeyFiles(options: InitOptions, files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const edits = new Map<string, Uint8Array>();
  const add = (folder: string, key: OwnKey | undefined): void => {
    if (key === undefined) return;
    const path = `${folder}/${options.me}.pub`;
    const before = latin1(files.get(path) ?? new Uint8Array());
    const { line } = mustRead(key.publicLine);
    if (before.split('\n').some((there) => there.startsWith(line))) return;
    edits.set(path, toBytes(`${before}${line}\n`));
  };
  add('signers', options.signingKey);
  add('couriers', options.courierKey);
  return edits;
}

function mustRead(line: string): PublicKey {
  const reading = readPublicKey(line);
  if (reading.ok) return reading.key;
  throw new Failure('key', reading.message, reading.suggestion === undefined ? {} : { next: reading.suggestion });
}

async function writeSettings(world: World, organization: string, options: InitOptions): Promise<void> {
  const { me, signingKey, courierKey, firstRelease } = options;
  const signing = signingKey && { publicLine: parsePublicKey(signingKey.publicLine).line, ...(signingKey.file === undefined ? {} : { file: signingKey.file }) };
  const changed: Partial<Settings> = {
    me,
    ...(signing === undefined ? {} : { signingKey: signing }),
    ...(courierKey?.file === undefined ? {} : { courierKeyFile: courierKey.file }),
    ...(firstRelease === undefined ? {} : { firstRelease }),
  };
  await note(world, organization, changed);
}

async function finish(world: World, options: InitOptions, files: ReadonlyMap<string, Uint8Array>, parts: Pick<InitReport, 'organization' | 'threshold' | 'signingKeys' | 'state'>): Promise<InitReport> {
  const paths = [...files.keys()].sort();
  if (!options.dryRun) {
    await writeSettings(world, parts.organization, options);
    await world.repository.write(files);
  }
  // What was said before still holds: not only what was said this time.
  const { signingKey, courierKeyFile } = await world.settings.read(parts.organization);
  return {
    ...parts,
    written: options.dryRun ? [] : paths,
    ...(options.dryRun ? { wouldWrite: paths } : {}),
    me: options.me,
    signer: (signingKey ?? options.signingKey) !== undefined,
    courier: (courierKeyFile ?? options.courierKey?.file) !== undefined,
    settings: world.settings.path(parts.organization),
  };
}
