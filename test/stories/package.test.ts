/** What is published: the files that are needed and no others, running with nothing but the declared dependencies. */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importsOf } from '../architecture/source.ts';
import { assertBuilt } from '../built.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIRST = /^(bin\/run\.js|dist\/|schemas\/|docs\/|oclif\.manifest\.json$|package\.json$|README\.md$|LICENSE$)/;

/** An empty folder with the package in its node_modules, and beside it the packages it declares. */
let folder: string;
let installed: string;
let files: readonly string[];
let dependencies: readonly string[];

beforeAll(() => {
  assertBuilt();
  folder = mkdtempSync(join(tmpdir(), 'keyward-package-'));
  const npm = (...args: string[]) => spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell: true });
  const packed = npm('pack', '--json', '--pack-destination', folder);
  expect(packed.status, packed.stderr).toBe(0);
  const answer: unknown = JSON.parse(packed.stdout);
  const [only] = Object.values(answer as Record<string, { filename: string; files: { path: string }[] }>);
  files = only?.files.map(({ path }) => path) ?? [];
  installed = join(folder, 'node_modules/keyward');
  mkdirSync(installed, { recursive: true });
  const tar = spawnSync('tar', ['-xzf', join(folder, only?.filename ?? ''), '-C', installed, '--strip-components=1'], {
    encoding: 'utf8',
  });
  expect(tar.status, tar.stderr).toBe(0);
  dependencies = Object.keys(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')).dependencies);
  for (const name of dependencies) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
  cpSync(join(ROOT, 'test/stories/fixtures/acme'), join(folder, 'acme'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function keyward(...args: string[]) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
  return spawnSync(process.execPath, [join(installed, 'bin/run.js'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
    input: '',
  });
}

describe('the package', () => {
  it('holds what is needed and nothing else', () => {
    console.log(`the package has ${files.length} files`);
    expect(files.filter((path) => !FIRST.test(path))).toEqual([]);
    expect(files).toEqual(
      expect.arrayContaining([
        'bin/run.js',
        'dist/start.js',
        'dist/licences.txt',
        'dist/commands/check.js',
        'dist/receiver/keyward-receive',
        'oclif.manifest.json',
        'schemas/check.schema.json',
      ]),
    );
    expect(files.filter((path) => path.endsWith('.ts') || path.includes('.test.'))).toEqual([]);
  });

  it('imports nothing that it does not declare', () => {
    const sources = globSync('{bin,dist}/**/*.js', { cwd: installed }).map((path) => ({
      path,
      text: readFileSync(join(installed, path), 'utf8'),
    }));
    // oclif loads commands by a computed path, and asks for TypeScript in development only.
    const imported = sources.flatMap((source) => importsOf(source, 'passed over').map(({ what }) => what));
    const required = sources.flatMap(({ text }) =>
      [...text.matchAll(/__require\("([^"]+)"\)/g)].map(([, what = '']) => what),
    );
    const bare = [...imported, ...required].filter(
      (what) => !/^(\.|node:|typescript$)/.test(what) && !builtinModules.includes(what),
    );
    expect(sources.length).toBeGreaterThan(20);
    expect(bare.length).toBeGreaterThan(3);
    const known = (what: string): boolean => dependencies.some((name) => what === name || what.startsWith(`${name}/`));
    expect(bare.filter((what) => !known(what))).toEqual([]);
  });

  it('runs: version, help, a command, a plugin', () => {
    expect(keyward('--version')).toMatchObject({ status: 0, stdout: expect.stringMatching(/^keyward \d/) });
    expect(keyward('--help')).toMatchObject({ status: 0, stdout: expect.stringContaining('offboard'), stderr: '' });
    expect(keyward('check', '--repo', 'acme')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('checked 4 people'),
    });
    expect(keyward('help', 'plan')).toMatchObject({ status: 0, stdout: expect.stringContaining('USAGE') });
  });
});
