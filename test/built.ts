/**
 * Builds dist/ once before the tests when it is older than a source, so that no test runs yesterday's program.
 * A build that fails is said, and fails the tests that need it (`assertBuilt`), not the others.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, statSync } from 'node:fs';
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

/** vitest's globalSetup. */
export default function setup(): void {
  try {
    assertBuilt();
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
  }
}
