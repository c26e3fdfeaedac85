/**
 * All that keyward asks of the world, on one page. Verbs know nothing else of it.
 *
 * Belongs here: contracts. Does not: any implementation (targets/, disk/, private-keys/, terminal/; main.ts joins them).
 * Every contract that reaches out answers one of three things: done, refused (it answered, and no), or unknown
 * (nobody could look, and why). Unknown is never "nothing there".
 * Long, because all contracts stand on one page.
 */
import type { EmployeeId } from './core/access/ids.ts';
import type { Instant } from './core/access/instant.ts';
import type { PublicKey } from './core/ssh/public-key.ts';
import type { SignatureCrypto } from './core/ssh/sshsig.ts';
import type { Receipt } from './core/texts/receipt.ts';

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Time and chance, handed in so that the core stays pure and a test can choose them. */
export interface Clock {
  /** UTC seconds. A run reads it once. */
  now(): Instant;
}
export type Random = (length: number) => Uint8Array;

/**
 * The policy repository as bytes. Paths are relative, with `/`, and come from handles, hashes and numbers only.
 * A write is atomic for each file and on disk (file, then folder) before it returns.
 */
export interface Repository {
  /** The folder, for messages. */
  readonly root: string;
  /**
   * All files directly or deeper under these folders or with exactly these names; what is not there is left out. What is
   * there and cannot be read (a link, a strange name, too large) throws, or is left out where `passedOver` is told of it.
   */
  read(under: readonly string[], passedOver?: (path: string, why: string) => void): Promise<ReadonlyMap<string, Uint8Array>>;
  /** The names directly in a folder, sorted; none when it does not exist. */
  list(folder: string): Promise<readonly string[]>;
  write(files: ReadonlyMap<string, Uint8Array>): Promise<void>;
  remove(paths: readonly string[]): Promise<void>;
  /** `git add` and `git commit` of exactly these paths; refused when the folder is under no version control. */
  commit(paths: readonly string[], message: string): Promise<Outcome<void>>;
  /** The e-mail-less answer to "who changed this": the newest commit, or unknown. */
  head(): Promise<Outcome<string>>;
  /**
   * Every version of these files that the commits up to the newest hold, newest first, told file by file: of a thousand
   * files not all are in memory at once. Unknown without version control.
   */
  history(paths: readonly string[], tell: (path: string, versions: readonly Uint8Array[]) => void): Promise<Outcome<History>>;
}

/** What version control has. `whole`: false in a shallow clone, where older versions may be missing. */
export interface History {
  readonly whole: boolean;
}

/** A device's own settings for one organization, in the config folder; never part of the policy. */
export interface Settings {
  /** The handle this device works as. */
  readonly me?: string;
  /** The public key (a line) this device signs with, and the private key's file where no agent holds it. */
  readonly signingKey?: { readonly publicLine: string; readonly file?: string };
  /** The courier's private key file. */
  readonly courierKeyFile?: string;
  /** sha256 of release 1, compared once by eye: where trust begins. */
  readonly firstRelease?: string;
  /** The newest release this device itself verified. */
  readonly verified?: { readonly number: number; readonly hash: string };
  /** The highest number this device ever signed. */
  readonly highestSigned?: number;
  /** How a server is reached other than directly: a command that gets the bundle on stdin and answers on stdout. */
  readonly via?: Readonly<Record<string, readonly string[]>>;
}
export interface SettingsStore {
  read(organization: string): Promise<Settings>;
  write(organization: string, settings: Settings): Promise<void>;
  /** The file, for messages. */
  path(organization: string): string;
}

/** What one device did and tried: one file a run, one chained JSON line an event, synced before acting. */
export interface Journal {
  readonly path: string;
  /** Appends an event and returns the sha256 of its line (hexadecimal): the nonce that a target is sent. */
  append(event: { readonly what: string; readonly [field: string]: unknown }): Promise<string>;
}
export interface JournalStore {
  begin(organization: string, command: string, now: Instant): Promise<Journal>;
  /**
   * Every run's file of the organization, oldest first, with its whole lines as they stand. `torn` is what a crash left
   * of a last line: `append` never returned for it.
   */
  runs(
    organization: string,
  ): Promise<readonly { readonly name: string; readonly lines: readonly string[]; readonly torn?: string }[]>;
}

/** Signs texts. The secret never leaves private-keys/. Asks for a passphrase or a touch only through the key's own program. */
export interface Signing {
  /** The armored SSHSIG, already verified against `key`. Throws a Failure `signature` when the key cannot be used. */
  sign(key: PublicKey, file: string | undefined, namespace: string, text: Uint8Array): Promise<string>;
}

/** A key that proves itself to a server: the courier's. `prove` signs what the SSH transport asks for. */
export interface ConnectionKey {
  readonly key: PublicKey;
  prove(data: Uint8Array, algorithm?: string): Promise<Uint8Array>;
}

/** A text and the armored signatures that came with it; nothing here has been believed yet. */
export interface Signed {
  readonly text: string;
  readonly signatures: readonly string[];
}

