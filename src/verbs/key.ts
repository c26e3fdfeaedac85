/** An employee's or machine's keys: one more, or one less everywhere. */
import { Failure } from '../core/failure.ts';
import type { ExitStatus } from '../core/failure.ts';
import { fingerprint, readPublicKey } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import type { World } from '../world.ts';
import { INPUTS, latin1, mustCompile, toBytes } from './clone.ts';
import type { Clone } from './clone.ts';
import { compilePolicy } from '../core/policy/index.ts';
import type { PolicyFiles } from '../core/policy/index.ts';
import { mustMean, readInForce } from './in-force.ts';
import { knownTargets } from './known-targets.ts';
import type { Out } from './refusal-proof.ts';
import { carryOut, keysEver, makeRevocation, notLooked, statusOf, whoRevokes } from './revoke.ts';
import type { OutReport } from './revoke.ts';
import type { Limits } from './side-by-side.ts';
import { readReceiptFiles } from './stored-receipts.ts';
import { takeOwnKey } from './own-key.ts';
import type { OwnKeyReport } from './own-key.ts';
import { keepVerified, mustHoldVerified } from './trust.ts';
import { waysLeft } from './ways-left.ts';
import type { WayLeft } from './ways-left.ts';

/** Where a new key comes from: a public key somebody gave, or one that is made here. */
export type KeySource =
  | { readonly kind: 'given'; readonly line: string }
  | { readonly kind: 'generated'; readonly file: string; readonly passphrase: string };

export interface KeyAddReport {
  readonly handle: string;
  readonly fingerprint: string;
  readonly type: string;
  /** The private key's file, where it was made here. */
  readonly file?: string;
  readonly written: readonly string[];
}

/** What `addKey` would do. Without type and fingerprint where the key would be made here: it is not. */
export interface KeyAddPreview {
  readonly handle: string;
  readonly fingerprint?: string;
  readonly type?: string;
  readonly wouldWrite: readonly string[];
}

export interface KeyRevokeReport {
  readonly handle: string;
  readonly fingerprint: string;
  readonly revocation: { readonly path: string; readonly hash: string };
  readonly targets: readonly OutReport[];
  readonly waysLeft: readonly WayLeft[];
  readonly written: readonly string[];
  readonly status: ExitStatus;
}

export interface KeyAddOptions {
  readonly handle: string;
  readonly source: KeySource;
  readonly dryRun: boolean;
}

/** Writes `keys/<handle>.pub`. Nothing changes on a server before a release says so. */
export async function addKey(world: World, { handle, source, dryRun }: KeyAddOptions): Promise<KeyAddReport | KeyAddPreview> {
  const files = await world.repository.read(INPUTS);
  const clone = mustCompile(compilePolicy(files, world.clock.now(), world.crypto.sha256));
  if (!clone.people.some((person) => person.handle === handle)) {
    throw new Failure('not-found', `the policy knows no ${handle}`, { next: `\`keyward onboard ${handle}\` adds an employee with a key` });
  }
  if (dryRun && source.kind === 'generated') {
    await world.keyMaker.check(source.file, source.passphrase, handle);
    return { handle, wouldWrite: [keyFile(handle), source.file] };
  }
  const key = await keyFrom(world, handle, source);
  const edits = keyEdit(world, files, handle, key);
  const added = { handle, fingerprint: fingerprint(key, world.crypto.sha256), type: key.type };
  if (dryRun) return { ...added, wouldWrite: [...edits.keys()] };
  await world.repository.write(edits);
  return {
    ...added,
    ...(source.kind === 'generated' ? { file: source.file } : {}),
    written: [...edits.keys()],
  };
}

/** The public key of a source; a generated private key is written once, 0600, with a passphrase, and never kept. */
export async function keyFrom(world: World, handle: string, source: KeySource): Promise<PublicKey> {
  const line = source.kind === 'given' ? source.line : await world.keyMaker.make(source.file, source.passphrase, handle);
  const reading = readPublicKey(line.trim());
  if (reading.ok) return reading.key;
  throw new Failure('key', `the key for ${handle}: ${reading.message}`, reading.suggestion === undefined ? {} : { next: reading.suggestion });
}

