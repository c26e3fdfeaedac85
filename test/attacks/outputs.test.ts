/**
 * What a hostile text becomes on its way out: every text of every report, made from the schemas of `--json`, is a text that
 * would like to draw on a terminal, to be a command of the pipeline that runs it, a formula, a link or an element.
 */
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accessCsv } from '../../src/terminal/access-csv.ts';
import { accessHtml } from '../../src/terminal/access-html.ts';
import { knownHosts, sshConfig } from '../../src/terminal/access-ssh.ts';
import { accessText } from '../../src/terminal/access-text.ts';
import { applyText } from '../../src/terminal/apply-text.ts';
import { approveText } from '../../src/terminal/approve-text.ts';
import { checkText } from '../../src/terminal/check-text.ts';
import { deliverText } from '../../src/terminal/deliver-text.ts';
import { driftMarkdown } from '../../src/terminal/drift-markdown.ts';
import { driftRemarks } from '../../src/terminal/drift-remarks.ts';
import { driftText } from '../../src/terminal/drift-text.ts';
import { enrollFromText } from '../../src/terminal/enroll-from-text.ts';
import { enrollText } from '../../src/terminal/enroll-text.ts';
import { failureText } from '../../src/terminal/failure-text.ts';
import { findingsGithub } from '../../src/terminal/findings-github.ts';
import { findingsSarif } from '../../src/terminal/findings-sarif.ts';
import { initText } from '../../src/terminal/init-text.ts';
import { journalText, journalVerdictText } from '../../src/terminal/journal-text.ts';
import { jsonText } from '../../src/terminal/json.ts';
import { keyListText } from '../../src/terminal/key-list-text.ts';
import { keyRevokeText } from '../../src/terminal/key-revoke-text.ts';
import { offboardText, previewText } from '../../src/terminal/offboard-text.ts';
import { keyAddText, onboardText } from '../../src/terminal/onboard-text.ts';
import { planMarkdown } from '../../src/terminal/plan-markdown.ts';
import { planRemarks } from '../../src/terminal/plan-remarks.ts';
import { planText } from '../../src/terminal/plan-text.ts';
import { prepareText } from '../../src/terminal/prepare-text.ts';
import { removeText } from '../../src/terminal/remove-text.ts';
import { serverListText } from '../../src/terminal/server-list-text.ts';
import { statusText } from '../../src/terminal/status-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import { Failure } from '../../src/core/failure.ts';

/** As much of JSON Schema as the files in schemas/ use. */
interface Shape {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly oneOf?: readonly Shape[];
  readonly additionalProperties?: Shape | boolean;
}

/** What no hostile text gets into: the form of each is checked where it is read (core/access, core/texts/fields, core/ssh). */
const FORMED = /\.(?:id|personId|organization|account|fingerprint|type|kind|rule|reason|run|expires|hostKeys\[\]|looked\[\]\.what)$/;

/** A value of this shape; of alternatives and lists of words the one of this turn. Every free text is `evil`. */
function valueOf(shape: Shape, evil: string, turn: number, at = ''): unknown {
  if ('const' in shape) return shape.const;
  if (shape.enum !== undefined) return shape.enum[turn % shape.enum.length];
  const others = shape.anyOf ?? shape.oneOf;
  if (others !== undefined) return valueOf(others[turn % others.length] ?? {}, evil, turn, at);
  switch (shape.type) {
    case 'object':
      return Object.fromEntries(Object.entries(shape.properties ?? {}).map(([name, one]) => [name, valueOf(one, evil, turn, `${at}.${name}`)]));
    case 'array':
      return [0, 1].map((i) => valueOf(shape.items ?? {}, evil, turn + i, `${at}[]`));
    case 'integer':
    case 'number':
      return 1_790_000_000 + turn;
    case 'boolean':
      return turn % 2 === 0;
    default:
      return FORMED.test(at) ? 'word' : shape.pattern === undefined ? evil : 'ab'.repeat(32);
  }
}

