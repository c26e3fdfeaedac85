/**
 * The only writer and the only asker.
 *
 * Belongs in this room: how things are said to a person or a program, one file for each thing shown (a plan, a
 * delivery, a failure); a text is a function from a value and a style to a string. Does not belong here: deciding
 * anything, reading files, reaching targets.
 *
 * How we talk: stdout is the thing that was asked for and nothing else; progress, talk, questions and errors go to
 * stderr. We ask only where a person sits (stdin and stderr are terminals), never with `--no-input` or in CI, and no
 * answer is never a yes. No meaning is in colour alone. Text that came from elsewhere is tamed before it is shown.
 */
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../core/failure.ts';
import { type Progress, progressOf } from './progress.ts';
import { type Environment, type Style, styleFor, tame, wrap } from './style.ts';

export interface Output extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}
export interface Input extends Readable {
  readonly isTTY?: boolean;
}

export interface ScreenOptions {
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  /** False with `--no-input`. */
  readonly input?: boolean;
  /** `-q`: talk is left out; the thing asked for and errors are not. */
  readonly quiet?: boolean;
  /** `-v` counted. */
  readonly verbosity?: number;
  /** The names given by `--confirm`. */
  readonly confirmed?: readonly string[];
  /** The names given by `--accept-risk`. */
  readonly risks?: readonly string[];
  /** Aborted by Ctrl-C. */
  readonly stop?: AbortSignal;
}

/** What a command line's flags say about talking. */
export type Manners = Omit<ScreenOptions, 'stdin' | 'stdout' | 'stderr' | 'env'>;

/** The screen of this process. */
export function processScreen(manners: Manners = {}): Screen {
  const { stdin, stdout, stderr, env } = process;
  return new Screen({ stdin, stdout, stderr, env, ...manners });
}

/** One run's screen. It satisfies the `Terminal` of world.ts. */
export class Screen {
  readonly out: Style;
  readonly err: Style;
  readonly quiet: boolean;
  readonly verbosity: number;
  readonly #options: ScreenOptions;
  readonly #confirmed: ReadonlySet<string>;
  readonly #risks: ReadonlySet<string>;
  /** The line at the bottom that is drawn again and again; see progress.ts. */
  #status = '';
  #asking = false;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.out = styleFor(options.stdout, options.env);
    this.err = styleFor(options.stderr, options.env);
    this.quiet = options.quiet ?? false;
    this.verbosity = options.verbosity ?? 0;
    this.#confirmed = new Set(options.confirmed ?? []);
    this.#risks = new Set(options.risks ?? []);
  }

  /** The thing asked for. */
  print(text: string): void {
    this.#clearStatus();
    this.#options.stdout.write(text.endsWith('\n') || text === '' ? text : `${text}\n`);
  }

  /** One line of progress or talk, on stderr; nothing with `-q`. */
  tell(line: string): void {
    if (!this.quiet) this.complain(wrap(tame(line), this.err.width, '  '));
  }

  /** What only `-v` wants to see. */
  detail(line: string): void {
    if (this.verbosity > 0) this.tell(line);
  }

  /** A text that is already laid out (and tamed), on stderr, with `-q` as well: errors, and why the status is not 0. */
  complain(text: string): void {
    this.#clearStatus();
    this.#options.stderr.write(`${text}\n`);
    this.#drawStatus();
  }

  /** True where lines on stderr may be drawn again. */
  get live(): boolean {
    return this.#options.stderr.isTTY === true && !this.quiet && this.#options.env['TERM'] !== 'dumb';
  }

  /** The line at the bottom; an empty one takes it away. Drawn on a terminal only. */
  status(line: string): void {
    if (!this.live) return;
    this.#clearStatus();
    // A question stands on the last line as long as it is not answered.
    this.#status = this.#asking ? '' : line;
    this.#drawStatus();
  }

  #clearStatus(): void {
    if (this.#status !== '') this.#options.stderr.write('\r\u001b[2K');
  }

  #drawStatus(): void {
    if (this.#status !== '') this.#options.stderr.write(this.#status);
  }

  /** Whether a person can be asked at all. */
  get asks(): boolean {
    const { stdin, stderr, env, input } = this.#options;
    const ci = env['CI'] ?? '';
    return (
      input !== false && (ci === '' || ci === 'false' || ci === '0') && stdin.isTTY === true && stderr.isTTY === true
    );
  }

  /** Whether `--confirm` named it. */
  isConfirmed(name: string): boolean {
    return this.#confirmed.has(name);
  }

  /** Yes only after a yes: typed on a terminal, or given as `--confirm NAME`. Where nobody can be asked it says so. */
  async confirm(question: string, name: string): Promise<boolean> {
    this.#mustGoOn();
    if (this.isConfirmed(name)) {
      this.tell(`${question} yes (--confirm ${name})`);
      return true;
    }
    if (!this.asks) {
      this.complain(
        wrap(`${tame(question)} Nobody can be asked here: --confirm ${tame(name)} says yes.`, this.err.width, '  '),
      );
      return false;
    }
    const answers = await this.#prompt({ type: 'confirm', name: 'answer', message: tame(question), default: false });
    return answers.answer === true;
  }

  /** A line of text from the person; undefined where nobody can be asked. */
  async ask(question: string, suggested?: string): Promise<string | undefined> {
    this.#mustGoOn();
    if (!this.asks) return undefined;
    const more = suggested === undefined ? {} : { default: suggested };
    const answers = await this.#prompt({ type: 'input', name: 'answer', message: tame(question), ...more });
    return typeof answers.answer === 'string' ? answers.answer : undefined;
  }

  /** A line that is not shown while it is typed (a new passphrase); undefined where nobody can be asked. */
  async secret(question: string): Promise<string | undefined> {
    this.#mustGoOn();
    if (!this.asks) return undefined;
    const answers = await this.#prompt({ type: 'password', name: 'answer', message: tame(question) });
    return typeof answers.answer === 'string' ? answers.answer : undefined;
  }

  /** Whether this risk was accepted by its name. */
  accepts(risk: string): boolean {
    return this.#risks.has(risk);
  }

  /** Shows which of these are under way. */
  watch(names: readonly string[]): Progress {
    return progressOf(this, names);
  }

  /** Returns when everything that was written has been handed to the system. */
  async flush(): Promise<void> {
    const { stdout, stderr } = this.#options;
    await Promise.all([stdout, stderr].map((stream) => new Promise<void>((done) => stream.write('', () => done()))));
  }

  /** Whoever pressed Ctrl-C is asked nothing more, and what `--confirm` would have said yes to is not begun. */
  #mustGoOn(): void {
    if (this.#options.stop?.aborted === true) throw new Failure('interrupted', 'interrupted before a question; nothing was done after it');
  }

  async #prompt(question: Question): Promise<{ readonly answer?: unknown }> {
    this.status('');
    // Imported where a question is asked: start-up need not pay for it.
    const { createPromptModule } = await import('inquirer');
    const prompt = createPromptModule({ input: this.#options.stdin, output: this.#options.stderr });
    this.#asking = true;
    try {
      return await prompt<{ answer: unknown }>([question]);
    } catch (error) {
      if (error instanceof Error && error.name === 'ExitPromptError') {
        throw new Failure('interrupted', 'interrupted at a question; nothing was done after it', { cause: error });
      }
      throw error;
    } finally {
      this.#asking = false;
    }
  }
}

type Question =
  | { type: 'confirm'; name: 'answer'; message: string; default: boolean }
  | { type: 'input'; name: 'answer'; message: string; default?: string }
  | { type: 'password'; name: 'answer'; message: string };
