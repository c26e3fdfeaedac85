/**
 * Begins an organization's policy repository, or makes this device part of one: who works here, which key signs, which
 * key carries, and which release 1 is the right one.
 */
import { isName, newId } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { compilePolicy, firstPolicy } from '../core/policy/index.ts';
import { parsePublicKey, readPublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import { hashOf } from '../core/texts/index.ts';
import type { Settings, World } from '../world.ts';
import { INPUTS, latin1, mustCompile, toBytes } from './clone.ts';
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
  /** The fingerprint of release 1, as a colleague says it. */
  readonly firstRelease?: string;
}

export interface InitReport {
  readonly organization: string;
  readonly me: string;
  /** `new`: the repository was begun here. `joined`: it was there. */
  readonly state: 'new' | 'joined';
  readonly signer: boolean;
  readonly courier: boolean;
  readonly threshold: number;
  readonly firstRelease?: string;
  /** Where this device's settings lie. */
  readonly settings: string;
  readonly written: readonly string[];
}

export async function init(world: World, options: InitOptions): Promise<InitReport> {
  const files = await world.repository.read(INPUTS);
  return files.has('access-policy.yaml') ? join(world, options, files) : begin(world, options);
}

async function begin(world: World, options: InitOptions): Promise<InitReport> {
  const { organization, me } = options;
  if (organization === undefined || !isName(organization)) {
    throw new Failure('usage', 'a new repository needs the organization\'s name: lowercase letters, digits, - and _', { next: 'keyward init --organization acme --me alice' });
  }
  if (!isName(me)) throw new Failure('usage', `not a handle: ${me}`, { next: 'a handle is lowercase letters, digits, - and _' });
  const files = new Map<string, Uint8Array>();
  const id = newId('emp', world.random(16));
  files.set('.gitattributes', toBytes('* -text\n'));
  const policy = firstPolicy(organization, { handle: me, id });
  files.set(policy.path, policy.bytes);
  for (const [path, bytes] of ownKeyFiles(options, new Map())) files.set(path, bytes);
  // Compiled before a byte is written.
  const { threshold } = mustCompile(compilePolicy(files, world.clock.now(), world.crypto.sha256));
  await writeSettings(world, organization, options);
  await world.repository.write(files);
  return reportOf(world, options, { organization, threshold, state: 'new', written: [...files.keys()].sort() });
}

async function join(world: World, options: InitOptions, files: ReadonlyMap<string, Uint8Array>): Promise<InitReport> {
  const more = ownKeyFiles(options, files);
  const { organization, threshold, people } = mustCompile(compilePolicy(files, world.clock.now(), world.crypto.sha256));
  if (!people.some((person) => person.handle === options.me && person.kind === 'employee')) {
    throw new Failure('not-found', `the policy knows no employee ${options.me}`, {
      next: `somebody who is in it runs \`keyward onboard ${options.me}\` and commits; then pull and try again`,
    });
  }
  mustCompile(compilePolicy(new Map([...files, ...more]), world.clock.now(), world.crypto.sha256));
  const firstRelease = await compareFirst(world, organization, options);
  await writeSettings(world, organization, { ...options, ...(firstRelease === undefined ? {} : { firstRelease }) });
  await world.repository.write(more);
  const report = reportOf(world, options, { organization, threshold, state: 'joined', written: [...more.keys()].sort() });
  return firstRelease === undefined ? report : { ...report, firstRelease };
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

/** The fingerprint of release 1, compared once by eye: where trust on this device begins. */
async function compareFirst(world: World, organization: string, options: InitOptions): Promise<string | undefined> {
  const bytes = (await world.repository.read(['releases/1/release'])).get('releases/1/release');
  const known = (await world.settings.read(organization)).firstRelease;
  if (bytes === undefined) return options.firstRelease ?? known;
  const found = hashOf(latin1(bytes), world.crypto);
  if (options.firstRelease !== undefined && options.firstRelease !== found) {
    throw new Failure('trust', `release 1 here has another fingerprint: ${found}`, { next: 'this clone is not the organization\'s: ask where the right one is' });
  }
  if (options.firstRelease === found || known === found) return found;
  world.terminal.tell(`Release 1 of ${organization} has the fingerprint`);
  world.terminal.tell(`  ${found}`);
  world.terminal.tell('A colleague sees the same one with `keyward status`.');
  if (await world.terminal.confirm('Is it the same?', 'first-release')) return found;
  throw new Failure('trust', 'without the right release 1 nothing here can be believed; nothing was written', {
    next: 'compare it, then `keyward init --first-release <fingerprint>`',
  });
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

function reportOf(world: World, options: InitOptions, parts: Pick<InitReport, 'organization' | 'threshold' | 'state' | 'written'>): InitReport {
  return {
    ...parts,
    me: options.me,
    signer: options.signingKey !== undefined,
    courier: options.courierKey !== undefined,
    settings: world.settings.path(parts.organization),
  };
}
