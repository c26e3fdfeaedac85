/**
 * Runs stories: each in a folder, home and XDG folders of its own, by child processes against the built program, as a
 * person or a pipeline would. No hook in the program knows of it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { builtProgram } from '../built.ts';
import { mask, type Run, spell, type Step, type Story } from './story.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LONGEST_MS = 60_000;

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder to play in: `work` is where commands run, everything else keyward may touch lies beside it. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'keyward-story-'));
  readonly work = join(this.folder, 'work');
  readonly env: Record<string, string>;

  /** `more` are variables that commands see besides. */
  constructor(more: Readonly<Record<string, string>> = {}) {
    const bin = join(this.folder, 'bin');
    for (const path of [this.work, bin, join(this.folder, 'home'), join(this.folder, 'run')])
      mkdirSync(path, { mode: 0o700 });
    writeFileSync(
      join(bin, 'keyward'),
      `#!/bin/sh\nexec '${process.execPath}' '${join(builtProgram(), 'bin/run.js')}' "$@"\n`,
      {
        mode: 0o755,
      },
    );
    const of = (name: string): string => join(this.folder, 'home', name);
    this.env = {
      PATH: `${bin}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`,
      HOME: join(this.folder, 'home'),
      XDG_CONFIG_HOME: of('.config'),
      XDG_STATE_HOME: of('.local/state'),
      XDG_CACHE_HOME: join(tmpdir(), `keyward-story-cache-${process.getuid?.() ?? 0}`),
      XDG_RUNTIME_DIR: join(this.folder, 'run'),
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      TERM: 'xterm',
      SHELL: '/bin/sh',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      ...more,
    };
    for (const who of ['AUTHOR', 'COMMITTER'])
      Object.assign(this.env, { [`GIT_${who}_NAME`]: 'story', [`GIT_${who}_EMAIL`]: 'story@example.com' });
  }

  /** Runs in sh, without a terminal and with nothing on stdin. */
  async run(command: string): Promise<Outcome> {
    const child = spawn('/bin/sh', ['-c', command], {
      cwd: this.work,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return outcome(child);
  }

  /** Runs on a pseudo-terminal; everything shown comes as stdout, its colours and cursor movements taken out. */
  async type(command: string, typing: Run['typing']): Promise<Outcome> {
    const args = ['-q', '-e', '-c', command, '/dev/null'];
    const child = spawn('script', args, { cwd: this.work, env: this.env, stdio: ['pipe', 'pipe', 'pipe'] });
    let shown = '';
    let from = 0;
    const left = [...typing];
    const proceed = (): void => {
      while (left[0] !== undefined) {
        const { wait, type } = left[0];
        const seen = wait === undefined ? from : stripVTControlCharacters(shown).indexOf(wait, from);
        if (seen < 0) return;
        if (wait !== undefined) from = seen + wait.length;
        if (type !== undefined) child.stdin.write(type);
        left.shift();
      }
    };
    child.stdout.on('data', (data: Buffer) => {
      shown += data.toString('utf8');
      proceed();
    });
    proceed();
    const { status, stdout, stderr } = await outcome(child);
    const never = left.map(({ wait, type }) => wait ?? type ?? '').join(', ');
    const text = stripVTControlCharacters(stdout).replaceAll('\r\n', '\n').replaceAll('\r', '\n');
    return { status, stdout: text, stderr: never === '' ? stderr : `${stderr}never came to: ${never}\n` };
  }

  /** Every file in the work folder and its hash. */
  files(): ReadonlyMap<string, string> {
    const paths = globSync('**/*', { cwd: this.work }).filter(
      (path) => !path.startsWith('.git/') && statSync(join(this.work, path)).isFile(),
    );
    return new Map(
      paths.toSorted().map((path) => [
        path,
        createHash('sha256')
          .update(readFileSync(join(this.work, path)))
          .digest('hex'),
      ]),
    );
  }

  clear(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function outcome(child: ChildProcess): Promise<Outcome> {
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.on('data', (data: Buffer) => (texts[name] += data.toString('utf8')));
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  const status = await new Promise<number>((done, fail) => {
    child.on('error', fail);
    child.on('close', (code, signal) => done(code ?? (signal === 'SIGINT' ? 130 : 128)));
  });
  clearTimeout(timer);
  return { status, ...texts };
}

/** What a story told that did not happen; and the story as it would have to be told. */
export interface Telling {
  readonly faults: readonly string[];
  readonly commands: number;
  readonly retold: string;
  /** The names of the schemas that JSON was held against. */
  readonly schemas: readonly string[];
}

/** `validate` gives the faults of a JSON text against the schema of a name. */
export async function tell(
  story: Story,
  text: string,
  validate: (name: string, json: string) => readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Telling> {
  const stage = new Stage(env);
  const faults: string[] = [];
  const schemas: string[] = [];
  const lines = text.split('\n');
  const replaced: { readonly run: Run; readonly by: readonly string[] }[] = [];
  let before = stage.files();
  let last: Outcome = { status: 0, stdout: '', stderr: '' };
  try {
    for (const step of story.steps) {
      const fault = (what: string): number => faults.push(`line ${step.line}: ${what}`);
      if (step.kind === 'run') {
        before = stage.files();
        last = step.tty ? await stage.type(step.command, step.typing) : await stage.run(step.command);
        const wrong = compare(step, last, stage.folder);
        for (const what of wrong) fault(what);
        if (!step.tty && (wrong.length > 0 || !hasGaps(step)))
          replaced.push({ run: step, by: spelled(last, stage.folder) });
      } else if (step.kind === 'json') {
        schemas.push(step.word);
        for (const what of validate(step.word, last.stdout)) fault(what);
      } else for (const what of prepare(stage, step, before)) fault(what);
    }
  } finally {
    stage.clear();
  }
  for (const { run, by } of replaced.toReversed())
    lines.splice(run.expectation[0], run.expectation[1] - run.expectation[0], ...by);
  return {
    faults,
    schemas,
    commands: story.steps.filter((step) => step.kind === 'run').length,
    retold: lines.join('\n'),
  };
}

/** A run that leaves lines open is not told anew while it is right. */
function hasGaps({ stdout, stderr }: Run): boolean {
  return [...stdout, ...stderr].includes('…');
}

function prepare(stage: Stage, step: Exclude<Step, Run>, before: ReadonlyMap<string, string>): string[] {
  if (step.kind === 'same') {
    const after = stage.files();
    const all = [...new Set([...before.keys(), ...after.keys()])];
    return all.filter((path) => before.get(path) !== after.get(path)).map((path) => `${path} is not the same`);
  }
  if (step.kind === 'file') {
    mkdirSync(dirname(join(stage.work, step.path)), { recursive: true });
    writeFileSync(join(stage.work, step.path), step.text);
  } else if (step.kind === 'fixture')
    cpSync(join(ROOT, 'test/stories/fixtures', step.word), stage.work, { recursive: true });
  else if (step.kind === 'env') {
    const [name = '', ...value] = step.word.split('=');
    if (step.word.includes('=')) stage.env[name] = value.join('=');
    else delete stage.env[name];
  } else if (existsSync(join(stage.work, step.word)) !== (step.kind === 'has'))
    return [`${step.word} is ${step.kind === 'has' ? 'not there' : 'there'}`];
  return [];
}

function spelled(outcome: Outcome, folder: string): string[] {
  return spell(linesOf(mask(outcome.stdout, folder)), linesOf(mask(outcome.stderr, folder)), outcome.status);
}

function linesOf(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function compare(run: Run, outcome: Outcome, folder: string): string[] {
  const shown = `$ ${run.command}\n${spelled(outcome, folder).join('\n')}`;
  const faults: string[] = [];
  if (outcome.status !== run.status) faults.push(`ended with ${outcome.status}, not ${run.status}`);
  if (run.tty) {
    if (outcome.stderr !== '') faults.push(outcome.stderr);
    faults.push(...missing(run.stdout, linesOf(mask(outcome.stdout, folder))));
  } else {
    if (!equal(run.stdout, linesOf(mask(outcome.stdout, folder)))) faults.push('stdout differs');
    if (!equal(run.stderr, linesOf(mask(outcome.stderr, folder)))) faults.push('stderr differs');
  }
  return faults.length === 0 ? [] : [`${faults.join('; ')}; this is what happened:\n${shown}`];
}

function equal(expected: readonly string[], actual: readonly string[]): boolean {
  const [one = '', other = ''] = [mask(expected.join('\n')), actual.join('\n')].map((text) =>
    text.replace(/[ \t]+$/gm, '').trimEnd(),
  );
  // What is masked has another length elsewhere, and what is wrapped around it breaks at another word.
  const wrapped = /<(folder|address)>/.test(one);
  const [wanted, shown] = wrapped ? [one, other].map((text) => text.replace(/\s+/g, ' ')) : [one, other];
  return wanted === shown || (expected.includes('…') && fits(wanted ?? '', shown ?? ''));
}

/** Whether `shown` is `wanted` with any text in the place of each `…` line. */
function fits(wanted: string, shown: string): boolean {
  const parts = wanted.split(/(?:^|\s)…(?:\s|$)/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[\\s\\S]*')}$`).test(shown);
}

/** Expected lines that were not shown in this order. */
function missing(expected: readonly string[], actual: readonly string[]): string[] {
  let at = 0;
  return expected.flatMap((line) => {
    const found = actual.findIndex((shown, index) => index >= at && shown.includes(mask(line)));
    if (found < 0) return [`never showed: ${line}`];
    at = found + 1;
    return [];
  });
}
