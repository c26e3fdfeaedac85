/**
 * Tells the story on 80 columns. Belongs here: how it looks. Not: what is told.
 */
import type { Answer } from '../test/fleet/command.ts';
import { styleFor, wrap, type Style } from '../src/terminal/style.ts';
import type { Told } from './checks.ts';

/** Which servers have answered so far: one line on a terminal, many here. */
const PROGRESS = /^\d+ of \d+: /;

export class Narrator implements Told {
  readonly #style: Style;
  readonly #write: (text: string) => void;
  readonly #begun = Date.now();
  #chapter = 0;
  #silent = false;
  #lastWasEmpty = true;

  constructor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv) {
    this.#style = { ...styleFor(stream, env), width: 80 };
    this.#write = (text) => void stream.write(text);
  }

  /** After an interruption nothing of what still comes in is told. */
  hush(): void {
    this.#silent = true;
  }

  chapter(title: string): void {
    this.#chapter += 1;
    const head = `${this.#chapter}. ${title} `;
    const time = ` ${((Date.now() - this.#begun) / 1000).toFixed(0)} s`;
    this.#line('');
    this.#line(this.#style.paint('bold', `${head}${'─'.repeat(Math.max(3, 80 - head.length - time.length))}${time}`));
    this.#line('');
  }

  says(text: string): void {
    this.#line(wrap(text.replace(/\s+/g, ' ').trim(), 80));
  }

  /** A line somebody types, as it is run. */
  types(who: string, command: string): void {
    const prompt = `${who}$ `;
    this.#line('');
    this.#line(this.#style.paint('cyan', broken(prompt + command, 80)));
  }

  /** What a program said; where only some lines are kept, `…` stands for those before and between them. */
  output({ stdout, status }: Answer, keep: (line: string) => boolean = () => true): void {
    const lines = stdout
      .trimEnd()
      .split('\n')
      .filter((line) => !PROGRESS.test(line));
    let skipped = false;
    for (const line of lines) {
      if (keep(line)) {
        if (skipped) this.#line(this.#style.paint('dim', '…'));
        this.#line(wrap(line, 80, '  '));
      }
      skipped = !keep(line);
    }
    const said = lines.some((line) => /^exit \d+/.test(line));
    if (status !== 0 && !said) this.#line(this.#style.paint('dim', `(exit status ${status})`));
  }

  text(text: string): void {
    for (const line of text.trimEnd().split('\n')) this.#line(line);
  }

  gap(): void {
    this.#line('');
  }

  passed(claim: string): void {
    this.#line(wrap(`  ${this.#style.paint('green', 'ok')}  ${claim}`, 80, '    '));
  }

  failed(claim: string, seen: string): void {
    this.#line(wrap(`  ${this.#style.paint('red', 'NOT OK')}  ${claim}`, 80, '    '));
    const short = seen.trim().replace(/\s*\n\s*/g, ' | ');
    this.#line(wrap(`    ${short.length > 400 ? `${short.slice(0, 400)}…` : short}`, 80, ''));
  }

  #line(line: string): void {
    if (this.#silent || (line === '' && this.#lastWasEmpty)) return;
    this.#lastWasEmpty = line === '';
    this.#write(`${line}\n`);
  }
}

/** A long command over several lines, each but the last ending in a backslash, as a shell takes it. */
function broken(line: string, width: number): string {
  const [first = '', ...rest] = line.split('\n');
  const lines = [''];
  for (const word of first.match(/(?:'[^']*'|"[^"]*"|\S)+/g) ?? []) {
    const last = lines.at(-1) ?? '';
    const joined = last === '' ? word : `${last} ${word}`;
    if (joined.length <= width - 2 || last === '') lines[lines.length - 1] = joined;
    else lines.push(`    ${word}`);
  }
  return [lines.join(' \\\n'), ...rest].join('\n');
}
