/** Runs one command line and gives its exit status. bin/run.js calls it with the built commands, bin/dev.js with src. */
import { Config, type Interfaces, run } from '@oclif/core';
import { EXIT, type ExitStatus } from '../core/failure.ts';
import { asFailure, exitText, failureText, failureValue } from '../terminal/failure-text.ts';
import { jsonText } from '../terminal/json.ts';
import { processScreen } from '../terminal/terminal.ts';
import { unknownCommand, usageFailure } from './usage.ts';

/** Never throws; everything that had to be said has been written when it returns. */
export async function start(argv: readonly string[], options: Interfaces.LoadOptions): Promise<ExitStatus> {
  const status = await attempt(argv, options);
  await processScreen().flush();
  return status;
}

async function attempt(argv: readonly string[], options: Interfaces.LoadOptions): Promise<ExitStatus> {
  let config: Config | undefined;
  try {
    config = await Config.load(options);
    const status: unknown = await run([...argv], config);
    return isStatus(status) ? status : EXIT.done;
  } catch (error) {
    if (isExit(error)) return error.oclif.exit === 0 ? EXIT.done : EXIT.failed;
    return explain(error, argv, config);
  }
}

function isStatus(value: unknown): value is ExitStatus {
  return Object.values(EXIT).some((status) => status === value);
}

/** oclif's way of ending a command early, with nothing left to say. */
function isExit(error: unknown): error is { oclif: { exit: number } } {
  return error instanceof Error && 'code' in error && error.code === 'EEXIT' && 'oclif' in error;
}

function explain(error: unknown, argv: readonly string[], config: Config | undefined): ExitStatus {
  const screen = processScreen();
  const missing = error instanceof Error ? /^[Cc]ommand (.+) not found$/.exec(error.message)?.[1] : undefined;
  const failure =
    missing === undefined
      ? asFailure(usageFailure([error], { id: '' }))
      : unknownCommand(missing, [...(config?.commandIDs ?? []), 'help', 'autocomplete']);
  if (argv.includes('--json')) screen.print(jsonText(failureValue(failure)));
  if (process.env['DEBUG'] !== undefined && error instanceof Error) screen.complain(error.stack ?? error.message);
  screen.complain(failureText(failure, screen.err));
  screen.complain(exitText(failure.exit));
  return failure.exit;
}
