/**
 * Hands a bundle over by a command of one's own (`via` in the settings), such as `ssh jump ssh web-1`. How it gets there
 * is its own business: the receipt proves itself, so the way need not be believed.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { AbortSignalLike, Outcome } from '../../world.ts';
import { Collected } from './carried.ts';
import type { Carried } from './carried.ts';
import type { Limits } from './connection.ts';
import { stoppedWaiting, unknown } from './why-not.ts';

export function carryByCommand(
  command: readonly string[],
  bundle: Uint8Array,
  limits: Limits,
  signal: AbortSignalLike,
): Promise<Outcome<Carried>> {
  const [program, ...words] = command;
  if (program === undefined) return Promise.resolve(unknown('the command to reach it by (via) is empty'));
  if (signal.aborted) return Promise.resolve(unknown('it was stopped before it began'));
  return new Promise((resolve) => {
    // A group of its own, so that ending it ends what it has started as well.
    const child = spawn(program, words, { stdio: 'pipe', detached: true });
    const collected = new Collected();
    const wait = limits.connect + limits.handshake + limits.answer;
    const abort = (): void => finish(stoppedWaiting(signal));
    const timer = setTimeout(() => finish(unknown(`${program} gave no answer within ${wait / 1000} s`)), wait);
    let settled = false;
    const finish = (outcome: Outcome<Carried>): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      endGroup(child);
      resolve(outcome);
    };
    signal.addEventListener('abort', abort);
    child.on('error', () => finish(unknown(`${program}, the command to reach it by (via), could not be started`)));
    child.stdout.on('data', (chunk: Buffer) => {
      if (!collected.out(chunk)) finish(collected.ended(undefined));
    });
    child.stderr.on('data', (chunk: Buffer) => collected.err(chunk));
    child.on('close', (status) => finish(collected.ended(status ?? undefined)));
    child.stdin.on('error', () => undefined);
    child.stdin.end(bundle);
  });
}

function endGroup(child: ChildProcessWithoutNullStreams): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch {
    child.kill('SIGTERM');
  }
}