/** A line more in `keys/<handle>.pub`; the policy is compiled again with it, so that a bad key is never written. */
export function keyEdit(world: World, files: PolicyFiles, handle: string, key: PublicKey): ReadonlyMap<string, Uint8Array> {
  const path = keyFile(handle);
  const before = latin1(files.get(path) ?? new Uint8Array());
  if (before.split('\n').some((line) => line.startsWith(key.line))) return new Map();
  const line = key.comment === '' ? key.line : `${key.line} ${key.comment}`;
  const bytes = toBytes(`${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${line}\n`);
  mustCompile(compilePolicy(new Map([...files, [path, bytes]]), world.clock.now(), world.crypto.sha256), 'give another key, and run it again');
  return new Map([[path, bytes]]);
}

export function keyFile(handle: string): string {
  return `keys/${handle}.pub`;
}

export interface KeyRevokeOptions {
  readonly handle: string;
  /** `SHA256:…` */
  readonly fingerprint: string;
  readonly limits: Limits;
  readonly dryRun: boolean;
}

/** What `revokeKey` would do. */
export interface KeyRevokePreview {
  readonly handle: string;
  readonly fingerprint: string;
  /** Which targets would be told. */
  readonly targets: readonly string[];
  /** Files of the repository that would change, beside the revocation. */
  readonly wouldChange: readonly string[];
}

/** Takes one key away everywhere; the person stays. One that signs or carries is taken out of the policy. */
export async function revokeKey(world: World, options: KeyRevokeOptions): Promise<KeyRevokeReport | OwnKeyReport | KeyRevokePreview> {
  const clone = await readInForce(world, { for: 'act' });
  if (options.dryRun) mustHoldVerified(clone);
  else await keepVerified(world, clone);
  const person = mustMean(clone, options.handle);
  const own = await takeOwnKey(world, clone, person, options);
  if (own !== undefined) return own;
  const key = mustHave(world, options, keysEver(clone, person.id));
  const out: Out = { handle: person.handle, id: undefined, keys: [key], about: person.id };
  const me = whoRevokes(clone);
  const line = lineDropped(clone, person.handle, key);
  if (options.dryRun) {
    const targets = knownTargets(clone).map(({ name }) => name).sort();
    return { handle: person.handle, fingerprint: options.fingerprint, targets, wouldChange: [...line.keys()] };
  }
  if (!(await world.terminal.confirm(`Revoke ${options.fingerprint} of ${person.handle} everywhere?`, person.handle))) {
    throw new Failure('risk', 'the key is not revoked; nothing was changed', { next: `--confirm ${person.handle} does it without asking` });
  }
  const journal = await world.journals.begin(clone.organization, 'key revoke', clone.now);
  const receipts = await readReceiptFiles(world);
  const before = notLooked(world, clone, knownTargets(clone), out);
  const revocation = await makeRevocation(world, clone, journal, me, out);
  await world.repository.write(line);
  const { reports, written } = await carryOut(world, clone, journal, before, out, revocation, options.limits);
  const paths = [...new Set([revocation.path, ...line.keys(), ...written])].sort();
  const status = statusOf(reports);
  await journal.append({ what: 'end', status, written: paths });
  return {
    handle: person.handle,
    fingerprint: options.fingerprint,
    revocation: { path: revocation.path, hash: revocation.hash },
    targets: [...reports].sort((a, b) => (a.name < b.name ? -1 : 1)),
    waysLeft: waysLeft(world, clone, out.keys, receipts),
    written: paths,
    status,
  };
}

function mustHave(world: World, options: KeyRevokeOptions, keys: readonly PublicKey[]): PublicKey {
  const found = keys.find((key) => fingerprint(key, world.crypto.sha256) === options.fingerprint);
  if (found !== undefined) return found;
  throw new Failure('not-found', `${options.handle} has and had no key ${options.fingerprint}`, {
    next: keys.length === 0 ? 'no key of theirs is known' : `known: ${keys.map((key) => fingerprint(key, world.crypto.sha256)).join(', ')}`,
  });
}

/** The key's line goes from `keys/<handle>.pub`, so that the next release does not name it. */
function lineDropped(clone: Clone, handle: string, key: PublicKey): ReadonlyMap<string, Uint8Array> {
  const path = keyFile(handle);
  const bytes = clone.files.get(path);
  if (bytes === undefined) return new Map();
  const lines = latin1(bytes).split('\n');
  const kept = lines.filter((line) => !line.startsWith(key.line));
  return kept.length === lines.length ? new Map() : new Map([[path, toBytes(kept.join('\n'))]]);
}
