/**
 * The one client of an account: the SDK with its usual chain of credentials, profile, region and endpoint, at most five
 * calls in flight, adaptive retries, and every error sorted into the few things it can mean here.
 */
import { IAM } from '@aws-sdk/client-iam';
import type { IAMClientConfig } from '@aws-sdk/client-iam';
import { Failure } from '../../core/failure.ts';
import type { AbortSignalLike, Note } from '../../world.ts';
import { answersOnly, NoAnswer } from './answers.ts';

/** Another endpoint, credentials and so on: for tests; `attempts` and `settle` as well. */
export interface IamOptions {
  /** Attempts of one call; AWS publishes no rates, and ten adaptive ones lost no call in what was measured. */
  readonly attempts?: number;
  /** Milliseconds until a change is seen everywhere; two looks come after it. */
  readonly settle?: number;
  readonly endpoint?: string;
  /** In the place of the usual chain; or what another client of the same run found by it. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string } | IAM['config']['credentials'];
  /** Asks for a code of an MFA device, where a profile has a role that wants one. Left out: nobody is there to be asked. */
  readonly code?: (serial: string) => Promise<string>;
  /** Another way to carry a request than HTTP over the network. */
  readonly requestHandler?: NonNullable<IAMClientConfig['requestHandler']>;
}

const IN_FLIGHT = 5;
/** Of one list. The largest has an entry for each of at most some thousand users, and AWS cuts it as it likes. */
const MOST_PAGES = 20_000;
/** Milliseconds for a connection and for an answer. Without them one call that hangs takes the whole run with it. */
const PATIENCE = { connectionTimeout: 5000, requestTimeout: 10_000, throwOnRequestTimeout: true };
/** A deleted key was seen to work for 3 to 4 s, and what it did in that time takes as long to be seen. */
export const SETTLE = 10_000;

/** What a call of the SDK is given beside its input. */
export interface With {
  readonly abortSignal: AbortSignal;
}

export class Stopped extends Error {}
/** The name is nobody's by now, or somebody else's: nothing was done to them. */
export class Gone extends Error {}

export class Caller {
  readonly settle: number;
  readonly signal: AbortSignal;
  readonly #iam: IAM;
  readonly #note: Note;
  readonly #waiting: (() => void)[] = [];
  #free = IN_FLIGHT;

  constructor(iam: IAM, signal: AbortSignal, settle: number, note: Note = async () => undefined) {
    this.#iam = iam;
    this.signal = signal;
    this.settle = settle;
    this.#note = note;
  }

  /**
   * One call, when one of the five places is free. Throws `Stopped` when the run was stopped. What AWS refuses for a
   * moment (what was just made is not seen yet, or is being changed) is asked again, up to three times the time a change
   * needs to be seen.
   */
  async call<T>(work: (iam: IAM, options: With) => Promise<T>, forgiven = MOMENTARY): Promise<T> {
    const pause = Math.max(20, this.settle / 10);
    for (let round = 0; ; round += 1) {
      try {
        return await this.#once(work);
      } catch (error) {
        if (round >= 30 || !forgiven.includes(nameOf(error))) throw error;
        await this.rest(pause);
      }
    }
  }

  /** A call that changes something: in the journal before it is made, and after. `subject`: whom and what, by ids. */
  async write<T>(step: string, subject: string, work: (iam: IAM, options: With) => Promise<T>, forgiven = MOMENTARY): Promise<T> {
    if (this.signal.aborted) throw new Stopped();
    await this.#note({ step, subject, state: 'begun' });
    let result: T;
    try {
      result = await this.call(work, forgiven);
    } catch (error) {
      await this.#note({ step, subject, state: 'failed', why: whyNot(error) });
      throw error;
    }
    await this.#note({ step, subject, state: 'done' });
    return result;
  }

  async #once<T>(work: (iam: IAM, options: With) => Promise<T>): Promise<T> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free -= 1;
    try {
      if (this.signal.aborted) throw new Stopped();
      return await work(this.#iam, { abortSignal: this.signal });
    } catch (error) {
      throw this.signal.aborted ? new Stopped() : error;
    } finally {
      this.#free += 1;
      this.#waiting.shift()?.();
    }
  }

  /** Every page of a list; AWS may cut one anywhere, so only IsTruncated counts. Throws `NoAnswer` for a list without end. */
  async pages<Page extends { readonly IsTruncated?: boolean | undefined; readonly Marker?: string | undefined }>(
    work: (iam: IAM, at: { readonly Marker?: string }, options: With) => Promise<Page>,
  ): Promise<readonly Page[]> {
    const found: Page[] = [];
    const markers = new Set<string>();
    let marker: string | undefined;
    do {
      const from = marker === undefined ? {} : { Marker: marker };
      const page = await this.call((iam, options) => work(iam, from, options));
      found.push(page);
      if (page.IsTruncated === undefined) throw new NoAnswer('what AWS answered is no list');
      marker = page.IsTruncated ? page.Marker : undefined;
      if (page.IsTruncated && (marker === undefined || markers.has(marker) || markers.size >= MOST_PAGES)) throw new NoAnswer('AWS tells a list without end');
      if (marker !== undefined) markers.add(marker);
    } while (marker !== undefined);
    return found;
  }

