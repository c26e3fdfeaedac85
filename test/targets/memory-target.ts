/**
 * A target in memory, for tests of verbs: it takes what a receiver takes and answers with a receipt its host key signed,
 * by the core's own reading of the texts. It is allowed to stand in because it passes the contract that the real server
 * passes (memory.contract.test.ts). It ends no processes and knows no clock: such things are tried on real servers.
 */
import type { Instant, ServerId } from '../../src/core/access/index.ts';
import { readPublicKey } from '../../src/core/ssh/public-key.ts';
import {
  hashOf,
  isReceiverReason,
  listedRevocations,
  manifest as manifestText,
  NAMESPACES,
  reasonOf,
  receipt as receiptText,
  signerSetHash,
  verifyReceipt,
  verifyRelease,
  verifyRevocation,
} from '../../src/core/texts/index.ts';
import type { Manifest, Receipt, Release, Revocation, Verified, WayIn } from '../../src/core/texts/index.ts';
import type { AbortSignalLike, Answer, Offer, OfferAnswer, Outcome, Parcel, Signed, Target } from '../../src/world.ts';
import { crypto, sha } from '../core/texts/signing.ts';
import type { Pen } from '../core/texts/signing.ts';

export interface MemoryParts {
  readonly id: string;
  readonly name: string;
  readonly organization: string;
  readonly host: Pen;
  /** What it was enrolled with. */
  readonly enrolled: Verified<Release>;
}

/** Everything one server knows; shared by all who speak to it. */
export class MemoryServer {
  readonly parts: MemoryParts;
  /** False: nobody answers. */
  up = true;
  /** True: it is reached and says nothing. */
  silent = false;
  /** True: it shows another host key than the signed one. */
  impostor = false;
  /** Milliseconds until it can be spoken to. */
  late = 0;
  known: Verified<Release>;
  manifest: { readonly value: Manifest; readonly hash: string } | undefined;
  readonly held = new Map<string, { readonly value: Revocation; readonly signed: Signed }>();
  /** Told, as a server does, only to whoever asks for nothing else. */
  waysIn: readonly WayIn[] = [];
  /** Its clock; when it was enrolled, where nobody sets it. */
  clock: Instant;
  /** How many parcels with texts it took; shows that a second run really came. */
  parcels = 0;

  constructor(parts: MemoryParts) {
    this.parts = parts;
    this.known = parts.enrolled;
    this.clock = parts.enrolled.value.issued;
  }

  /** All that is in force, as text. */
  inForce(): string {
    return JSON.stringify([this.known.hash, this.manifest?.hash, [...this.held.keys()].sort(), this.lines()]);
  }

  /** The account and key of everybody who gets in now. */
  lines(): readonly string[] {
    const ids = new Set<string>([...this.held.values()].flatMap(({ value }) => value.id ?? []));
    const keys = new Set([...this.held.values()].flatMap(({ value }) => value.keys.map((key) => key.line)));
    for (const id of this.manifest?.value.revokedIds ?? []) ids.add(id);
    for (const key of this.manifest?.value.revokedKeys ?? []) keys.add(key.line);
    return (this.manifest?.value.keys ?? []).flatMap((line) => {
      const key = line.line.split(' ').slice(-2).join(' ');
      return ids.has(line.id) || keys.has(key) ? [] : [`${line.account} ${key}`];
    });
  }

  take(parcel: Parcel): Receipt['refused'] {
    if (parcel.releases.length + parcel.revocations.length > 0) this.parcels += 1;
    const refused: Receipt['refused'][number][] = [];
    const judged = (kind: string, text: string, work: () => void): void => {
      try {
        work();
      } catch (error) {
        const why = reasonOf(error);
        if (why === undefined || !isReceiverReason(why)) throw error;
        refused.push({ kind, hash: sha(text), why });
      }
    };
    const newest = parcel.releases.at(-1);
    let walked = this.known;
    for (const signed of parcel.releases.slice(0, -1)) {
      const set = Number(/^signer-set (\d+)$/m.exec(signed.text)?.[1]);
      if (set > walked.value.signerSet)
        judged('release', signed.text, () => void (walked = verifyRelease(walked, signed, crypto)));
    }
    const { manifest } = parcel;
    if (newest !== undefined && manifest !== undefined)
      judged('release', newest.text, () => this.takeRelease(verifyRelease(walked, newest, crypto), manifest));
    for (const signed of parcel.revocations) judged('revocation', signed.text, () => this.takeRevocation(signed));
    return refused;
  }

  takeRelease(release: Verified<Release>, manifest: string): void {
    const hash = sha(manifest);
    const value = manifestText.parse(manifest);
    if (!release.value.manifests.includes(hash) || value.target !== this.parts.id)
      throw new Error('the bench gave a wrong manifest');
    this.known = release;
    this.manifest = { value, hash };
    for (const listed of listedRevocations(release.value)) this.held.delete(listed);
  }

