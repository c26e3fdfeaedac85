/**
 * A line for each target while many are reached. On a terminal what is still awaited stands at the bottom and is drawn
 * again; anywhere else there is one plain line when a target has ended, so that a log stays readable.
 */
import { type Mark, tame, wrap } from './style.ts';
import type { Screen } from './terminal.ts';

export interface Progress {
  begin(name: string): void;
  /** The target's line: mark, name, what happened. */
  end(name: string, mark: Mark, text: string): void;
  /** Takes the line at the bottom away; always called, also after a failure. */
  stop(): void;
}

const INTERVAL_MS = 100;

/** `all` are the names that will be begun, so that lines can be aligned and counted. */
export function progressOf(screen: Screen, all: readonly string[]): Progress {
  const width = Math.max(0, ...all.map((name) => tame(name).length));
  const open = new Map<string, number>();
  let ended = 0;
  const draw = (): void => screen.status(bottomLine([...open.keys()], ended, all.length, screen.err.width));
  const timer = screen.live ? setInterval(draw, INTERVAL_MS) : undefined;
  timer?.unref();
  return {
    begin(name) {
      open.set(name, 0);
      screen.detail(`${name}: begun`);
    },
    end(name, mark, text) {
      open.delete(name);
      ended += 1;
      if (screen.quiet) return;
      const start = `  ${screen.err.mark(mark)} ${tame(name).padEnd(width)}  `;
      screen.complain(start + wrap(tame(text), Math.max(20, screen.err.width - width - 6)).replaceAll('\n', `\n${' '.repeat(width + 6)}`));
    },
    stop() {
      clearInterval(timer);
      screen.status('');
    },
  };
}

function bottomLine(open: readonly string[], ended: number, all: number, width: number): string {
  if (open.length === 0) return '';
  const text = `  ${ended} of ${all}, waiting for ${open.map(tame).join(', ')}`;
  return text.length < width ? text : `${text.slice(0, width - 2)}…`;
}
