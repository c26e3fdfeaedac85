/**
 * The place where the demo is played: one folder, real servers, devices of people.
 *
 * Belongs here: starting and ending everything that runs. Not: the story. Nothing is left when it is cleaned up, in the
 * middle too.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { begin, type Answer, type Running } from '../test/fleet/command.ts';
import { quoted, startFleet, type Fleet, type TestServer } from '../test/fleet/index.ts';

const PROGRAM = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const AWS = fileURLToPath(new URL('aws.ts', import.meta.url));
const LONGEST_MS = 60_000;

export interface StageOptions {
  /** Another built keyward than this repository's; the tests plant faults in one. */
  readonly program?: string | undefined;
}

/** Something that somebody left running. */
export interface Left {
  /** Ends when it has ended, whoever ended it; gives the time. */
  readonly ended: Promise<{ readonly at: number; readonly answer: Answer }>;
  isOpen(): boolean;
  said(): string;
  type(text: string): void;
}

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'keyward-demo-'));
  readonly #running = new Set<Running>();
  #fleet: Promise<Fleet> | undefined;
  #closed = false;

  constructor({ program = PROGRAM }: StageOptions = {}) {
    const bin = join(this.folder, 'bin');
    mkdirSync(bin);
    const script = (name: string, line: string): void =>
      writeFileSync(join(bin, name), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    script('keyward', `exec '${process.execPath}' '${program}' "$@"`);
    script('aws', `exec '${process.execPath}' '${AWS}' "$@"`);
    // ssh takes its settings from the account's home, not from HOME: here every device has its own.
    script('ssh', 'exec /usr/bin/ssh -F "$HOME/.ssh/config" "$@"');
  }

  /** Settings that one more device is given in its environment, as a pipeline's runner is. */
  runner(name: string, settings: Readonly<Record<string, string>>): Device {
    return new Device(this, name, settings);
  }

  /** Starts servers, each with its own /etc, /home and processes. */
  async servers(names: readonly string[]): Promise<readonly TestServer[]> {
    this.#mustBeOpen();
    this.#fleet = startFleet(names, { withCron: true });
    return [...(await this.#fleet).servers.values()];
  }

  /** A person's own device: a folder, a home, settings of their own. */
  device(name: string): Device {
    return new Device(this, name);
  }

  /** Runs a line in sh and waits for its end. */
  async run(device: Device, line: string): Promise<Answer> {
    const running = this.#begin(device, line, LONGEST_MS);
    running.child.stdin.end();
    try {
      return await running.ended;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Runs a line in sh and leaves it running. */
  leave(device: Device, line: string): Left {
    const running = this.#begin(device, `exec ${line}`);
    let open = true;
    const ended = running.ended.then((answer) => {
      open = false;
      this.#running.delete(running);
      return { at: Date.now(), answer };
    });
    ended.catch(() => {}); // who waits for it hears of it
    return { ended, isOpen: () => open, said: running.said, type: (text) => void running.child.stdin.write(text) };
  }

  /** Ends everything and throws when something is left. */
  async clean(): Promise<void> {
    this.#closed = true;
    const all = [...this.#running];
    // Again until it is over: ending a shell's program may let the shell go on to the next one.
    const again = setInterval(() => all.forEach((running) => running.end()), 50);
    await Promise.allSettled(all.map(({ ended }) => ended));
    clearInterval(again);
    try {
      await (await this.#fleet?.catch(() => undefined))?.stop();
    } finally {
      rmSync(this.folder, { recursive: true, force: true });
    }
    if (existsSync(this.folder)) throw new Error(`${this.folder} is left`);
  }

  #begin(device: Device, line: string, timeout?: number): Running {
    this.#mustBeOpen();
    const running = begin(['/bin/sh', '-c', `cd ${quoted(device.work)} && ${line}`], {
      env: device.env,
      ...(timeout === undefined ? {} : { timeout }),
    });
    this.#running.add(running);
    return running;
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new Error('the demo has ended');
  }
}

/** One person's laptop, or one machine. */
export class Device {
  readonly name: string;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Where commands run: the clone once there is one. */
  work: string;
  readonly #stage: Stage;

  constructor(stage: Stage, name: string, settings: Readonly<Record<string, string>> = {}) {
    this.#stage = stage;
    this.name = name;
    this.folder = join(stage.folder, name);
    this.work = this.folder;
    mkdirSync(join(this.folder, '.ssh'), { recursive: true, mode: 0o700 });
    this.env = {
      PATH: `${join(stage.folder, 'bin')}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: this.folder,
      XDG_CONFIG_HOME: join(this.folder, '.config'),
      XDG_STATE_HOME: join(this.folder, '.local/state'),
      XDG_CACHE_HOME: join(stage.folder, 'cache'),
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      TERM: 'xterm',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      ...gitPerson(name),
      ...settings,
    };
  }

  run(line: string): Promise<Answer> {
    return this.#stage.run(this, line);
  }

  /** As `run`, but anything other than status 0 throws: for what the story merely needs. Gives standard output. */
  async must(line: string): Promise<string> {
    const answer = await this.run(line);
    if (answer.status === 0) return answer.stdout;
    throw new Error(`${this.name}: status ${answer.status} of ${line}\n${answer.stderr}${answer.stdout}`);
  }

  leave(line: string): Left {
    return this.#stage.leave(this, line);
  }

  write(path: string, text: string, mode = 0o600): void {
    writeFileSync(join(this.folder, path), text, { mode });
  }
}

function gitPerson(name: string): Record<string, string> {
  return Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((role) => [
      [`GIT_${role}_NAME`, name],
      [`GIT_${role}_EMAIL`, `${name}@acme.example`],
    ]),
  );
}