  takeRevocation(signed: Signed): void {
    const { value, hash } = verifyRevocation(signed, this.parts.organization, this.known.value, crypto);
    if (!listedRevocations(this.known.value).has(hash)) this.held.set(hash, { value, signed });
  }

  answer(parcel: Parcel, refused: Receipt['refused']): Answer {
    const { organization, id, host } = this.parts;
    const open = new Set(this.lines().map((line) => line.split(' ')[0]));
    const isLook = parcel.about.length + parcel.revocations.length + parcel.releases.length === 0;
    const value: Receipt = {
      organization,
      target: id as ServerId,
      nonce: parcel.nonce,
      time: this.clock,
      enrolled: { times: 1, last: this.parts.enrolled.value.issued },
      release: { number: this.known.value.number, hash: this.known.hash },
      signerSet: { number: this.known.value.signerSet, hash: signerSetHash(this.known.value, crypto) },
      manifest: this.manifest?.hash,
      receiver: this.known.value.receiver,
      inForce: sha(this.inForce()),
      clock: 'right',
      openssh: '9.2p1',
      revocations: [...this.held.keys()].sort(),
      accounts: (this.manifest?.value.accounts ?? []).map(({ id: who, account }) => ({
        id: who,
        account,
        state: open.has(account) ? 'open' : 'locked',
      })),
      ended: [],
      running: [],
      credentials: [],
      root: [],
      differs: [],
      failed: [],
      refused,
      conflicts: [],
      looked: [
        { what: 'account', count: this.manifest?.value.accounts.length ?? 0 },
        ...(isLook ? [{ what: 'sudoers-file', count: 3 } as const] : []),
      ],
      waysIn: isLook ? this.waysIn : [],
    };
    const text = receiptText.write(value);
    const signed = { text, signatures: [host.sign(text, NAMESPACES.receipt)] };
    return {
      receipt: value,
      signed,
      proof: 'signed',
      revocations: [...this.held.values()].map((one) => one.signed),
      conflicts: [],
    };
  }
}

export interface MemoryOptions {
  /** Answers with this instead of its own. */
  readonly replayed?: Signed;
  /** It is taken for this target. */
  readonly takenFor?: string;
}

/** One's own view of a server in memory. */
export function memoryTarget(server: MemoryServer, options: MemoryOptions = {}): Target {
  const { name, organization, host } = server.parts;
  const id = options.takenFor ?? server.parts.id;
  return {
    id,
    name,
    async exchange(parcel, signal, turn) {
      if (signal.aborted) return { kind: 'unknown', why: 'stopped before it began' };
      if (!server.up) return { kind: 'unknown', why: 'nothing answers there' };
      if (server.silent) return stopped(signal);
      if (server.late > 0) await new Promise((resolve) => setTimeout(resolve, server.late));
      if (server.impostor) return { kind: 'refused', why: 'host key: another one' };
      if (turn !== undefined && !(await turn())) return { kind: 'unknown', why: 'not its turn' };
      const answer = server.answer(parcel, server.take(parcel));
      const signed = options.replayed ?? answer.signed;
      try {
        verifyReceipt(
          signed,
          { organization, target: id as ServerId, hostKeys: [host.key], nonce: parcel.nonce },
          crypto,
        );
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return { kind: 'refused', why: error.message };
      }
      return { kind: 'done', value: answer };
    },
    async offer(offers, signal, again): Promise<readonly Outcome<OfferAnswer>[]> {
      const ask = (): readonly Outcome<OfferAnswer>[] => offers.map((offer) => (!server.up || signal.aborted ? { kind: 'unknown', why: 'nothing answers there' } : { kind: 'done', value: isListed(server, offer) ? 'accepted' : 'refused' }));
      const first = ask();
      return again !== undefined && (await again(first)) ? ask() : first;
    },
  };
}

function isListed(server: MemoryServer, { account, key }: Offer): boolean {
  const couriers = server.manifest?.value.couriers ?? [];
  if (account === 'keyward-courier') return couriers.some((courier) => courier.line === key.line);
  return server.lines().some((line) => {
    const [owner, ...rest] = line.split(' ');
    const reading = readPublicKey(rest.join(' '));
    return owner === account && reading.ok && reading.key.line === key.line;
  });
}

function stopped(signal: AbortSignalLike): Promise<Outcome<Answer>> {
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve({ kind: 'unknown', why: 'stopped while it waited' })),
  );
}

/** A release as a server knows it that was enrolled with it. */
export function knownRelease(text: string, value: Release): Verified<Release> {
  return { value, hash: hashOf(text, crypto) };
}
