/**
 * Builds dist/ once before the tests when it is older than a source, so that no test runs yesterday's program.
 * A build that fails is said, and fails the tests that need it (`assertBuilt`), not the others.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = ['src/**/*', 'package.json', 'tools/build.js'];

function newest(patterns: readonly string[]): number {
  const times = globSync([...patterns], { cwd: ROOT }).map((path) => statSync(`${ROOT}/${path}`).mtimeMs);
  return Math.max(0, ...times);
}

function isStale(): boolean {
  const built = `${ROOT}/oclif.manifest.json`;
  return !existsSync(built) || statSync(built).mtimeMs < newest(SOURCES);
}

/** Throws when the program cannot be built. */
export function assertBuilt(): void {
  if (!isStale()) return;
  const { status, stderr } = spawnSync(process.execPath, ['tools/build.js'], { cwd: ROOT, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed:\n${stderr}`);
}

let program: string | undefined;

/**
 * A folder with the program as it was built when it was first asked for: a build that is made meanwhile does not mix
 * with it. Gone when this process ends.
 */
export function builtProgram(): string {
  if (program !== undefined) return program;
  assertBuilt();
  const folder = mkdtempSync(join(tmpdir(), 'keyward-built-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['bin', 'dist', 'package.json', 'oclif.manifest.json'])
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  program = folder;
  return folder;
}

/** vitest's globalSetup. */
export default function setup(): void {
  try {
    assertBuilt();
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
  }
}
