/**
 * Which targets are under way. On a terminal they stand at the bottom and are drawn again; anywhere else there is one
 * plain line when one has ended, so that a log stays readable. What came of each is in what the command prints.
 */
import { type Style, tame } from './style.ts';

/** The `Watch` of world.ts. */
export interface Progress {
  begin(name: string): void;
  end(name: string): void;
  stop(): void;
}

/** As much of a screen as progress needs. */
export interface Lines {
  readonly live: boolean;
  readonly err: Style;
  status(line: string): void;
  tell(line: string): void;
  detail(line: string): void;
}

const INTERVAL_MS = 100;

/** `names` are all that will be begun, so that they can be counted. */
export function progressOf(lines: Lines, names: readonly string[]): Progress {
  const open = new Set<string>();
  let ended = 0;
  const draw = (): void => lines.status(bottomLine([...open], ended, names.length, lines.err.width));
  const timer = lines.live ? setInterval(draw, INTERVAL_MS) : undefined;
  timer?.unref();
  return {
    begin(name) {
      open.add(name);
      lines.detail(`${name}: begun`);
    },
    end(name) {
      open.delete(name);
      ended += 1;
      if (!lines.live) lines.tell(`${ended} of ${names.length}: ${name}`);
    },
    stop() {
      clearInterval(timer);
      lines.status('');
    },
  };
}

function bottomLine(open: readonly string[], ended: number, all: number, width: number): string {
  if (open.length === 0) return '';
  const text = `  ${ended} of ${all}, waiting for ${open.map(tame).join(', ')}`;
  return text.length < width ? text : `${text.slice(0, width - 2)}…`;
}