/** What a target is given at once; see docs/formats.md, section 7. */
export interface Parcel {
  readonly nonce: string;
  /** Ids to tell what runs for them. */
  readonly about: readonly string[];
  readonly revocations: readonly Signed[];
  /** Oldest first: each release that changed the signer set, then the newest. None: only look, or only revoke. */
  readonly releases: readonly Signed[];
  /** The target's own manifest of the newest release. */
  readonly manifest?: string;
}

/** What a target answered. `proof` says what it is worth: signed by the pinned host key, or what a provider says. */
export interface Answer {
  readonly receipt: Receipt;
  /** The receipt with its signature as it came, to be kept. */
  readonly signed: Signed;
  readonly proof: 'signed' | 'says';
  /** Revocations and releases the target hands back. They prove themselves; the caller verifies them. */
  readonly revocations: readonly Signed[];
  readonly conflicts: readonly Signed[];
}

/** One key offered on one account. Needs the public key only. */
export interface Offer {
  readonly account: string;
  readonly key: PublicKey;
}
/** `accepted`: the key is listed there (nothing else is shown). `refused`: the server answered no to this key. */
export type OfferAnswer = 'accepted' | 'refused';

/** Told what the server answered: whether the same keys are to be offered once more, as soon as it is known. */
export type Again = (first: readonly Outcome<OfferAnswer>[]) => Promise<boolean>;

/** Whether something may be handed over now; others may be before it. Stays open when it is not wanted any more. */
export type Turn = () => Promise<boolean>;

/** A change on a target that keyward works on from here: one line in the journal before it, one after it. */
export interface Step {
  /** A word such as `deny`. */
  readonly step: string;
  /** What it is done to, in the target's own words: ids and names, never a secret. */
  readonly subject: string;
  readonly state: 'begun' | 'done' | 'failed';
  readonly why?: string;
}
/** Writes a step down; on disk before it answers. What it throws stops the step: nothing is done that was not written down. */
export type Note = (step: Step) => Promise<void>;

/** What access is given on. A verb never asks which kind it has. */
export interface Target {
  readonly id: string;
  readonly name: string;
  /**
   * Hands over a parcel and takes the answer; with neither revocations nor releases it looks and changes nothing.
   * `done` carries an answer whose receipt names this target, this nonce and proves itself as `proof` says: also
   * when the receipt's own lines tell of refused texts or failed work. `refused`: it is not who it must be, or lets
   * the courier not in. `unknown`: no answer in time. `turn` is asked once, when the target can be spoken to and
   * before the first byte goes out; on no, nothing is handed over and it is unknown. `note` is told of each step by
   * targets that are worked on from here; a server keeps its own list.
   */
  exchange(parcel: Parcel, signal: AbortSignalLike, turn?: Turn, note?: Note): Promise<Outcome<Answer>>;
  /**
   * Offers public keys and tells of each whether it is listed; keeps within what a server punishes. `again` is told the
   * answers, once; when it says yes, the same keys are offered once more, and those answers come back.
   */
  offer(offers: readonly Offer[], signal: AbortSignalLike, again?: Again): Promise<readonly Outcome<OfferAnswer>[]>;
}

/** The part of AbortSignal that is used, so that this page needs no DOM. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  /** `timeout` where the time of one target ran out; else somebody stopped the run. */
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** How a target is found: the address from the policy, everything that is trusted from the signed manifest. */
export interface TargetPlace {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly organization: string;
  readonly address: string;
  readonly port: number;
  /** Of the signed manifest, present and next. */
  readonly hostKeys: readonly PublicKey[];
  readonly via?: readonly string[];
  /** Of the signed manifest: what holds for the whole of a provider. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What a target verifies by that keeps no texts itself; a server has them since it was enrolled. */
  readonly trust?: Trust;
}

/** Signed texts, and where trust in them begins. Nothing of it is believed for where it comes from. */
export interface Trust {
  /** sha256 of release 1. */
  readonly firstRelease: string;
  /** The way from there to the newest release. */
  readonly releases: readonly Signed[];
  /** The target's own manifest of the newest release, to compare with when it is only looked at. */
  readonly manifest?: string;
}

/** One's own root access to a server, for enrolling and removing; never the courier's. */
export interface RootAccess {
  /** `ssh` arguments and destination; host keys are pinned by the caller. */
  readonly user: string;
  readonly address: string;
  readonly port: number;
  readonly identityFile?: string;
  readonly hostKeys: readonly PublicKey[];
  readonly options?: readonly string[];
}

