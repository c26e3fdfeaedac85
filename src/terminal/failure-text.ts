/** A failure for people: what happened, where, what to do next. And why the exit status is not 0. */
import { CODES, EXIT, type ExitStatus, Failure } from '../core/failure.ts';
import { findingsText, placeText } from './findings-text.ts';
import { type Style, tame, wrap } from './style.ts';

/** What each status means, in the words of docs and help. */
export const MEANING: Readonly<Record<ExitStatus, string>> = {
  [EXIT.done]: 'done',
  [EXIT.failed]: 'failed',
  [EXIT.differences]: 'there are differences',
  [EXIT.wrong]: 'the policy or the arguments are wrong',
  [EXIT.incomplete]: 'incomplete: something could not be reached or done',
  [EXIT.refused]: 'refused: signatures, trust or risk',
  [EXIT.waits]: 'waits for signatures',
  [EXIT.interrupted]: 'interrupted',
};

/** The failure and its findings; the line that says why the status is not 0 is `exitText`. */
export function failureText(failure: Failure, style: Style): string {
  const lines: string[] = [];
  if (failure.findings.length > 0) lines.push(findingsText(failure.findings, style), '');
  lines.push(
    wrap(`${style.mark('failed')} ${style.paint('red', 'error')}: ${tame(failure.message)}`, style.width, '  '),
  );
  if (failure.place !== undefined) lines.push(`  where: ${placeText(failure.place)}`);
  if (failure.next !== undefined) lines.push(wrap(`  next: ${tame(failure.next)}`, style.width, '        '));
  return lines.join('\n');
}

/** The last line on stderr. */
export function exitText(status: ExitStatus, why = MEANING[status]): string {
  return `exit ${status}: ${tame(why)}`;
}

/** The failure as `--json` prints it. */
export function failureValue(failure: Failure): object {
  const { code, message, next, place, findings } = failure;
  return {
    error: {
      code,
      message,
      exit: CODES[code],
      ...(next === undefined ? {} : { next }),
      ...(place === undefined ? {} : { place }),
      findings,
    },
  };
}

/**
 * Any error as a Failure. What is not one already is our own mistake: it is said in one sentence with the error's kind,
 * without a stack and without the error's own message, which nobody has looked over for secrets.
 */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('internal', `keyward itself made a mistake here (${kindOf(error)})`, {
    next: 'run it again with DEBUG=keyward to see where it happened, and report it',
    cause: error,
  });
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const code = 'code' in error && typeof error.code === 'string' ? `, ${error.code}` : '';
  return `${error.name}${code}`;
}