// One turn takes the first of all alternatives, the next the second.
const TURNS = 4;
type Show = (value: never) => string;
const plain = (show: (value: never, style: typeof PLAIN) => string): Show => (value) => show(value, PLAIN);
const TEXTS: readonly (readonly [command: string, form: string, Show])[] = [
  ['access', 'text', plain(accessText)],
  ['access', 'csv', accessCsv],
  ['access', 'html', accessHtml],
  ['access', 'ssh-config', sshConfig],
  ['access', 'known_hosts', knownHosts],
  ['apply', 'text', plain(applyText)],
  ['approve', 'text', plain(approveText)],
  ['check', 'text', plain(checkText)],
  ['deliver', 'text', plain(deliverText)],
  ['drift', 'text', plain(driftText)],
  ['drift', 'markdown', driftMarkdown],
  ['init', 'text', plain(initText)],
  ['journal-show', 'text', plain(journalText)],
  ['journal-verify', 'text', plain(journalVerdictText)],
  ['key-add', 'text', plain(keyAddText)],
  ['key-list', 'text', plain(keyListText)],
  ['key-revoke', 'text', plain(keyRevokeText)],
  ['offboard', 'text', plain((value: never, style) => ('status' in value ? offboardText(value, style) : previewText(value, style)))],
  ['onboard', 'text', plain(onboardText)],
  ['plan', 'text', plain(planText)],
  ['plan', 'markdown', planMarkdown],
  ['provider-init', 'text', plain(prepareText)],
  ['server-enroll', 'text', plain((value: never, style) => ('servers' in value ? enrollFromText(value, style) : 'script' in value ? '' : enrollText(value, style)))],
  ['server-list', 'text', plain(serverListText)],
  ['server-remove', 'text', plain(removeText)],
  ['status', 'text', plain(statusText)],
];

const SCHEMAS = new Map(globSync('schemas/*.schema.json').map((path) => [basename(path, '.schema.json'), JSON.parse(readFileSync(path, 'utf8')) as Shape]));

function made(command: string, evil: string, turn: number): never {
  const shape = SCHEMAS.get(command);
  if (shape === undefined) throw new Error(`no schema of ${command}`);
  return valueOf(shape, evil, turn) as never;
}

/** Every text of every command for one hostile text, with its name. */
function shown(evil: string): readonly (readonly [name: string, text: string])[] {
  const texts = TEXTS.flatMap(([command, form, show]) => Array.from({ length: TURNS }, (_, turn) => [`${command} ${form} ${turn}`, show(made(command, evil, turn))] as const));
  const failure = new Failure('trust', evil, { next: evil, place: { file: evil, line: 1 }, findings: [{ severity: 'error', rule: 'x', message: evil, suggestion: evil, excerpt: evil, place: { file: evil, line: 1, column: 70 } }] });
  return [...texts, ['a failure', failureText(failure, PLAIN)]];
}

describe('what a hostile text becomes', () => {
  it('draws on no terminal', () => {
    const all = shown('x\u001b]0;t\u0007\u001b[2J\u009b2K\r\u202e\u200b\u0085y');
    // oxlint-disable-next-line no-control-regex
    const drawing = all.filter(([, text]) => /[\u0000-\u0008\u000b-\u000c\u000e-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e]|\r(?!\n)/.test(text));
    console.log(`${all.length} texts of ${SCHEMAS.size} schemas`);
    expect(drawing.map(([name]) => name)).toEqual([]);
    expect(all.length).toBe(TEXTS.length * TURNS + 1);
    expect(all.filter(([, text]) => text.includes('\\u{1b}')).length).toBeGreaterThan(60);
  });

  it('is no command of a pipeline, wherever a line is wrapped', () => {
    const found: string[] = [];
    for (const pad of [0, 30, 45, 60, 75]) {
      const evil = `${'x'.repeat(pad)} ::stop-commands::t ${'y'.repeat(pad)} ::add-mask::web-1 ::error file=a::b ##[add-mask]db-1 ##vso[task.setvariable variable=a]b`.trim();
      for (const [name, text] of [...shown(evil), ['json', jsonText(made('drift', evil, 1))] as const]) {
        found.push(...text.split('\n').flatMap((line) => (commandIn(line) === undefined ? [] : [`${name}: ${line}`])));
      }
    }
    expect(found).toEqual([]);
    // What looks for them finds them.
    const planted = ['::add-mask::a', '   ::error file=a::b', 'a ##[group]b', '##vso[task.complete]'];
    expect(planted.map(commandIn)).toEqual(['add-mask', 'error', 'group', 'vso']);
    expect(commandIn('from ::1, fe80::1 and ::ffff:10.0.0.1')).toBeUndefined();
  });

  it('ends in no annotation of its own, and is no link in an alert', () => {
    const evil = '[all is well](https://evil.example) ::error::x%0A::error::y';
    const remarks = [...driftRemarks(made('drift', evil, 1)), ...planRemarks(made('plan', evil, 0))];
    const lines = findingsGithub(remarks).split('\n');
    expect(lines).toHaveLength(remarks.length);
    expect(lines.filter((line) => !/^::(error|warning|notice) file=/.test(line))).toEqual([]);
    expect(remarks.length).toBeGreaterThan(3);
    const { runs } = JSON.parse(findingsSarif(remarks, '1.0.0')) as { runs: [{ results: { message: { text: string } }[] }] };
    const messages = runs[0].results.map(({ message }) => message.text);
    expect(messages.filter((text) => text.includes('evil.example')).length).toBeGreaterThan(0);
    expect(messages.filter((text) => text.includes(']('))).toEqual([]);
  });

  it('is no formula, whatever separates the fields where it is opened', () => {
    for (const evil of ['=1+1', ' @SUM(1)', 'a;=1+1;b', 'a\t=1+1\tb', 'a\n=1+1', 'a|+1', 'a"; -1', 'x;\u00a0=1']) {
      for (const turn of [0, 1]) {
        const csv = accessCsv(made('access', evil, turn));
        for (const separator of [',', ';', '\t', '|']) {
          const fields = fieldsOf(csv, separator);
          expect(fields.filter((field) => /^\s*[=+\-@]/.test(field)), `${JSON.stringify(evil)} by ${JSON.stringify(separator)}`).toEqual([]);
          expect(fields.length).toBeGreaterThan(5);
        }
      }
    }
    expect(fieldsOf('"a","b;=1;c"\r\n', ';')).toEqual(['a,"b', '=1', 'c"']);
  });
});

