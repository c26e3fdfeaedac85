/**
 * The frame of every command.
 *
 * Belongs in this room: one file a command, whose path is its name; it turns flags into one call and the value that
 * comes back into a text. Does not belong here: any decision. A command
 *   - names its two types: `extends BaseCommand<typeof Check, CheckReport>`,
 *   - does its one call in `work()`, with `this.flags`, `this.args`, `await this.world()` and `this.signal`,
 *   - gives back one value (with `status` and `why` when the exit status is not 0), or throws a Failure,
 *   - shows it in `text()`, which calls a function of terminal/; `--json` prints the value as it is,
 *   - has its JSON described in terminal/json/, from which schemas/ is made.
 * A file here is a command when it exports a class by default; the others are what commands share.
 */
import { Command, type Interfaces } from '@oclif/core';
import { EXIT, type ExitStatus, Failure, worst } from '../core/failure.ts';
import { asFailure, exitText, failureText, failureValue } from '../terminal/failure-text.ts';
import { jsonText } from '../terminal/json.ts';
import { tame, type Style } from '../terminal/style.ts';
import { processScreen, type Screen } from '../terminal/terminal.ts';
import type { joinWorld } from '../main.ts';
import { globalFlags } from './flags.ts';
import { isUsage, usageFailure } from './usage.ts';

/** What a command's work comes to: a value, and why the exit status is not 0 where it is not. */
export type Work<T> =
  | { readonly value: T; readonly status?: typeof EXIT.done; readonly why?: undefined }
  | { readonly value: T; readonly status: ExitStatus; readonly why: string | undefined };

type World = Awaited<ReturnType<typeof joinWorld>>;
type GlobalFlags = Interfaces.InferredFlags<typeof globalFlags>;
type FlagsOf<C extends typeof Command> = Interfaces.InferredFlags<typeof globalFlags & C['flags']>;
type ArgsOf<C extends typeof Command> = Interfaces.InferredArgs<C['args']>;

export abstract class BaseCommand<C extends typeof Command, T> extends Command {
  static override baseFlags = globalFlags;

  protected flags!: FlagsOf<C>;
  protected args!: ArgsOf<C>;
  protected screen!: Screen;
  readonly #stop = new AbortController();

  /** Everything the command does. */
  protected abstract work(): Promise<Work<T>>;
  /** The value for people. */
  protected abstract text(value: T, style: Style): string;

  /** True where the repository may not be there yet: `init`. */
  protected readonly begins: boolean = false;

  /** The world of this run; joined once, when it is first asked for. */
  protected async world(): Promise<World> {
    this.#world ??= this.#join();
    return this.#world;
  }
  #world: Promise<World> | undefined;

  /** Aborted by the first Ctrl-C: end what is under way cleanly and say what was done. */
  protected get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /**
   * With `--commit`: commits exactly these paths. Where that fails, in the middle of a merge for instance, what was done is
   * shown all the same, and that it is not committed is said after it.
   */
  protected async commit(paths: readonly string[], message: string): Promise<void> {
    if (!('commit' in this.flags) || this.flags.commit !== true || paths.length === 0) return;
    const outcome = await (await this.world()).repository.commit(paths, message);
    if (outcome.kind === 'done') {
      this.#committed = true;
      return;
    }
    this.#notCommitted = new Failure('not-done', `what was written is not committed: ${outcome.why}`, { next: `commit by hand: ${paths.join(' ')}` });
  }
  #notCommitted: Failure | undefined;
  #committed = false;

  override async run(): Promise<ExitStatus> {
    this.screen = processScreen();
    const interrupt = this.#listen();
    try {
      await this.#read();
      const { value, status = EXIT.done, why } = await this.work();
      const style = { ...this.screen.out, committed: this.#committed };
      this.screen.print(this.flags.json ? jsonText(value) : this.text(value, style));
      return this.#end(...this.#withCommit(status, why));
    } catch (error) {
      return this.#fail(error);
    } finally {
      interrupt();
    }
  }

  #withCommit(status: ExitStatus, why: string | undefined): readonly [ExitStatus, string | undefined] {
    const failure = this.#notCommitted;
    if (failure === undefined) return [status, why];
    this.screen.complain(failureText(failure, this.screen.err));
    return [worst([status, failure.exit]), [...(why === undefined ? [] : [why]), 'not committed'].join('; ')];
  }

  async #read(): Promise<void> {
    const parsed = await this.#parsed();
    const verbosity = parsed.raw.filter((token) => token.type === 'flag' && token.flag === 'verbose').length;
    this.flags = parsed.flags as FlagsOf<C>;
    this.args = parsed.args as ArgsOf<C>;
    const { quiet, confirm = [], 'accept-risk': risks = [], 'no-input': noInput } = this.flags as GlobalFlags;
    this.screen = processScreen({ quiet, verbosity, confirmed: confirm, risks, input: !noInput, stop: this.signal });
  }

  async #parsed() {
    const { flags, strict } = this.ctor;
    // oclif would take what is piped in for an argument that is not there: `--from -`, or a loop that reads a list.
    const args = Object.fromEntries(Object.entries(this.ctor.args).map(([name, arg]) => [name, { ...arg, ignoreStdin: true }]));
    const takes = { flags: { ...globalFlags, ...flags }, args, strict };
    try {
      return await this.parse(takes);
    } catch (error) {
      if (!isUsage(error)) throw error;
      const { wrongWords } = await import('./wrong-words.ts');
      throw usageFailure(await wrongWords(error, this.argv, takes, (patient, argv) => this.parse(patient, argv)), this.ctor);
    }
  }

  async #join(): Promise<World> {
    // Imported when it is needed: `--help` and a wrong flag need no world.
    const { joinWorld } = await import('../main.ts');
    const { repo } = this.flags as GlobalFlags;
    const passwords = 'passwords' in this.flags && typeof this.flags.passwords === 'string' ? { passwords: this.flags.passwords } : {};
    return joinWorld({ ...(repo === undefined ? {} : { repo }), ...passwords, begins: this.begins, terminal: this.screen, env: process.env });
  }

  #listen(): () => void {
    const stop = (): void => {
      if (this.#stop.signal.aborted) process.exit(EXIT.interrupted);
      this.#stop.abort();
      this.screen.complain('Stopping; once more to stop at once.');
    };
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    return () => {
      process.off('SIGINT', stop);
      process.off('SIGTERM', stop);
    };
  }

  #fail(error: unknown): ExitStatus {
    const failure = asFailure(error);
    this.screen.status('');
    if (this.argv.includes('--json')) this.screen.print(jsonText(failureValue(failure)));
    if (process.env['DEBUG'] !== undefined || this.screen.verbosity > 1) this.screen.complain(tame(stackOf(error)));
    this.screen.complain(failureText(failure, this.screen.err));
    return this.#end(failure.exit);
  }

  #end(status: ExitStatus, why?: string): ExitStatus {
    const interrupted = this.#stop.signal.aborted;
    const ends = interrupted ? EXIT.interrupted : status;
    if (ends !== EXIT.done) this.screen.complain(interrupted ? exitText(ends) : exitText(ends, why));
    return ends;
  }
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause =
    error instanceof Failure && error.cause instanceof Error ? `\ncaused by ${error.cause.stack ?? ''}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
