/** Inputs made to cost time or memory: refused at once where they are small, and in bounded time whatever they are. */
import { expect, it } from 'vitest';
import { Report } from '../../../src/core/policy/report.ts';
import { readYaml } from '../../../src/core/policy/yaml-text.ts';
import { baseFiles, bytesOf, keyLine, NOW, sha256 } from './policy-files.ts';
import { compilePolicy } from '../../../src/core/policy/index.ts';

/** The time of the processor, since a busy machine is no fault of the reader. */
function cost(run: () => void): { readonly ms: number; readonly mb: number } {
  const memory = process.memoryUsage().heapUsed;
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return { ms: (user + system) / 1000, mb: (process.memoryUsage().heapUsed - memory) / 1e6 };
}

const BOMB = [
  'a: &a [x,x,x,x,x,x,x,x,x]',
  ...'bcdefghi'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefgh'[i] ?? ''}`).join(',')}]`),
].join('\n');

const SMALL: readonly (readonly [string, string, string, string])[] = [
  ['an alias bomb', 'access-policy.d/x.yaml', BOMB, 'yaml-alias'],
  ['a key line of 1 MiB', 'keys/bob.pub', `${keyLine('bob')}${'A'.repeat(1_048_576)}`, 'too-large'],
  ['a key line of 60 KB', 'keys/bob.pub', `${keyLine('bob')}${'A'.repeat(60_000)}`, 'key-too-long'],
  ['100,000 blanks before a key', 'keys/bob.pub', `${' '.repeat(100_000)}${keyLine('bob')}`, 'too-large'],
  ['100,000 blanks in a name', 'access-policy.d/x.yaml', `teams: ["${' '.repeat(100_000)}"]`, 'name-form'],
  [
    'a pattern of many stars',
    'access-policy.d/x.yaml',
    `rules: [{ name: x, to: { employees: ["${'*a'.repeat(30)}"] }, servers: { names: ["${'*-'.repeat(30)}x"] } }]`,
    'selector-matches-nothing',
  ],
  ['an unknown field of 1,000 letters', 'access-policy.d/x.yaml', `${'a'.repeat(1000)}: 1`, 'unknown-field'],
  ['a field of 100,000 letters', 'access-policy.d/x.yaml', `${'a'.repeat(100_000)}: 1`, 'yaml-syntax'],
  ['100,000 brackets', 'access-policy.d/x.yaml', '['.repeat(100_000), 'too-deep'],
  ['100,000 dashes', 'access-policy.d/x.yaml', '- '.repeat(100_000), 'too-deep'],
];

it('small ones: under 50 ms and 20 MB', () => {
  const files = bytesOf(baseFiles());
  for (let i = 0; i < 20; i += 1) compilePolicy(files, NOW, sha256);
  let slowest = 0;
  for (const [what, path, text, rule] of SMALL) {
    const bad = new Map(files).set(path, new TextEncoder().encode(text));
    const runs = [1, 2, 3].map(() =>
      cost(() =>
        expect(
          compilePolicy(bad, NOW, sha256).findings.map((finding) => finding.rule),
          what,
        ).toContain(rule),
      ),
    );
    const ms = Math.min(...runs.map((run) => run.ms));
    expect(ms, `${what}: ${ms} ms`).toBeLessThan(50);
    expect(Math.min(...runs.map((run) => run.mb)), what).toBeLessThan(20);
    slowest = Math.max(slowest, ms);
  }
  console.log(`hostile: ${SMALL.length} small inputs, the slowest took ${slowest.toFixed(1)} ms`);
});

const LARGE: readonly (readonly [string, string])[] = [
  ['brackets', '['.repeat(5_000_000)],
  ['directives', '%a\n'.repeat(1_700_000)],
  ['commas', `[${','.repeat(5_000_000)}`],
  ['one mapping', Array.from({ length: 300_000 }, (_, i) => `k${i}: 1`).join('\n')],
  ['hidden characters', '\u200b'.repeat(1_700_000)],
];

it('5 MiB of anything: in bounded time', { timeout: 300_000 }, () => {
  const times = LARGE.map(([what, text]) => {
    const bytes = new TextEncoder().encode(text);
    expect(bytes.length).toBeLessThanOrEqual(5 * 1024 * 1024);
    const { ms } = cost(() => readYaml('access-policy.d/x.yaml', bytes, new Report()));
    expect(ms, what).toBeLessThan(20_000);
    return `${what} ${Math.round(ms)}`;
  });
  console.log(`hostile: ${LARGE.length} inputs of up to 5 MiB, ms: ${times.join(', ')}`);
});

it('many large files: no more is read than one may have to wait for', () => {
  const files = new Map(bytesOf(baseFiles()));
  const large = new TextEncoder().encode(`#${'x'.repeat(1_000_000)}\n`);
  for (let i = 10; i < 60; i += 1) files.set(`access-policy.d/${i}.yaml`, large);
  const found = compilePolicy(files, NOW, sha256).findings.filter(({ rule }) => rule === 'too-large');
  expect(found.map(({ place }) => place.file)).toEqual(Array.from({ length: 42 }, (_, i) => `access-policy.d/${i + 18}.yaml`));
});
