/**
 * The demo: one organization, real OpenSSH servers on this machine, and a person who leaves while still logged in.
 *
 * Belongs here: beginning, interrupting, ending. Not: the story (story.ts) and how it is told (narrator.ts).
 */
import { existsSync } from 'node:fs';
import { ensurePackages, needs } from '../test/fleet/index.ts';
import { Checks } from './checks.ts';
import { Narrator } from './narrator.ts';
import { Stage } from './stage.ts';
import { tell } from './story.ts';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** @returns the exit status: 0 when every claim held, 1 when one did not, 130 after Ctrl-C */
export async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const reason = whyNot();
  if (reason !== undefined) {
    process.stderr.write(`The demo runs real servers on this machine and ${reason}.\n`);
    return 1;
  }
  const narrator = new Narrator(process.stdout, env);
  const checks = new Checks(narrator);
  const stage = new Stage({ program: env['KEYWARD_DEMO_PROGRAM'] });
  const interrupted = interruption(process.stdout);
  const story = tell({ stage, narrator, checks }).then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  );
  const end = await Promise.race([story, interrupted.signal]);
  if (typeof end === 'number') narrator.hush();
  else if (end !== undefined) checks.fails('the story goes on', `it could not: ${end.message}`);
  const clean = await checks.that('everything is cleaned up: no server, no process and no file is left', async () => {
    await stage.clean();
    return true as const;
  });
  interrupted.over();
  if (typeof end === 'number') {
    process.stderr.write(
      clean ? '\nStopped; everything is cleaned up.\n' : '\nStopped; not everything could be cleaned up.\n',
    );
    return end;
  }
  last(narrator, checks);
  return checks.allPassed ? 0 : 1;
}

function whyNot(): string | undefined {
  try {
    ensurePackages();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  }
  const reason = needs();
  if (reason !== undefined) return reason;
  return existsSync('/usr/bin/git') || existsSync('/usr/local/bin/git') ? undefined : 'needs git';
}

/** The exit status of the first signal that comes, or of nobody reading on; a second one waits for nobody. */
function interruption(stdout: NodeJS.WriteStream): { readonly signal: Promise<number>; over(): void } {
  let heard = false;
  let resolve: (status: number) => void = () => {};
  const signal = new Promise<number>((done) => (resolve = done));
  const listeners = Object.entries(SIGNALS).map(([name, status]) => {
    const listener = (): void => {
      if (heard) process.exit(status);
      heard = true;
      process.stderr.write('\nStopping the servers …\n');
      resolve(status);
    };
    process.on(name, listener);
    return () => process.off(name, listener);
  });
  stdout.on('error', () => resolve(141)); // as after `| head`
  process.stderr.on('error', () => {}); // the terminal is gone: nobody reads on, and cleaning up goes on
  return { signal, over: () => listeners.forEach((off) => off()) };
}

function last(narrator: Narrator, checks: Checks): void {
  narrator.gap();
  narrator.text(checks.line);
  narrator.gap();
  narrator.text(
    [
      'Try next, in this folder:',
      '  npx keyward check            reads the example policy in this folder',
      '  npx keyward offboard --help  what it takes to take somebody out',
      '  npm test                     tries to break each promise, on real servers too',
    ].join('\n'),
  );
}
