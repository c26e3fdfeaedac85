// `npm test`: builds, checks types, lints, runs every test, and ends with one line that can be counted on:
// `N passed, N failed`, with `, N skipped` where tests were skipped; each of these is named before it.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'keyward-test-'));
const report = join(folder, 'report.json');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const steps = [
  ['build', ['tools/build.js']],
  ['types', ['node_modules/typescript/bin/tsc', '--noEmit']],
  ['types of the core, without Node', ['node_modules/typescript/bin/tsc', '--noEmit', '-p', 'tsconfig.core.json']],
  ['lint', ['node_modules/oxlint/bin/oxlint', '--type-aware', '--deny-warnings']],
  ['unused code', ['node_modules/knip/bin/knip.js']],
];

const failedSteps = steps.flatMap(([name, args]) => (passes(name, args) ? [] : [String(name)]));
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
const ran = run([...vitest, ...process.argv.slice(2)]);
process.exitCode = tellCounts(ran.status ?? 1);

function run(args) {
  return spawnSync(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
}

function passes(name, args) {
  const started = Date.now();
  const { status } = run(args);
  console.log(`${status === 0 ? '✓' : '✗'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  return status === 0;
}

/** Steps before the tests count as one each; a test file that could not be read counts as a failed test. */
function tellCounts(status) {
  const results = readReport();
  const tests = results.flatMap((file) => file.assertionResults.map((test) => ({ file: file.name, ...test })));
  const broken = results.filter((file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'));
  const count = (...statuses) => tests.filter((test) => statuses.includes(test.status)).length;
  const skipped = tests.filter((test) => ['skipped', 'pending', 'todo', 'disabled'].includes(test.status));
  for (const test of skipped) console.log(`skipped: ${test.fullName}`);
  for (const name of failedSteps) console.log(`failed: ${name}`);
  for (const file of broken) console.log(`failed: ${file.name.replace(root, '')} could not be run`);
  for (const test of tests.filter((other) => other.status === 'failed')) console.log(`failed: ${test.fullName}`);
  const passed = count('passed') + steps.length - failedSteps.length;
  const unsaid = status !== 0 && count('failed') + broken.length === 0 ? 1 : 0;
  const failed = count('failed') + broken.length + failedSteps.length + unsaid;
  console.log(`${passed} passed, ${failed} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`);
  return failed === 0 && count('passed') > 0 ? 0 : 1;
}

function readReport() {
  try {
    return JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    console.log('failed: vitest left no report');
    return [];
  }
}
