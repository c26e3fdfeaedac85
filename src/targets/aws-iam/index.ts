/**
 * The room of AWS IAM: an AWS account as a target, and the only code that speaks to AWS.
 *
 * Belongs here: which calls are made in which order, the policies they need (setup), how AWS's answers become done,
 * refused or unknown, and what a release means there. AWS checks no signatures, so this room does, before it gives
 * anything. Every call was tried against an imitation of the service, never against a real account.
 *
 * Does not: which targets are reached (verbs), how a right is spelled in the policy (core/policy/providers), where a
 * password goes (handed in). No key and no session of its own: the SDK's usual chain brings them.
 */
import { Failure } from '../../core/failure.ts';
import type { Instant } from '../../core/access/index.ts';
import type { TextCrypto } from '../../core/texts/index.ts';
import type { AbortSignalLike, Answer, Note, Outcome, Parcel, Random, Target, TargetPlace, Turn } from '../../world.ts';
import { exchange } from './exchange.ts';
import type { HandOver } from './giving.ts';
import { abortOf, Caller, isDenied, isOwnMistake, isStranger, openIam, SETTLE, Stopped, whyNot } from './iam.ts';
import type { IAM } from '@aws-sdk/client-iam';
import type { IamOptions } from './iam.ts';

export type { HandOver } from './giving.ts';
export type { IamOptions } from './iam.ts';

export interface AwsOptions {
  readonly crypto: TextCrypto;
  readonly random: Random;
  readonly now: () => Instant;
  /** Undefined: nobody is there to be given a password, so none is made. */
  readonly handOver?: HandOver;
  readonly iam?: IamOptions;
}

/** An AWS account as a Target. One client serves one exchange. */
export function awsTarget(place: TargetPlace, options: AwsOptions): Target {
  const { id, name } = place;
  // Credentials are found once: a code of an MFA device is not asked for twice.
  let found: IamOptions = {};
  const open = async (): Promise<IAM> => {
    const iam = await openIam({ ...options.iam, ...found });
    found = { credentials: iam.config.credentials };
    return iam;
  };
  // The first is opened now: settings are read and credentials fetched while the caller still signs what it hands over.
  // Not where somebody may be asked for a code, since somebody may be asked for a passphrase at the same time.
  let first: Promise<IAM> | undefined = open();
  first.then((iam) => (options.iam?.code === undefined ? iam.config.credentials() : undefined)).catch(() => undefined); // who needs it hears of it
  const client = (): Promise<IAM> => {
    const opened = first ?? open();
    first = undefined;
    return opened;
  };
  return {
    id,
    name,
    exchange: (parcel, signal, turn = async () => true, note = async () => undefined) => answered(place, parcel, options, client, signal, turn, note),
    offer: async (offers, _signal, again) => {
      const none = offers.map(() => ({ kind: 'unknown', why: 'not supported: nobody logs in to AWS with an SSH key' }) as const);
      await again?.(none);
      return none;
    },
  };
}

async function answered(place: TargetPlace, parcel: Parcel, options: AwsOptions, client: () => Promise<IAM>, signal: AbortSignalLike, turn: Turn, note: Note): Promise<Outcome<Answer>> {
  if (signal.aborted) return { kind: 'unknown', why: 'stopped before it began' };
  const abort = abortOf(signal);
  const iam = await client();
  try {
    const caller = new Caller(iam, abort.signal, options.iam?.settle ?? SETTLE, note);
    const { crypto, random, handOver } = options;
    return await exchange({ place, parcel, caller, now: options.now(), crypto, random, handOver, mayWrite: turn });
  } catch (error) {
    if (isOwnMistake(error)) throw error;
    if (error instanceof Failure) return { kind: 'refused', why: error.message };
    if (error instanceof Stopped) return { kind: 'unknown', why: 'stopped while it waited for AWS: the next run goes on, --timeout gives it longer' };
    // Nothing could even be looked at: another role is needed, or this one is older than this keyward.
    if (isDenied(error)) return { kind: 'unknown', why: `${whyNot(error)}; \`keyward provider init ${place.name} --apply\` gives the roles what this keyward needs` };
    return { kind: isStranger(error) ? 'refused' : 'unknown', why: whyNot(error) };
  } finally {
    abort.release();
    iam.destroy();
  }
}

export { prepare } from './prepare.ts';
