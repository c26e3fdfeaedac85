/** Why a text is refused, by name: section 8 of docs/formats.md. The receiver and the core use the same words. */
import { Failure } from '../failure.ts';
import type { Code } from '../failure.ts';

/** Every reason a receiver gives, with the code a failure carries for it. */
export const RECEIVER_REASONS = {
  'too-large': 'text',
  'too-many': 'text',
  'not-ascii': 'text',
  spelling: 'text',
  'unknown-line': 'text',
  'unknown-text': 'text',
  'no-request': 'text',
  'line-form': 'text',
  'wrong-organization': 'trust',
  'wrong-target': 'trust',
  'wrong-host-key': 'trust',
  'signature-missing': 'signature',
  'signature-bad': 'signature',
  'below-threshold': 'signature',
  'below-old-threshold': 'signature',
  'threshold-out-of-range': 'trust',
  'key-under-two-ids': 'trust',
  'key-not-allowed': 'trust',
  'signer-set-skipped': 'trust',
  'signer-set-changed-without-number': 'trust',
  'signer-set-rollback': 'trust',
  rollback: 'conflict',
  equivocation: 'conflict',
  expired: 'trust',
  'manifest-missing': 'trust',
  'manifest-not-in-release': 'trust',
  'signer-unknown': 'trust',
  listed: 'trust',
  'account-not-managed': 'trust',
  'account-taken': 'trust',
  'uid-taken': 'trust',
  'test-failed': 'trust',
} as const satisfies Record<string, Code>;

/** What only the side that asked can find: a receipt that answers another request. */
const OWN_REASONS = { 'wrong-nonce': 'trust' } as const satisfies Record<string, Code>;

const REASONS = { ...RECEIVER_REASONS, ...OWN_REASONS };

export type ReceiverReason = keyof typeof RECEIVER_REASONS;
export type Reason = keyof typeof REASONS;

/** Whether a receiver may answer with this word. */
export function isReceiverReason(word: string): word is ReceiverReason {
  return Object.hasOwn(RECEIVER_REASONS, word);
}

/** Where in which text: `text` is a file or the kind of text, lines count from 1. */
export interface TextPlace {
  readonly text: string;
  readonly line?: number;
}

/** The failure for a text that is refused; its one finding carries the reason as `rule`. */
export function refusal(reason: Reason, message: string, at: TextPlace, next?: string): Failure {
  const place = { file: at.text, ...(at.line === undefined ? {} : { line: at.line }) };
  return new Failure(REASONS[reason], `${message} (${reason})`, {
    place,
    findings: [{ severity: 'error', rule: reason, message, place }],
    ...(next === undefined ? {} : { next }),
  });
}

/** The reason a failure was made with, or undefined when it is about something else. */
export function reasonOf(error: unknown): Reason | undefined {
  if (!(error instanceof Failure)) return undefined;
  const rule = error.findings[0]?.rule;
  return rule !== undefined && Object.hasOwn(REASONS, rule) ? (rule as Reason) : undefined;
}
