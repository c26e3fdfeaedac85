/** A policy with one line spoiled still tells every other handle and address; what is whole stays as it is. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseInstant } from '../../../src/core/access/index.ts';
import { readNames } from '../../../src/core/policy/index.ts';
import { mended } from '../../../src/core/policy/mend.ts';

const FILE = 'access-policy.yaml';
const WHOLE = readFileSync(new URL('corpus/design.yaml', import.meta.url), 'utf8');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const NOW = parseInstant('2026-10-01T08:00:00Z');

function named(text: string): readonly string[] {
  const { people, servers } = readNames(new Map([[FILE, bytes(text)]]), 'acme', NOW);
  return [...people.map(({ handle, id }) => `${handle} ${id}`), ...servers.map(({ name, address }) => `${name} ${address}`)].sort();
}

/** Each takes the line out of its meaning. */
const SPOILS: readonly ((line: string) => string)[] = [
  (line) => `${line} {`,
  (line) => `${line} "`,
  (line) => line.replace(/[}\]]\s*$/, ''),
  (line) => `   ${line}`,
  (line) => `<<<<<<< HEAD\n${line}\n=======\n${line}\n>>>>>>> theirs`,
  (line) => `\t${line}`,
];

it('with any one line spoiled, at most the entries around it are lost', () => {
  const all = named(WHOLE);
  expect(all.length).toBeGreaterThan(5);
  const lines = WHOLE.split('\n');
  let looked = 0;
  let worst = 0;
  for (const [i, line] of lines.entries()) {
    // A section's own line carries all of its entries.
    if (line.trim() === '' || /^[a-z]+:\s*(?:#.*)?$/.test(line)) continue;
    for (const spoil of SPOILS) {
      const left = named([...lines.slice(0, i), spoil(line), ...lines.slice(i + 1)].join('\n'));
      expect(all).toEqual(expect.arrayContaining(left.filter((one) => all.includes(one))));
      worst = Math.max(worst, all.filter((one) => !left.includes(one)).length);
      looked += 1;
    }
  }
  console.log(`spoiled ${looked} lines; of ${all.length} names at most ${worst} were lost at once`);
  expect(looked).toBeGreaterThan(100);
  expect(worst).toBeLessThanOrEqual(2);
});

it('what is YAML stays as it is, byte for byte; of what is hopeless nothing is left', () => {
  for (const text of [WHOLE, '', 'a: b']) expect(mended(FILE, bytes(text))).toEqual(bytes(text));
  for (const text of ['\u0000', '{'.repeat(3000), '"'.repeat(99)]) expect(named(text)).toEqual([]);
});

it('a large file with many faults takes no time that grows with their square', () => {
  const text = `${WHOLE}\nservers:\n${Array.from({ length: 5000 }, (_, i) => `  s${i}: { y`).join('\n')}`;
  const began = performance.now();
  named(text);
  expect(performance.now() - began).toBeLessThan(5000);
});