/** What a server is enrolled with; see docs/formats.md, the section on enrolling. */
export interface Enrolment {
  readonly organization: string;
  readonly targetId: string;
  readonly name: string;
  readonly nonce: string;
  readonly release: Signed;
  readonly couriers: readonly PublicKey[];
  readonly hostKeys: readonly PublicKey[];
  /** Who enrolls it, where this device knows: they had root there. */
  readonly by?: EmployeeId;
  /** How long an install waits for the courier before it takes itself back; 120 when left out. */
  readonly waitsSeconds?: number;
}
/** What was found before anything was changed: lines of the words of a receipt (`way-in`, `looked`, `account`). */
export interface Found {
  readonly lines: readonly string[];
}
/** What a server is taken out with. */
export interface Removal {
  readonly organization: string;
  readonly targetId: string;
  readonly nonce: string;
  /** sha256 of the receipt that was stored. */
  readonly receipt: string;
  /** Writes today's grants as plain files. */
  readonly keepAccess: boolean;
}
export interface Enroller {
  /** Installs, proves by `proveCourier` that the way back in holds, and only then lets go; else everything is reverted. */
  enroll(
    access: RootAccess,
    enrolment: Enrolment,
    proveCourier: () => Promise<Outcome<Answer>>,
    signal: AbortSignalLike,
  ): Promise<Outcome<Found & { readonly answer: Answer }>>;
  /** Looks only: what enrolling would find. `as` is needed where the server is enrolled already. */
  look(
    access: RootAccess,
    signal: AbortSignalLike,
    as?: Pick<Enrolment, 'organization' | 'targetId' | 'release'>,
  ): Promise<Outcome<Found>>;
  /** The script that `enroll` would run, for one's own way of running it as root. */
  print(enrolment: Enrolment): Promise<string>;
  /** Takes receiver and courier away, once the server's last answer is stored. */
  remove(access: RootAccess, removal: Removal, signal: AbortSignalLike): Promise<Outcome<Found>>;
  /**
   * Host keys of an address by `known_hosts`, as one's own ssh looks it up, with `alias` as it does with that HostKeyAlias;
   * never asked of the server itself.
   */
  knownHostKeys(address: string, port: number, alias?: string): Promise<readonly PublicKey[]>;
}

/** What a provider is to be prepared for. */
export interface Wanted {
  /** Every group that rules may give, and every managed policy. */
  readonly groups: readonly string[];
  readonly policies: readonly string[];
  /** Who may take the roles that look and take away: a pipeline's own principal. Left out: the account's administrators. */
  readonly trusts: string | undefined;
}
/** One thing that a provider needs, in its own words. `there`: it was there already and is the same. */
export interface Prepared {
  readonly kind: string;
  readonly name: string;
  readonly document?: string;
  /** Who may take it. */
  readonly trust?: string;
  readonly state: 'to-make' | 'made' | 'there' | 'differs';
}

/** sha256 beside what core/ssh asks for to check a signature. */
export interface Crypto extends SignatureCrypto {
  readonly sha256: (bytes: Uint8Array) => Uint8Array;
}

/** Tells progress and asks questions; terminal/ is the only one that has one. */
export interface Terminal {
  /** Whether a person can be asked at all. */
  readonly asks: boolean;
  /** One line of progress or talk, on stderr. */
  tell(line: string): void;
  /** True only on a terminal after a yes; `name` is what scripts confirm with (`--confirm NAME`). */
  confirm(question: string, name: string): Promise<boolean>;
  /** Whether `confirm` of this name needs nobody any more: a script said yes beforehand. */
  isConfirmed(name: string): boolean;
  /** A line of text; undefined where nobody can be asked. */
  ask(question: string, suggested?: string): Promise<string | undefined>;
  /** A line that is not shown while it is typed (a new passphrase); undefined where nobody can be asked. */
  secret(question: string): Promise<string | undefined>;
  /** The risks accepted by name on the command line. */
  accepts(risk: string): boolean;
  /** Shows which of these are under way; what came of each is in the value the command prints. */
  watch(names: readonly string[]): Watch;
}

export interface Watch {
  begin(name: string): void;
  end(name: string): void;
  /** Always called, also after a failure. */
  stop(): void;
}

/** A new private key: the text goes to a 0600 file and is then forgotten. */
export interface KeyMaker {
  /** Writes an Ed25519 key (OpenSSH format, passphrase-protected) to `file`, which must not exist; returns the public line. */
  make(file: string, passphrase: string, comment: string): Promise<string>;
  /** Throws what `make` would throw for what it is given; makes and writes nothing. */
  check(file: string, passphrase: string, comment: string): Promise<void>;
}

export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly crypto: Crypto;
  readonly repository: Repository;
  readonly settings: SettingsStore;
  /** Settings this run was given by its environment; they come before the stored ones and are not stored. */
  readonly given: Settings;
  readonly journals: JournalStore;
  readonly signing: Signing;
  readonly keyMaker: KeyMaker;
  readonly enroller: Enroller;
  readonly terminal: Terminal;
  /** The receiver this keyward carries, and its hash for releases. */
  receiver(): Promise<{ readonly text: string; readonly hash: string }>;
  /** What a provider needs before anything can be given there; with `makes` it is made, with one's own rights. */
  prepare(place: TargetPlace, wanted: Wanted, makes: boolean, signal: AbortSignalLike): Promise<Outcome<readonly Prepared[]>>;
  /** A target to speak to, with the courier's key of the settings or the one named. */
  target(place: TargetPlace, courierKeyFile: string | undefined): Promise<Target>;
}
