/** One person on one target, as its manifest says it, with all that is known about each line. */
import { plainCommand } from '../core/access/index.ts';
import type { Allow, Instant, RuleSource } from '../core/access/index.ts';
import { Failure } from '../core/failure.ts';
import { fingerprint } from '../core/ssh/public-key.ts';
import type { PublicKey } from '../core/ssh/public-key.ts';
import { credentialsRead, listedRevocations, readKeyLine } from '../core/texts/index.ts';
import type { AccountLine, CredentialRead, KeyLine, Manifest, RightLine, SudoLine, TextCrypto, VerifiedRelease } from '../core/texts/index.ts';
import type { Clone, HeldRevocation } from './clone.ts';
import { lineName, namesOf } from './standing.ts';
import type { Held, Standing } from './standing.ts';
import type { LookThen, ReceiptThen } from './access-then.ts';
import type { RulesFor } from './working-tree.ts';

/** Everything an answer is made from. */
export interface Looking {
  readonly clone: Clone;
  readonly crypto: TextCrypto;
  readonly standing: Standing;
  /** Undefined: the working tree is read. */
  readonly release: VerifiedRelease | undefined;
  readonly moment: Instant;
  /** What is read, by target. */
  readonly manifests: ReadonlyMap<string, Manifest>;
  readonly rulesFor: RulesFor;
  /** The newest receipts, or the newest of the day that is asked about; undefined when a draft is looked at before release 1. */
  readonly receipts: { of(target: string): ReceiptThen; look(target: string): LookThen } | undefined;
  /** Revocations on top of the release, which does not list them; the working tree counts them itself. */
  readonly onTop: readonly HeldRevocation[];
  /** What was told of already: somebody's lines are the same on most targets. */
  readonly told: Told;
  readonly nameOf: (id: string) => string;
  readonly targetName: (id: string) => string;
}

/** Made once and shared, by all that they are made from. */
export class Told {
  readonly fingerprints = new Map<string, string>();
  readonly since = new Map<VerifiedRelease, { readonly since: Since }>();
  readonly keys = new Map<string, KeyDetail>();
  readonly sudo = new Map<string, SudoDetail>();
}

/** The first release of the unbroken run in which a line stands. */
export interface Since {
  readonly release: number;
  readonly issued: Instant;
  readonly signedBy: readonly string[];
}

export interface KeyDetail {
  readonly fingerprint: string;
  readonly type: string;
  readonly allow: Allow;
  readonly from?: readonly string[];
  readonly command?: string;
  readonly until?: Instant;
  readonly since?: Since;
  /** A revocation takes this key away, and no release lists it yet. */
  readonly revoked: boolean;
}

export interface SudoDetail {
  readonly runAs: string;
  /** As a person writes it, or `ALL`. */
  readonly command: string;
  readonly until?: Instant;
  readonly since?: Since;
}

/** One thing an admin login has at a provider, in the provider's words: `group`, `billing-read`. */
export interface RightDetail {
  readonly what: string;
  readonly value: string;
  readonly until?: Instant;
  readonly since?: Since;
}

/** What gives it: rules of the policy here that give exactly this, or the policy that a release was compiled from. */
export type By =
  | { readonly kind: 'rules'; readonly rules: readonly RuleSource[] }
  | { readonly kind: 'policy-of-release'; readonly release: number };

/** What the server's stored receipt says of these lines. */
export type Confirmed =
  /** `proof`: signed by the server's own key, or what a provider says. */
  | {
      readonly state: 'confirmed' | 'not-yet';
      readonly release: number;
      readonly time: Instant;
      readonly proof: 'signed' | 'says';
    }
  | { readonly state: 'never-heard' }
  | { readonly state: 'not-believed'; readonly why: string }
  | { readonly state: 'unknown'; readonly why: string };

/** A revocation of the person on top of the release, which does not list it yet. */
export interface RevokedOnTop {
  readonly name: string;
  readonly by: string;
  readonly time: Instant;
  /** Whether the server's stored receipt holds it. */
  readonly heldThere: boolean;
}

export interface AccessDetail {
  readonly person: string;
  readonly personId: string;
  readonly target: string;
  readonly targetId: string;
  readonly account: string;
  readonly until?: Instant;
  /** Undefined: in no signed release yet. */
  readonly since?: Since;
  readonly by: By;
  readonly keys: readonly KeyDetail[];
  readonly sudo: readonly SudoDetail[];
  readonly rights: readonly RightDetail[];
  /** What the login is opened with at a provider, by its stored answer. */
  readonly credentials?: readonly CredentialRead[];
  readonly revoked?: RevokedOnTop;
  readonly confirmed?: Confirmed;
}

export function detailOf(looking: Looking, target: string, held: Held): AccessDetail {
  const { account } = held;
  const revoked = looking.onTop.find(({ value }) => value.id === account.id);
  const confirmed = confirmedBy(looking, target, held);
  return {
    person: looking.nameOf(account.id),
    personId: account.id,
    target: looking.targetName(target),
    targetId: target,
    account: account.account,
    ...end(account.end),
    ...since(looking, target, longest(held), lineName.reach),
    by: byOf(looking, target, held),
    keys: held.keys.map((line) => keyDetail(looking, target, line)),
    sudo: held.sudo.map((line) => sudoDetail(looking, target, line)),
    rights: held.rights.map((line) => ({
      what: line.what,
      value: line.value,
      ...end(line.end),
      ...since(looking, target, line, lineName.right),
    })),
    ...credentialsOf(looking, target, account.account),
    ...(revoked === undefined ? {} : { revoked: revokedOnTop(looking, target, revoked) }),
    ...(confirmed === undefined ? {} : { confirmed }),
  };
}

