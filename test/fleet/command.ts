/**
 * Run one program and collect what it says. Belongs here: spawning, input, output, time limits. Not: what is run, and where.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

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

const SIGNAL_NUMBERS: Readonly<Record<string, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/**
 * Runs it to its end, which is when the program has ended and its output is closed. A process left in the background that
 * keeps the output open keeps the call waiting, as it would with ssh.
 */
export function command(argv: readonly string[], options: CommandOptions = {}): Promise<Answer> {
  const running = begin(argv, { timeout: 30_000, ...options });
  running.child.stdin.end(options.input ?? '');
  return running.ended;
}

/** A program that is running. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  /** What it has said so far, standard output and standard error. */
  readonly said: () => string;
  readonly ended: Promise<Answer>;
  /** Kills it with all that it started here. */
  end(): void;
}

/** Starts it and leaves its standard input open. Without `timeout` it may run for ever. */
export function begin(argv: readonly string[], options: Omit<CommandOptions, 'input'> = {}): Running {
  const [program, ...args] = argv;
  if (program === undefined) throw new Error('an empty command');
  // A process group of its own, so that ending it ends what it has started as well.
  const child = spawn(program, args, { env: { PATH, LC_ALL: 'C.UTF-8', ...options.env }, detached: true });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  child.stdin.on('error', () => {}); // the program need not read its input
  const said = (): string => Buffer.concat([...out, ...err]).toString();
  const end = (): void => {
    endGroup(child.pid);
    child.stdout.destroy();
    child.stderr.destroy();
  };
  let late = false;
  const limit = options.timeout;
  const timer = limit === undefined ? undefined : setTimeout(() => ((late = true), end()), limit);
  const ended = new Promise<Answer>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      if (late) return reject(new Error(`no end after ${limit} ms: ${argv.join(' ')}\n${said()}`));
      const status = code ?? 128 + (SIGNAL_NUMBERS[signal ?? ''] ?? 0);
      resolve({ status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
  return { child, said, ended, end };
}

/**
 * Kills the group that this process leads: first the others, and itself only when there are none. nsenter must outlive what it
 * has started inside a server, or that becomes an orphan of this machine and stays as a zombie until somebody reaps it.
 */
function endGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  const others = readdirSync('/proc').filter(
    (entry) => /^\d+$/.test(entry) && Number(entry) !== leader && groupOf(entry) === leader,
  );
  for (const pid of others.length > 0 ? others.map(Number) : [leader]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // ended in the meantime
    }
  }
}

function groupOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8'); // pid (name) state parent group …: the name may hold anything
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return undefined;
  }
}

/** One word for a POSIX shell. */
export function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
