/** The two ways to start: bin/run.js over the build, bin/dev.js over the sources. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { assertBuilt } from '../built.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
beforeAll(assertBuilt);

/** A copy whose sources can be changed. */
let copy: string;
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'keyward-bin-'));
  for (const name of ['bin', 'src', 'dist', 'package.json', 'oclif.manifest.json'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
});
afterEach(() => rmSync(copy, { recursive: true, force: true }));

function start(args: readonly string[], env: Record<string, string> = {}) {
  const own = { PATH: process.env['PATH'] ?? '', HOME: copy, XDG_CACHE_HOME: join(copy, 'cache'), ...env };
  return spawnSync(process.execPath, args, { cwd: copy, encoding: 'utf8', env: own, input: '' });
}

describe('bin/dev.js', () => {
  it('runs a changed source in spite of a stale build, which bin/run.js does not', () => {
    const path = join(copy, 'src/commands/check.ts');
    const source = readFileSync(path, 'utf8');
    const changed = source.replace(/static override summary = '[^']*'/, "static override summary = 'Planted.'");
    expect(changed).not.toBe(source);
    writeFileSync(path, changed);
    expect(start(['bin/dev.js', 'check', '--help'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('Planted.'),
      stderr: '',
    });
    const built = start(['bin/run.js', 'check', '--help']);
    expect(built).toMatchObject({ status: 0, stdout: expect.stringContaining('USAGE') });
    expect(built.stdout).not.toContain('Planted.');
  });

  it('gives the exit status of the command', () => {
    expect(start(['bin/dev.js', 'check', '--repo', copy])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('exit 3: 1 error'),
    });
  });
});

describe('bin/run.js', () => {
  it('answers --version before anything of keyward is loaded', () => {
    rmSync(join(copy, 'dist'), { recursive: true });
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(start(['bin/run.js', '--version'])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(`keyward ${version} `),
    });
  });

  it.each(['20.18.0', '22.11.9'])(
    'says in plain words that Node %s is too old, before anything is loaded',
    (version) => {
      rmSync(join(copy, 'dist'), { recursive: true });
      writeFileSync(
        join(copy, 'old.cjs'),
        `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
      );
      const { status, stdout, stderr } = start(['--require', './old.cjs', 'bin/run.js', 'check']);
      expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
      expect(stderr).toContain(`keyward needs Node 22.12 or newer; this is Node ${version}.`);
      expect(stderr.trimEnd().split('\n').at(-1)).toBe('exit 1: Node is too old');
    },
  );

  it('loads nothing heavy for a command that reaches nothing', () => {
    const loadedBy = (...args: string[]): string[] => {
      const folder = mkdtempSync(join(copy, 'loaded-'));
      start(args, { NODE_V8_COVERAGE: folder });
      const reports = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')));
      return reports.flatMap(({ result }: { result: { url: string }[] }) => result.map(({ url }) => url));
    };
    const heavy = (urls: readonly string[]): string[] =>
      urls.filter((url) => /node_modules\/(ssh2|sshpk|inquirer|@inquirer|@aws-sdk|@smithy)\//.test(url));
    const checking = loadedBy('bin/run.js', 'check', '--repo', join(ROOT, 'test/stories/fixtures/acme'));
    expect(checking.filter((url) => url.includes('/dist/')).length).toBeGreaterThan(3);
    expect(heavy(checking)).toEqual([]);
    expect(heavy(loadedBy('--input-type=module', '-e', "await import('ssh2')")).length).toBeGreaterThan(3);
  });

  it('keeps compiled code in a folder that only its user can write', () => {
    expect(start(['bin/run.js', 'check', '--help']).status).toBe(0);
    const folder = join(copy, 'cache/keyward/compiled');
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(readdirSync(folder).length).toBeGreaterThan(0);
  });

  it('leaves a folder alone that others could write', () => {
    const folder = join(copy, 'cache/keyward/compiled');
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o777);
    expect(start(['bin/run.js', 'check', '--help']).status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('starts without a home', () => {
    expect(
      start(['bin/run.js', 'check', '--help'], { HOME: '/nowhere', XDG_CACHE_HOME: '/dev/null/nowhere' }),
    ).toMatchObject({ status: 0, stderr: '' });
  });

  it('ends quietly when nobody reads on', () => {
    const command = `${process.execPath} bin/run.js --help | head -c 1`;
    const { stdout, stderr } = spawnSync('sh', ['-c', command], { cwd: copy, encoding: 'utf8' });
    expect([stdout.length, stderr]).toEqual([1, '']);
  });
});