it('draws on no terminal where one asks for the stack of an error, nor commands a pipeline', () => {
  const evil = 'x\u001b[2J ::add-mask::web';
  const { stderr } = spawnSync(process.execPath, ['bin/dev.js', 'access', evil, '--repo', 'test/stories/fixtures/acme', '-vv'], { encoding: 'utf8' });
  expect(stderr).toContain('mustFind');
  expect(stderr.match(/\\u\{1b\}/g)?.length).toBeGreaterThan(1);
  expect([stderr.includes('\u001b'), stderr.split('\n').map(commandIn).filter((name) => name !== undefined)]).toEqual([false, []]);
});

describe('one server that tells of more than anybody reads', () => {
  const many = Array.from({ length: 30_000 }, (_, i) => ({ what: 'way-in key', subject: `root SHA256:${i}`, managed: false }));
  const drift = {
    ...{ organization: 'acme', release: { number: 3, hash: 'ab'.repeat(32) }, written: [], status: 2 as const },
    targets: [
      { name: 'db-1', id: 'srv_1', state: 'differs' as const, differences: many, looked: [] },
      { name: 'web-1', id: 'srv_2', state: 'differs' as const, differences: many.slice(0, 1), looked: [] },
      { name: 'web-2', id: 'srv_3', state: 'unknown' as const, why: 'x'.repeat(1_000_000), differences: [], looked: [] },
    ],
  };

  it('drowns none of the others', () => {
    const remarks = driftRemarks(drift);
    expect(remarks.slice(0, 3).map(({ message }) => message.slice(0, 5))).toEqual(['db-1:', 'web-1', 'web-2']);
    expect(remarks.length).toBeLessThan(1300);
    expect(remarks.at(-1)?.message).toBe('db-1: and 28800 more: keyward drift --json');
    for (const text of [driftText(drift, PLAIN), findingsGithub(remarks)]) {
      expect(text.length).toBeLessThan(300_000);
      for (const name of ['db-1', 'web-1', 'web-2', 'and 28800 more', 'and 999000 characters more']) expect(text).toContain(name);
    }
    const delivered = { ...drift, targets: [{ name: 'db-1', id: 'srv_1', state: 'partly' as const, why: 'y '.repeat(1_000_000), ended: [], failed: [] }] };
    expect(deliverText(delivered, PLAIN).length).toBeLessThan(3000);
  });
});

/** What a runner takes for a command: GitHub's own way of reading a line, in both of its spellings, and that of Azure. */
function commandIn(line: string): string | undefined {
  const names = /^(?:add-mask|error|warning|notice|debug|group|endgroup|save-state|set-output|set-env|add-path|add-matcher|remove-matcher|echo|stop-commands)$/;
  const trimmed = line.trimStart();
  const end = trimmed.startsWith('::') ? trimmed.indexOf('::', 2) : -1;
  const [name = ''] = end < 0 ? [] : trimmed.slice(2, end).split(' ');
  if (names.test(name)) return name;
  const [, old = '', azure] = /##(?:\[([a-z-]+)[^\]]*\]|(vso)\[[^\]]*\])/i.exec(line) ?? [];
  return azure ?? (names.test(old) ? old : undefined);
}

/** Fields as spreadsheets read them: quotes count where a field begins with one, and what follows the closing one belongs to it. */
function fieldsOf(csv: string, separator: string): readonly string[] {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  let begun = false;
  for (let i = 0; i < csv.length; i += 1) {
    const character = csv[i] ?? '';
    if (quoted) {
      if (character !== '"') field += character;
      else if (csv[i + 1] === '"') field += csv[(i += 1)];
      else quoted = false;
    } else if (character === '"' && !begun) quoted = begun = true;
    else if (character === separator || character === '\n' || character === '\r') {
      if (begun || field !== '') fields.push(field);
      field = '';
      begun = false;
    } else {
      field += character;
      begun = true;
    }
  }
  return begun ? [...fields, field] : fields;
}
