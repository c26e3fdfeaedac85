/**
 * Bad and hostile policies, each with exactly what is found in it. The page is corpus/findings.txt: a case is a title, what
 * it changes in the base policy (as a diff, or a whole file), and after `=` the findings. `UPDATE=1` writes them anew, to be
 * read in the diff.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { baseFiles, compileTexts, edLine, keyLine, rsaLine, show, skLine } from './policy-files.ts';

const PAGE = new URL('corpus/findings.txt', import.meta.url);
const ROOM = new URL('../../../src/core/policy/', import.meta.url);
const CERTIFICATE = 'ssh-ed25519-cert-v01@openssh.com AAAAIHNzaC1lZDI1NTE5LWNlcnQtdjAxQG9wZW5zc2guY29tAAAA cert';
const PRIVATE_BODY = 'b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZWQyNTUxOQ';

interface Case {
  readonly title: string;
  readonly change: readonly string[];
}

function readCases(page: string): readonly Case[] {
  return page
    .split(/^# /m)
    .slice(1)
    .map((block) => {
      const [title = '', ...lines] = block.split('\n');
      const end = lines.indexOf('=');
      return { title, change: end < 0 ? lines.filter((line) => line !== '') : lines.slice(0, end) };
    });
}

/** Words in {{ }} stand for what a page cannot hold: letters nobody sees, keys, size. */
function expand(text: string): string {
  return text
    .replace(/\{\{U\+([0-9A-F]+)\}\}/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
    .replace(/\{\{key ([^}]*)\}\}/g, (_, name: string) => keyLine(name))
    .replace(/\{\{point ([0-9a-f]+)\}\}/g, (_, hex: string) => edLine(Buffer.from(hex.padEnd(64, '0'), 'hex'), 'point'))
    .replace(/\{\{sk ([^}]*)\}\}/g, (_, name: string) => skLine(name))
    .replace(/\{\{rsa (\d+)\}\}/g, (_, bits: string) => rsaLine(Number(bits)))
    .replace('{{certificate}}', CERTIFICATE)
    .replace('{{private}}', PRIVATE_BODY)
    .replace(/\{\{(\d+) times ([^}]*)\}\}/g, (_, count: string, piece: string) =>
      piece.replaceAll('\\n', '\n').repeat(Number(count)),
    );
}

/** `--- path` begins a file: `-` lines must stand there, once, and `+` lines take their place; `+` alone is the whole file. */
function apply(change: readonly string[]): Map<string, string> {
  const files = baseFiles();
  let path = '';
  let at = -1;
  let whole = true;
  for (const raw of change) {
    const line = expand(raw.slice(1));
    if (raw.startsWith('--- ')) {
      path = raw.slice(4);
      at = 0;
      whole = true;
    } else if (raw === '!delete') files.delete(path);
    else if (raw.startsWith('-')) {
      const lines = (files.get(path) ?? '').split('\n');
      at = lines.indexOf(line);
      if (at < 0 || lines.indexOf(line, at + 1) >= 0) throw new Error(`not exactly once in ${path}: ${line}`);
      lines.splice(at, 1);
      files.set(path, lines.join('\n'));
      whole = false;
    } else if (raw.startsWith('+')) {
      if (whole && at === 0) files.set(path, '');
      const lines = (files.get(path) ?? '').split('\n');
      lines.splice(at, 0, line);
      files.set(path, lines.join('\n'));
      at += line.split('\n').length;
    } else throw new Error(`not a line of a change: ${raw}`);
  }
  return files;
}

/** `{{U+FDD0}}`, a character that means nothing, stands for the byte ff, which is no UTF-8. */
function withBytes(files: ReadonlyMap<string, string>): Map<string, string | Uint8Array> {
  const raw = (text: string): Uint8Array =>
    Buffer.concat(text.split('\uFDD0').flatMap((part, i) => [Buffer.from(i === 0 ? [] : [0xff]), Buffer.from(part)]));
  return new Map([...files].map(([path, text]) => [path, text.includes('\uFDD0') ? raw(text) : text]));
}

const page = readFileSync(PAGE, 'utf8');
const cases = readCases(page);
const intro = page.slice(0, page.indexOf('# '));

it('finds exactly what is wrong with each', () => {
  const seen = new Set<string>();
  const slow: string[] = [];
  const blocks = cases.map(({ title, change }) => {
    const before = process.cpuUsage();
    const { findings, policy } = compileTexts(withBytes(apply(change)));
    // The processor's time: a busy machine is no fault of the reader.
    if (process.cpuUsage(before).user > 5_000_000) slow.push(title);
    if (findings.some(({ severity }) => severity === 'error')) expect(policy, title).toBeUndefined();
    else expect(policy, title).toBeDefined();
    for (const { rule } of findings) seen.add(rule);
    return [`# ${title}`, ...change, '=', ...findings.map(show), ''].join('\n');
  });
  const actual = intro + blocks.join('\n');
  if (process.env['UPDATE'] === '1') writeFileSync(PAGE, actual);
  else expect(actual).toBe(page);
  expect(slow).toEqual([]);
  console.log(`corpus: ${cases.length} policies, ${seen.size} rules found`);
  expect(cases.length).toBeGreaterThanOrEqual(40);
});

it('finds every rule there is at least once', () => {
  const sources = globSync('**/*.ts', { cwd: ROOM }).map((file) => readFileSync(new URL(file, ROOM), 'utf8'));
  const calls = sources.flatMap((text) => [
    ...text.matchAll(/\b(?:error|warning)\(\s*'([a-z0-9-]+)'/g),
    ...text.matchAll(/\brefuse\(\s*\w+,\s*context,\s*'([a-z0-9-]+)'/g),
    ...text.matchAll(/\b(?:text|checked|whole)\(\s*'([a-z0-9-]+)'/g),
    ...text.matchAll(/'((?!wrong-type)[a-z]+(?:-[a-z]+)+): [A-Z]/g),
  ]);
  const rules = [...new Set(calls.map(([, rule = '']) => rule))].sort();
  const missing = rules.filter((rule) => !new RegExp(`(?:error|warning) ${rule}: `).test(page));
  console.log(`corpus: ${rules.length} rules in the code, each found in a planted fault but ${missing.length}`);
  expect(rules.length).toBeGreaterThan(60);
  expect(missing).toEqual([]);
});

it('finds nothing in the base policy, so that each finding is that of its change', () => {
  const { findings, policy, looked } = compileTexts(baseFiles());
  expect(findings).toEqual([]);
  expect(policy?.grants.count).toBe(3);
  expect(looked).toEqual({ files: 12, people: 5, servers: 3, rules: 2, keys: 11, tests: 2 });
});
