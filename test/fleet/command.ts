/**
 * Run one program and collect what it says. Belongs here: spawning, input, output, time limits. Not: what is run, and where.
 */
import { spawn } from 'node:child_process';

/** What a program answered. `status` is the exit status, or 128 plus the number of the signal that ended it, as in a shell. */
export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Written to standard input, which is then closed. */
  readonly input?: string | Uint8Array;
  /** The whole environment; nothing is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds; 30 seconds when left out. Afterwards the program is killed and the call throws: no answer is not an answer. */
  readonly timeout?: number;
}

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGSEGV: 11, SIGPIPE: 13, SIGTERM: 15 };

/**
 * Ends when the program has ended and its output is closed. A process left in the background that keeps the output open keeps
 * the call waiting, as it would with ssh.
 */
export function command(argv: readonly string[], options: CommandOptions = {}): Promise<Answer> {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('an empty command');
  const limit = options.timeout ?? 30_000;
  return new Promise((resolve, reject) => {
    // A process group of its own, so that a time limit ends what the program has started as well.
    const child = spawn(program, args, { env: { PATH, LC_ALL: 'C.UTF-8', ...options.env }, detached: true });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      endGroup(child.pid);
      child.stdout.destroy();
      child.stderr.destroy();
    }, limit);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (late) reject(new Error(`no end after ${limit} ms: ${argv.join(' ')}\n${text(stdout)}${text(stderr)}`));
      else resolve({ status: code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0), stdout: text(stdout), stderr: text(stderr) });
    });
    child.stdin.on('error', () => {}); // the program need not read its input
    child.stdin.end(options.input ?? '');
  });
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // ended in the meantime
  }
}

/** One word for a POSIX shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
