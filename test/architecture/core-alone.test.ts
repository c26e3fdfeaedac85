/** The core compiled where Node and the browser do not exist. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from './source.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(ROOT, '.scratch-core-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function compile(project: string): { readonly status: number | null; readonly stdout: string } {
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  return spawnSync(process.execPath, [compiler, '--noEmit', '--listFiles', '-p', project], {
    encoding: 'utf8',
    cwd: ROOT,
  });
}

it('the core compiles without Node', () => {
  const { status, stdout } = compile(join(ROOT, 'tsconfig.core.json'));
  const files = stdout.split('\n').filter((line) => line.includes('/src/core/'));
  console.log(`compiled ${files.length} files of the core`);
  expect(stdout.split('\n').filter((line) => line.includes('error TS'))).toEqual([]);
  expect(files.length).toBeGreaterThan(20);
  expect(status).toBe(0);
});

it.each([
  ['a clock of the system', 'export const x = setTimeout(() => 1, 1);', 'setTimeout'],
  ['a file', "import { readFileSync } from 'node:fs';\nexport const x = readFileSync('a');", 'node:fs'],
  ['the environment', 'export const x = process.env;', 'process'],
  ['bytes of Node', "export const x = Buffer.from('a');", 'Buffer'],
  ['the network', "export const x = fetch('http://a');", 'fetch'],
])('a planted fault is found: %s', (_, text, word) => {
  const { extends: base, compilerOptions } = JSON.parse(
    readFileSync(join(ROOT, 'tsconfig.core.json'), 'utf8').replace(/^\s*\/\/.*$/gm, ''),
  );
  writeFileSync(join(folder, 'planted.ts'), text);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join('..', base), compilerOptions, include: ['planted.ts'] }),
  );
  const { status, stdout } = compile(join(folder, 'tsconfig.json'));
  expect(status).not.toBe(0);
  expect(stdout).toContain(word);
});