function credentialsOf({ receipts }: Looking, target: string, login: string): Pick<AccessDetail, 'credentials'> {
  const stored = receipts?.of(target);
  if (stored?.kind !== 'believed') return {};
  const credentials = credentialsRead(stored.receipt).filter(({ account }) => account === login);
  return credentials.length === 0 ? {} : { credentials };
}

/** Those that were there at a moment and that a release does not list. */
export function revocationsOnTop(
  { revocations }: Clone,
  release: VerifiedRelease | undefined,
  moment: Instant,
): readonly HeldRevocation[] {
  if (release === undefined) return [];
  const listed = listedRevocations(release.value);
  return revocations.filter(({ hash, value }) => !listed.has(hash) && value.time <= moment);
}

function revokedOnTop(
  { nameOf, receipts }: Looking,
  target: string,
  { name, hash, value }: HeldRevocation,
): RevokedOnTop {
  const stored = receipts?.of(target);
  const heldThere = stored?.kind === 'believed' && stored.receipt.revocations.includes(hash);
  return { name, by: nameOf(value.signer), time: value.time, heldThere };
}

/** Of what lets in, a line that lasts longest where one has no end; an access stands as long as that. */
function longest({ account, keys, rights }: Held): AccountLine | KeyLine | RightLine {
  const lines = [...keys, ...rights];
  return lines.find(({ end: until }) => until === undefined) ?? lines[0] ?? account;
}

function keyDetail(looking: Looking, target: string, line: KeyLine): KeyDetail {
  const first = since(looking, target, line, lineName.key);
  const name = `${first.since?.release} ${line.end} ${line.line}`;
  const known = looking.told.keys.get(name);
  if (known !== undefined) return known;
  const { key, limits } = mustMean(line);
  const { from, command, allow } = limits;
  const made = {
    fingerprint: fingerprintOf(looking, key),
    type: key.type,
    allow,
    ...(from === undefined ? {} : { from }),
    ...(command === undefined ? {} : { command }),
    ...end(line.end),
    ...first,
    revoked: looking.onTop.some(({ value }) => value.keys.some((out) => out.line === key.line)),
  };
  looking.told.keys.set(name, made);
  return made;
}

/** A key is told of once for each target that it opens. */
function fingerprintOf({ told: { fingerprints }, crypto }: Looking, key: PublicKey): string {
  const known = fingerprints.get(key.line);
  if (known !== undefined) return known;
  const made = fingerprint(key, crypto.sha256);
  fingerprints.set(key.line, made);
  return made;
}

/** The key of a line. A signed line in any other form than keyward writes would be a fault of whoever made the release. */
export function keyOf(line: KeyLine): PublicKey {
  return mustMean(line).key;
}

function mustMean(line: KeyLine) {
  const meaning = readKeyLine(line.line);
  if (meaning !== undefined) return meaning;
  throw new Failure('trust', `a signed manifest has a key line for ${line.account} that keyward would not write`, {
    next: 'look at it before anything is delivered: `grep "^key" releases/*/manifest-*`',
  });
}

function sudoDetail(looking: Looking, target: string, line: SudoLine): SudoDetail {
  const first = since(looking, target, line, lineName.sudo);
  const name = `${first.since?.release} ${line.end} ${line.runAs} ${line.command}`;
  const known = looking.told.sudo.get(name);
  if (known !== undefined) return known;
  const made = { runAs: line.runAs, command: plainCommand(line.command), ...end(line.end), ...first };
  looking.told.sudo.set(name, made);
  return made;
}

const NOWHERE: { readonly since?: Since } = {};

/** `line` is of the release that is read; of the working tree it may be in none. */
function since<L extends { readonly end: Instant | undefined }>(
  { clone, standing, release, nameOf, told }: Looking,
  target: string,
  line: L,
  named: (line: L) => string,
): { readonly since?: Since } {
  const first = standing.since(release ?? clone.chain?.newest, target, line, named, release !== undefined);
  if (first === undefined) return NOWHERE;
  const known = told.since.get(first);
  if (known !== undefined) return known;
  const { number, issued } = first.value;
  const made = { since: { release: number, issued, signedBy: [...first.signedBy].map(nameOf).sort() } };
  told.since.set(first, made);
  return made;
}

function byOf({ rulesFor, release }: Looking, target: string, held: Held): By {
  const rules = rulesFor(target, held);
  if (rules === undefined || rules.length === 0)
    return { kind: 'policy-of-release', release: release?.value.number ?? 0 };
  return { kind: 'rules', rules };
}

function confirmedBy({ receipts, standing, release: read }: Looking, target: string, held: Held): Confirmed | undefined {
  const stored = receipts?.of(target);
  if (stored === undefined) return undefined;
  if (stored.kind === 'none') return { state: 'never-heard' };
  if (stored.kind !== 'believed') return { state: stored.kind, why: stored.why };
  const { manifest, release, time } = stored.receipt;
  const isThere = (read !== undefined && standing.isOf(read, target, manifest)) || standing.standIn(manifest, namesOf(held));
  return { state: isThere ? 'confirmed' : 'not-yet', release: release.number, time, proof: stored.proof };
}

function end(until: Instant | undefined): { until?: Instant } {
  return until === undefined ? {} : { until };
}
