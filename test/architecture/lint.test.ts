/** Lint and the search for unused code look at what they should: each finds what is planted in a copy. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from './source.ts';

const COPIED = [
  'src',
  'bin',
  'tools',
  'test',
  'demo',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  '.oxlintrc.json',
  'knip.json',
  '.gitignore',
];

const PLANTED: Readonly<Record<string, string>> = {
  'src/core/plan/planted.ts': `import { readFileSync } from 'node:fs';
export const at: any = new Date();
export const chance = Math.random();
export async function later(): Promise<number> {
  return readFileSync('x').length;
}
export function now(): void {
  later();
}
`,
  'src/verbs/planted-one.ts': "import { two } from './planted-two.ts';\nexport const one = (): number => two();\n",
  'src/verbs/planted-two.ts':
    "import { one } from './planted-one.ts';\nexport const two = (): number => one();\nconsole.log(two);\n",
};

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'keyward-lint-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  for (const [path, text] of Object.entries(PLANTED)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    writeFileSync(join(copy, path), text);
  }
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function run(program: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(ROOT, 'node_modules', program), ...args], { cwd: copy, encoding: 'utf8' });
}

it('lint finds a clock, chance, a file, any, a promise nobody waits for, a circle and a console', () => {
  const { status, stdout } = run('oxlint/bin/oxlint', '--type-aware', '--format', 'json', ...Object.keys(PLANTED));
  const { diagnostics }: { diagnostics: readonly { code: string }[] } = JSON.parse(stdout);
  const found = new Set(diagnostics.map(({ code }) => /\((.+)\)/.exec(code)?.[1]));
  console.log(`lint found ${[...found].join(', ')}`);
  expect(status).toBe(1);
  expect([...found]).toEqual(
    expect.arrayContaining([
      'no-restricted-globals',
      'no-restricted-properties',
      'no-restricted-imports',
      'no-explicit-any',
      'no-floating-promises',
      'no-cycle',
      'no-console',
    ]),
  );
});

it('the search for unused code finds files that nobody imports', () => {
  const { status, stdout } = run('knip/bin/knip.js', '--reporter', 'json');
  const { issues }: { issues: readonly { file: string; files?: readonly unknown[] }[] } = JSON.parse(stdout);
  const unused = issues.filter(({ files = [] }) => files.length > 0).map(({ file }) => file);
  expect(status).toBe(1);
  expect(unused).toContain('src/core/plan/planted.ts');
});
