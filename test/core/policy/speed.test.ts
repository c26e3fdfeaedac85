/** A thousand people, a thousand servers, two hundred rules: compiled well under a second of processor time. */
import { expect, it } from 'vitest';
import { compilePolicy } from '../../../src/core/policy/index.ts';
import { bytesOf, keyLine, NOW, sha256 } from './policy-files.ts';

function policyOf(people: number, servers: number, rules: number): Map<string, Uint8Array> {
  const id = (prefix: string, n: number): string => `${prefix}_${String(n).padStart(26, '0')}`;
  const count = (n: number, line: (i: number) => string): string =>
    Array.from({ length: n }, (_, i) => line(i)).join('');
  const text = [
    `version: 1\norganization: acme\nthreshold: 1\nteams: [${Array.from({ length: 40 }, (_, i) => `team-${i}`).join(', ')}]\n`,
    `employees:\n${count(people, (i) => `  p${i}: { id: ${id('emp', i)}, teams: [team-${i % 40}] }\n`)}`,
    `servers:\n${count(servers, (i) => `  s${i}: { id: ${id('srv', i)}, address: 10.0.${i >> 8}.${i & 255}, labels: { role: r${i % 50}, env: e${i % 2} } }\n`)}`,
    `rules:\n${count(rules, (i) => `  - name: rule ${i}\n    to: { teams: [team-${i % 40}] }\n    servers: { names: ["s*"], labels: { role: [r${i % 50}, r${(i * 3) % 50}], env: e${i % 2} } }\n`)}`,
  ].join('');
  const files = new Map([
    ['access-policy.yaml', text],
    ['couriers/c.pub', keyLine('c')],
  ]);
  for (let i = 0; i < people; i += 1) files.set(`keys/p${i}.pub`, keyLine(`p${i}`));
  for (let i = 0; i < servers; i += 1) files.set(`servers/s${i}.pub`, keyLine(`s${i}`));
  for (const name of ['p0', 'p1']) files.set(`signers/${name}.pub`, keyLine(`${name} signs`));
  return bytesOf(files);
}

it('compiles 1,000 × 1,000 × 200', () => {
  compilePolicy(policyOf(20, 20, 20), NOW, sha256);
  const files = policyOf(1000, 1000, 200);
  const before = process.cpuUsage();
  const { findings, policy } = compilePolicy(files, NOW, sha256);
  const ms = process.cpuUsage(before).user / 1000;
  expect(findings).toEqual([]);
  const [someone] = policy?.people ?? [];
  const mine = someone === undefined ? [] : (policy?.grants.of(someone.id) ?? []);
  console.log(
    `speed: ${policy?.grants.count ?? 0} grants from ${files.size} files in ${Math.round(ms)} ms of processor time`,
  );
  expect(mine.length).toBeGreaterThan(50);
  expect(ms).toBeLessThan(2000);
});