  async rest(milliseconds: number): Promise<void> {
    if (this.signal.aborted) throw new Stopped();
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.signal.addEventListener('abort', done);
    });
    if (this.signal.aborted) throw new Stopped();
  }
}

/** Two spellings: the SDK adds the ending only to errors that are modelled for the call. */
const MOMENTARY: readonly string[] = ['ConcurrentModification', 'EntityTemporarilyUnmodifiable'].flatMap((name) => [name, `${name}Exception`]);
/** After something was made. */
export const NOT_SEEN_YET: readonly string[] = [...MOMENTARY, 'NoSuchEntityException'];

export async function openIam(options: IamOptions): Promise<IAM> {
  const { endpoint, credentials, code, attempts = 10, requestHandler = PATIENCE } = options;
  const config = {
    maxAttempts: attempts,
    retryMode: 'adaptive',
    requestHandler,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(credentials === undefined ? {} : { credentials }),
    // The chain is handed the whole configuration, and its profiles take this of it; the SDK's types do not say so.
    ...(code === undefined ? {} : { mfaCodeProvider: code }),
  };
  const iam = answersOnly(new IAM(config));
  try {
    await iam.config.region();
    return iam;
  } catch {
    // IAM is one service for all regions and is signed for this one; a region of one's own still comes first.
    return answersOnly(new IAM({ ...config, region: 'us-east-1' }));
  }
}

/** The part of a signal the SDK wants. */
export function abortOf(signal: AbortSignalLike): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop);
  return { signal: controller.signal, release: () => signal.removeEventListener('abort', stop) };
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}

export function isMissing(error: unknown): boolean {
  return nameOf(error) === 'NoSuchEntityException';
}

/** Undefined for what is not there; what could not be looked at is thrown on. */
export async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

export function isDenied(error: unknown): boolean {
  return /^(AccessDenied|AccessDeniedException|UnauthorizedOperation)$/.test(nameOf(error));
}

/** It answered, and does not know who asks. */
export function isStranger(error: unknown): boolean {
  return /^(InvalidClientTokenId|SignatureDoesNotMatch|ExpiredToken|IncompleteSignature|MissingAuthenticationToken)(Exception)?$/.test(
    nameOf(error),
  );
}

/** Not AWS's doing: it must be reported as our mistake, or a journal's that cannot be written; not read as "could not look". */
export function isOwnMistake(error: unknown): boolean {
  if (error instanceof Failure) return error.code === 'internal' || error.code === 'disk';
  // The SDK could not read an answer, and hung it to what it met with.
  if (error instanceof Error && '$response' in error) return false;
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

/** What to look at, where the name of an error does not say it. */
const MEANS: Readonly<Record<string, string | undefined>> = {
  SignatureDoesNotMatch: ': the secret key, the region or the clock of this machine is wrong',
  InvalidClientTokenId: ': nobody there has this access key',
};

/**
 * Words of our own: AWS's messages name principals and resources, and no more than the kind of error is needed. What is
 * not AWS's doing is thrown on: a journal that cannot be written, a mistake of ours.
 */
export function whyNot(error: unknown): string {
  if (isOwnMistake(error)) throw error;
  if (error instanceof Failure) return `keyward itself could not: ${error.code}`;
  if (error instanceof Stopped) return 'stopped before it was done';
  if (error instanceof NoAnswer) return error.why;
  if (error instanceof Gone) return 'the login was deleted or renamed meanwhile';
  if (isDenied(error)) return 'not with these rights';
  const name = nameOf(error).replaceAll(/[^A-Za-z0-9]/g, '').slice(0, 64);
  if (/^(?:Type|Range|Syntax)?Error$/.test(name) && error instanceof Error && '$response' in error) return 'what AWS answered cannot be read';
  if (error instanceof Error && '$metadata' in error && name !== 'Error' && name !== 'TimeoutError') return `AWS answered ${name}${MEANS[name] ?? ''}`;
  if (name === 'CredentialsProviderError') return 'no credentials: AWS_PROFILE, or whatever else the SDK takes them from, gives none';
  const code = error instanceof Error && 'code' in error ? String(error.code).replaceAll(/[^A-Z0-9_]/g, '') : name;
  return `AWS could not be asked: ${code === '' ? name : code}`;
}
