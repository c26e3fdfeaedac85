import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { Terminal } from '../../src/world.ts';
import { Screen, type ScreenOptions } from '../../src/terminal/terminal.ts';

type Fake = PassThrough & { isTTY?: boolean; columns?: number };

function stage(options: { tty?: boolean } & Partial<ScreenOptions> = {}): {
  screen: Screen;
  out: () => string;
  err: () => string;
  stdin: Fake;
} {
  const streams = {
    stdin: new PassThrough() as Fake,
    stdout: new PassThrough() as Fake,
    stderr: new PassThrough() as Fake,
  };
  if (options.tty === true)
    for (const stream of Object.values(streams)) Object.assign(stream, { isTTY: true, columns: 80 });
  const screen: Screen & Terminal = new Screen({ ...streams, env: {}, ...options });
  const text = (stream: Fake) => () => String(stream.read() ?? '');
  return { screen, out: text(streams.stdout), err: text(streams.stderr), stdin: streams.stdin };
}

describe('the screen', () => {
  it('prints what was asked for on stdout and talks on stderr', () => {
    const { screen, out, err } = stage();
    screen.print('the thing');
    screen.tell('talk \u001b[2J');
    expect([out(), err()]).toEqual(['the thing\n', 'talk \\u{1b}[2J\n']);
  });

  it('does not talk with -q, and still complains', () => {
    const { screen, err } = stage({ quiet: true });
    screen.tell('talk');
    screen.detail('more');
    screen.complain('error');
    expect(err()).toBe('error\n');
  });

  it('shows details with -v only', () => {
    const [plain, verbose] = [stage(), stage({ verbosity: 1 })];
    plain.screen.detail('more');
    verbose.screen.detail('more');
    expect([plain.err(), verbose.err()]).toEqual(['', 'more\n']);
  });

  it('takes no answer for a no, and says how a script says yes', async () => {
    const { screen, err, stdin } = stage();
    stdin.write('y\n');
    expect(await screen.confirm('Continue?', 'bob')).toBe(false);
    expect(err()).toBe('Continue? Nobody can be asked here: --confirm bob says yes.\n');
    expect(await screen.ask('Who?')).toBeUndefined();
    expect(await screen.secret('Passphrase')).toBeUndefined();
  });

  it('asks nothing after Ctrl-C, and takes no --confirm for a yes to what is not begun yet', async () => {
    const stop = new AbortController();
    const { screen } = stage({ confirmed: ['bob'], stop: stop.signal, tty: true });
    expect(await screen.confirm('bob?', 'bob')).toBe(true);
    stop.abort();
    await expect(screen.confirm('bob?', 'bob')).rejects.toThrow('nothing was done after it');
    await expect(screen.ask('Who?')).rejects.toMatchObject({ code: 'interrupted' });
    await expect(screen.secret('Passphrase')).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('takes --confirm for this name and for no other', async () => {
    const { screen } = stage({ confirmed: ['bob'] });
    expect([await screen.confirm('bob?', 'bob'), await screen.confirm('alice?', 'alice')]).toEqual([true, false]);
  });

  it('accepts a risk by its own name only', () => {
    const { screen } = stage({ risks: ['abandoned:web-9'] });
    expect([screen.accepts('abandoned:web-9'), screen.accepts('abandoned:web-1')]).toEqual([true, false]);
  });

  it.each([
    ['on a terminal', { tty: true }, true],
    ['with --no-input', { tty: true, input: false }, false],
    ['in CI', { tty: true, env: { CI: 'true' } }, false],
    ['where CI is said to be false', { tty: true, env: { CI: 'false' } }, true],
    ['without a terminal', {}, false],
  ])('asks %s: %s', (_, options, asks) => {
    expect(stage(options).screen.asks).toBe(asks);
  });

  it('asks on a terminal, takes a yes, and shows nothing of a secret', async () => {
    const { screen, stdin, err, out } = stage({ tty: true });
    const answer = screen.confirm('Continue?', 'bob');
    setTimeout(() => stdin.write('y\r'), 200);
    expect(await answer).toBe(true);
    const secret = screen.secret('Passphrase');
    setTimeout(() => stdin.write('hunter2\r'), 200);
    expect(await secret).toBe('hunter2');
    const shown = err();
    expect(shown).toContain('Continue?');
    expect(shown).not.toContain('hunter2');
    expect(out()).toBe('');
  });

  it('ends with 130 when a question is interrupted', async () => {
    const { screen, stdin } = stage({ tty: true });
    const answer = screen.confirm('Continue?', 'bob');
    setTimeout(() => stdin.write('\u0003'), 200);
    await expect(answer).rejects.toMatchObject({ code: 'interrupted', exit: 130 });
  });
});

describe('progress', () => {
  it('is one plain line when one has ended, where nothing can be drawn', () => {
    const { screen, err } = stage();
    const watch = screen.watch(['web-1', 'db-2']);
    watch.begin('web-1');
    watch.begin('db-2');
    watch.end('db-2');
    watch.stop();
    expect(err()).toBe('1 of 2: db-2\n');
  });

  it('stands at the bottom of a terminal, below what is said meanwhile, and goes away', async () => {
    const { screen, err } = stage({ tty: true });
    const watch = screen.watch(['web-1', 'db-2']);
    watch.begin('web-1');
    await new Promise((done) => setTimeout(done, 250));
    screen.tell('meanwhile');
    watch.stop();
    const shown = err();
    expect(shown).toContain('0 of 2, waiting for web-1');
    expect(shown).toContain('\r\u001b[2Kmeanwhile\n  0 of 2');
    expect(shown.endsWith('\r\u001b[2K')).toBe(true);
  });
});
