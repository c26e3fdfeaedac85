/** Editing commands: what is meant is there when the file is read again, and every other byte stays. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  addAccepted, addAdopt, addEmployee, addMachine, addServer, addUndone, clearLeft, clearRemoved, compilePolicy, deleteServer, firstPolicy, setLeft,
  setRemoved, setThreshold,
} from '../../../src/core/policy/index.ts'; // prettier-ignore
import type { Edited, PolicyFiles } from '../../../src/core/policy/index.ts';
import { BASE_YAML, baseFiles, bytesOf, compileTexts, keyLine, NOW, sha256, show } from './policy-files.ts';

const ID = 'emp_zzzzzzzzzzzzzzzzzzzzzzzzzz';
const SERVER = { id: 'srv_zzzzzzzzzzzzzzzzzzzzzzzzzz', address: '10.0.0.9', labels: { role: 'web' } };

function filesOf(text: string): PolicyFiles {
  return bytesOf(new Map([['access-policy.yaml', text]]));
}
const textOf = ({ bytes }: Edited): string => new TextDecoder().decode(bytes);

const ADDED: readonly (readonly [string, string, string])[] = [
  ['into an empty flow mapping, as the first line of a block', 'employees: {}\nrules: []\n', `employees:\n  zoe: { id: ${ID} }\nrules: []\n`],
  ['into an empty flow mapping with a comment', 'employees: {} # who\n', `employees: { zoe: { id: ${ID} } } # who\n`],
  [
    'into a flow mapping',
    'employees: { bob: { left: 2026-10-02 } }\n',
    `employees: { bob: { left: 2026-10-02 }, zoe: { id: ${ID} } }\n`,
  ],
  [
    'before a comma that ends a flow mapping',
    'employees: { bob: {}, }\n',
    `employees: { bob: {}, zoe: { id: ${ID} }, }\n`,
  ],
  [
    'before the comment in a flow mapping',
    'employees: {\n  bob: {} # him\n}\n',
    `employees: {\n  bob: {}, zoe: { id: ${ID} } # him\n}\n`,
  ],
  [
    'into a flow mapping with a comment only',
    'employees: { # nobody\n  }\n',
    `employees: { # nobody\n  zoe: { id: ${ID} } }\n`,
  ],
  ['under an empty key', 'employees:\nservers: {}\n', `employees:\n  zoe: { id: ${ID} }\nservers: {}\n`],
  ['under an empty key with a comment', 'employees:   # who\n', `employees:   # who\n  zoe: { id: ${ID} }\n`],
  ['in place of null', 'employees: null\n', `employees: { zoe: { id: ${ID} } }\n`],
  ['where the section is missing', 'version: 1\n', `version: 1\nemployees:\n  zoe: { id: ${ID} }\n`],
  ['into an empty file', '', `employees:\n  zoe: { id: ${ID} }\n`],
  ['into a file of comments', '# ours', `# ours\nemployees:\n  zoe: { id: ${ID} }\n`],
  ['into a flow file', '{version: 1}\n', `{version: 1, employees: { zoe: { id: ${ID} } }}\n`],
  [
    'after the last line, keeping CRLF',
    'employees:\r\n  bob: {} # him\r\nservers: {}\r\n',
    `employees:\r\n  bob: {} # him\r\n  zoe: { id: ${ID} }\r\nservers: {}\r\n`,
  ],
  [
    'after the last line, keeping no line end',
    'employees:\n    bob: {}',
    `employees:\n    bob: {}\n    zoe: { id: ${ID} }`,
  ],
  [
    'after a text of several lines',
    'employees:\n  bob:\n    note: |\n      one\n      two\nservers: {}\n',
    `employees:\n  bob:\n    note: |\n      one\n      two\n  zoe: { id: ${ID} }\nservers: {}\n`,
  ],
  [
    'after a block of lines',
    'employees:\n  bob:\n    teams:\n      - a\n      - b # last\n\n# next\nservers: {}\n',
    `employees:\n  bob:\n    teams:\n      - a\n      - b # last\n  zoe: { id: ${ID} }\n\n# next\nservers: {}\n`,
  ],
  [
    'after an empty entry',
    'employees:\n  bob:\nservers: {}\n',
    `employees:\n  bob:\n  zoe: { id: ${ID} }\nservers: {}\n`,
  ],
  [
    'before the end of the document',
    'employees:\n  bob: {}\n...\n',
    `employees:\n  bob: {}\n  zoe: { id: ${ID} }\n...\n`,
  ],
  ['after the start of the document', '---\nversion: 1\n', `---\nversion: 1\nemployees:\n  zoe: { id: ${ID} }\n`],
];

describe('adding an employee', () => {
  it.each(ADDED)('%s', (_, before, after) => {
    expect(textOf(addEmployee(filesOf(before), 'zoe', { id: ID }))).toBe(after);
  });
});

describe('other changes', () => {
  const one = (change: (files: PolicyFiles) => Edited, before: string): string => textOf(change(filesOf(before)));
  const left = (files: PolicyFiles): Edited => setLeft(files, 'bob', '2026-11-24');

  it('writes left into a flow line, a block, and over an older day', () => {
    expect(one(left, 'employees:\n  bob: { id: x } # him\n')).toBe(
      'employees:\n  bob: { id: x, left: 2026-11-24 } # him\n',
    );
    expect(one(left, 'employees:\n  bob:\n    id: x # his\n  al: {}\n')).toBe(
      'employees:\n  bob:\n    id: x # his\n    left: 2026-11-24\n  al: {}\n',
    );
    expect(one(left, 'employees:\n  bob: { left: 2026-01-01, id: x }\n')).toBe(
      'employees:\n  bob: { left: 2026-11-24, id: x }\n',
    );
    expect(one(left, 'machines:\n  bob: {id: x}\n')).toBe('machines:\n  bob: {id: x, left: 2026-11-24}\n');
    expect(one(left, 'employees:\n  bob: { left: }\n')).toBe('employees:\n  bob: { left: 2026-11-24}\n');
  });

  it('takes left out again', () => {
    const clear = (files: PolicyFiles): Edited => clearLeft(files, 'bob');
    expect(one(clear, 'employees:\n  bob: { id: x, left: 2026-01-01 } # him\n')).toBe(
      'employees:\n  bob: { id: x } # him\n',
    );
    expect(one(clear, 'employees:\n  bob: { left: 2026-01-01, id: x }\n')).toBe('employees:\n  bob: { id: x }\n');
    expect(one(clear, 'employees:\n  bob:\n    left: 2026-01-01 # gone\n    id: x\n')).toBe(
      'employees:\n  bob:\n    id: x\n',
    );
    expect(() => clearLeft(filesOf('employees: { bob: {} }\n'), 'bob')).toThrow('bob has no left');
  });

  it('takes a server out, one line or many, the only one or the last', () => {
    const gone = (files: PolicyFiles): Edited => deleteServer(files, 'web');
    expect(one(gone, 'servers:\n  web: {}\n  db: {}\n')).toBe('servers:\n  db: {}\n');
    expect(one(gone, 'servers:\n  db: {}\n  web:\n    labels:\n      a: b\n# end\n')).toBe(
      'servers:\n  db: {}\n# end\n',
    );
    expect(one(gone, 'servers:\n  web: {}\n')).toBe('servers:\n');
    expect(one(gone, 'servers: { web: {}, db: {} }\n')).toBe('servers: { db: {} }\n');
    expect(one(gone, 'servers: { db: {}, web: {} }\n')).toBe('servers: { db: {} }\n');
  });

  it('adds to lists: in flow, as lines, under an empty key, where the list is missing', () => {
    const undo = (files: PolicyFiles): Edited => addUndone(files, 'bob-12345678');
    expect(one(undo, 'undone: []   # by name\n')).toBe('undone: [bob-12345678]   # by name\n');
    expect(one(undo, 'undone: [al-00000000]\n')).toBe('undone: [al-00000000, bob-12345678]\n');
    expect(one(undo, 'undone:\n- al-00000000 # back\ntests: []\n')).toBe(
      'undone:\n- al-00000000 # back\n- bob-12345678\ntests: []\n',
    );
    expect(one(undo, 'undone:\ntests: []\n')).toBe('undone:\n  - bob-12345678\ntests: []\n');
    expect(one(undo, 'version: 1')).toBe('version: 1\nundone:\n  - bob-12345678');
    expect(() => addUndone(filesOf('undone: [bob-12345678]\n'), 'bob-12345678')).toThrow('taken back already');
  });

  it('adds accepted ways in and adopted accounts to a server', () => {
    const key = `SHA256:${'a'.repeat(43)}`;
    const accept = (files: PolicyFiles): Edited =>
      addAccepted(files, 'db', [
        { account: 'root', key, reason: "provider's rescue key" },
        { sudo: '%admin', reason: 'old: for now' },
      ]);
    const written = `{ account: root, key: ${key}, reason: provider's rescue key }, { sudo: "%admin", reason: "old: for now" }`;
    expect(one(accept, 'servers:\n  db: { id: x }\n')).toBe(`servers:\n  db: { id: x, accepted: [${written}] }\n`);
    expect(one(accept, 'servers:\n  db:\n    accepted:\n      - { group: docker, reason: old }\n')).toBe(
      `servers:\n  db:\n    accepted:\n      - { group: docker, reason: old }\n      - ${written.replace('}, {', '}\n      - {')}\n`,
    );
    expect(one((files) => addAdopt(files, 'db', 'bob'), 'servers: { db: { adopt: [al] } }')).toBe(
      'servers: { db: { adopt: [al, bob] } }',
    );
  });

  it('finds the file a name stands in', () => {
    const files = bytesOf(
      new Map([
        ['access-policy.yaml', 'employees: {}\n'],
        ['access-policy.d/b.yaml', 'employees:\n  bob: {}\n'],
      ]),
    );
    expect(setLeft(files, 'bob', '2026-11-24').path).toBe('access-policy.d/b.yaml');
    expect(() => addEmployee(files, 'bob', { id: ID })).toThrow('in the policy already');
    expect(() => setRemoved(files, 'web', '2026-11-24')).toThrow('not in the policy');
    expect(() => addEmployee(files, '../x', { id: ID })).toThrow('is no name');
  });

  it('refuses a file that cannot be read', () => {
    expect(() => setLeft(filesOf('employees: { bob: &b {}, al: *b }\n'), 'bob', '2026-11-24')).toThrow(
      'cannot be changed',
    );
  });

  it('begins with a policy that has no error', () => {
    const first = firstPolicy('acme', { handle: 'alice', id: 'emp_aaaaaaaaaaaaaaaaaaaaaaaaaa' });
    const files = new Map(
      bytesOf(
        new Map([
          ['keys/alice.pub', keyLine('a')],
          ['signers/alice.pub', keyLine('s')],
          ['couriers/alice.pub', keyLine('c')],
        ]),
      ),
    );
    const { findings, policy } = compilePolicy(files.set(first.path, first.bytes), NOW, sha256);
    expect(findings.map(({ rule }) => rule)).toEqual(['threshold-equals-signers']);
    expect([...(policy?.grants ?? [])]).toEqual([]);
    const more = addServer(files, 'web', SERVER);
    expect(textOf(more)).toContain(
      'servers:\n  web: { id: srv_zzzzzzzzzzzzzzzzzzzzzzzzzz, address: 10.0.0.9, labels: { role: web } }',
    );
  });

  it('gives what check is content with', () => {
    const files = new Map(bytesOf(baseFiles()));
    const put = (edited: Edited): unknown => files.set(edited.path, edited.bytes);
    put(addEmployee(files, 'zoe', { id: ID, teams: ['platform'], until: '2030-01-01' }));
    put(addMachine(files, 'robot', { id: 'mch_zzzzzzzzzzzzzzzzzzzzzzzzzz', owner: 'zoe' }));
    put(addServer(files, 'web-9', SERVER));
    put(setLeft(files, 'shop', '2026-11-24'));
    put(setRemoved(files, 'web-2', '2026-11-24'));
    put(setThreshold(files, 1));
    for (const [path, name] of [
      ['keys/zoe.pub', 'z'],
      ['keys/robot.pub', 'r'],
      ['servers/web-9.pub', 'w'],
    ] as const)
      files.set(path, new TextEncoder().encode(keyLine(name)));
    const { findings, policy } = compilePolicy(files, NOW, sha256);
    expect(findings.map(show)).toEqual([
      'access-policy.yaml:25:5 warning selector-matches-nothing: This means nobody who is here, so the rule gives nothing.\n  | to: { machines: [shop] }',
      'access-policy.yaml:25:22 warning names-left: shop has left and gets nothing.\n  | to: { machines: [shop] }\n  > Take the name out.',
    ]);
    expect(policy?.grants.count).toBe(4);
    put(clearRemoved(files, 'web-2'));
    put(clearLeft(files, 'shop'));
    expect(compilePolicy(files, NOW, sha256).policy?.grants.count).toBe(7);
  });
});

/** A policy in one of many spellings, with what it means. */
const names = fc.uniqueArray(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,7}$/).filter((name) => !/^(?:y|n|yes|no|on|off|true|false|null)$/.test(name)),
  { minLength: 0, maxLength: 4 },
);
const comment = fc.constantFrom('', '', ' # why', '   # "quotes: {and} [more]"');
const entry = fc.record(
  {
    id: fc.constantFrom('emp_1', 'x y', 'a#b'),
    left: fc.option(fc.constant('2026-01-01'), { nil: undefined }),
    teams: fc.option(fc.array(fc.constantFrom('a', 'b'), { maxLength: 2 }), { nil: undefined }),
  },
  { requiredKeys: ['id'] },
);
const section = fc.record({
  names,
  style: fc.constantFrom('flow', 'block', 'lines'),
  indent: fc.constantFrom(1, 2, 4),
  empty: fc.constantFrom('', ' {}', ' # none', ' null', ' {  }'),
  note: comment,
  entries: fc.array(entry, { minLength: 4, maxLength: 4 }),
  gap: fc.constantFrom('', '\n', '# between\n', '\n\n  # far\n'),
});
type Section = typeof section extends fc.Arbitrary<infer T> ? T : never;

function inFlow(value: object): string {
  return `{ ${Object.entries(value)
    .filter(([, v]) => v !== undefined)
    .map(([k, v]) => `${k}: ${k === 'left' ? String(v) : JSON.stringify(v)}`)
    .join(', ')} }`;
}

function write(name: string, { names: all, style, indent, empty, note, entries, gap }: Section): string {
  if (all.length === 0) return `${name}:${empty}\n${gap}`;
  const pad = ' '.repeat(indent);
  if (style === 'flow')
    return `${name}: { ${all.map((n, i) => `${n}: ${inFlow(entries[i] ?? {})}`).join(', ')} }${note}\n${gap}`;
  const lines = all.map((n, i) => {
    const value = entries[i] ?? { id: 'x' };
    if (style === 'block') return `${pad}${n}:   ${inFlow(value)}${note}\n`;
    const fields = Object.entries(value).filter(([, v]) => v !== undefined);
    return `${pad}${n}:${note}\n${fields.map(([k, v]) => (Array.isArray(v) && v.length > 0 ? `${pad}${pad}${k}:\n${v.map((item) => `${pad}${pad}- ${String(item)}\n`).join('')}` : `${pad}${pad}${k}: ${k === 'left' ? String(v) : JSON.stringify(v)}${note}\n`)).join('')}`;
  });
  return `${name}:${note}\n${lines.join('')}${gap}`;
}

const policy = fc.record({
  employees: section,
  servers: section,
  undone: fc.constantFrom('', 'undone:\n', 'undone: []\n', 'undone:\n- al-00000000\n', 'undone: [al-00000000, ] # x\n'),
  order: fc.boolean(),
  crlf: fc.boolean(),
  end: fc.boolean(),
});

function spell({
  employees,
  servers,
  undone,
  order,
  crlf,
  end,
}: {
  employees: Section;
  servers: Section;
  undone: string;
  order: boolean;
  crlf: boolean;
  end: boolean;
}): string {
  const parts = [`version: 1\n`, write('employees', employees), undone, write('servers', servers)];
  const text = (order ? parts : [...parts].reverse()).join('');
  const ended = end ? text : text.replace(/\s*$/, '');
  return crlf ? ended.replaceAll('\n', '\r\n') : ended;
}

interface Meaning {
  employees?: Record<string, object> | null;
  servers?: Record<string, object> | null;
  undone?: string[] | null;
}

const CHANGES: Readonly<Record<string, readonly [(files: PolicyFiles, name: string) => Edited, (meaning: Meaning, name: string) => void]>> = {
  addEmployee: [(files) => addEmployee(files, 'zz-new', { id: ID, teams: ['a', 'no', '1e3'] }), (m) => { m.employees = { ...m.employees, 'zz-new': { id: ID, teams: ['a', 'no', '1e3'] } }; }],
  addServer: [(files) => addServer(files, 'zz-new', SERVER), (m) => { m.servers = { ...m.servers, 'zz-new': SERVER }; }],
  addUndone: [(files) => addUndone(files, 'bob-12345678'), (m) => { m.undone = [...(m.undone ?? []), 'bob-12345678']; }],
  setLeft: [(files, name) => setLeft(files, name, '2026-11-24'), (m, name) => { m.employees = { ...m.employees, [name]: { ...m.employees?.[name], left: '2026-11-24' } }; }],
  clearLeft: [(files, name) => clearLeft(files, name), (m, name) => { const { left: _, ...rest } = (m.employees?.[name] ?? {}) as { left?: string }; m.employees = { ...m.employees, [name]: rest }; }],
  setRemoved: [(files, name) => setRemoved(files, name, '2026-11-24'), (m, name) => { m.servers = { ...m.servers, [name]: { ...m.servers?.[name], removed: '2026-11-24' } }; }],
  addAdopt: [(files, name) => addAdopt(files, name, 'bob'), (m, name) => { const one = (m.servers?.[name] ?? {}) as { adopt?: string[] }; m.servers = { ...m.servers, [name]: { ...one, adopt: [...(one.adopt ?? []), 'bob'] } }; }],
  deleteServer: [(files, name) => deleteServer(files, name), (m, name) => { const { [name]: _, ...rest } = m.servers ?? {}; m.servers = rest; }],
}; // prettier-ignore

/** Deleting the last entry leaves an empty section, which means the same as none. */
const bare = (meaning: Meaning): unknown =>
  JSON.parse(
    JSON.stringify(meaning, (_, value: unknown) =>
      value !== null && typeof value === 'object' && Object.keys(value).length === 0 ? null : value,
    ),
  );

it('any policy edited by any command is read again as what was meant, and every other byte stays', () => {
  let edits = 0;
  const seen = new Set<string>();
  fc.assert(
    fc.property(
      policy,
      fc.array(fc.tuple(fc.constantFrom(...Object.keys(CHANGES)), fc.nat(3)), { minLength: 1, maxLength: 3 }),
      (spelled, changes) => {
        let text = spell(spelled);
        const meaning = parse(text) as Meaning;
        for (const [kind, index] of changes) {
          const [edit, mean] = CHANGES[kind] ?? [];
          const people = kind === 'setLeft' || kind === 'clearLeft';
          const all = Object.keys((people ? meaning.employees : meaning.servers) ?? {});
          const name = all[index % Math.max(1, all.length)] ?? 'nobody';
          const before = text;
          let after: string | undefined;
          try {
            after = edit === undefined ? undefined : textOf(edit(filesOf(before), name));
          } catch (error) {
            if (!/already|not in the policy|has no left/.test(String(error))) throw error;
          }
          if (after === undefined) continue;
          edits += 1;
          seen.add(kind);
          mean?.(meaning, name);
          expect(bare(parse(after) as Meaning)).toEqual(bare(meaning));
          onePieceChanged(before, after, kind);
          text = after;
        }
      },
    ),
    { numRuns: 1500 },
  );
  console.log(`edit: ${edits} edits of ${seen.size} kinds over 1500 policies`);
  expect(seen.size).toBe(Object.keys(CHANGES).length);
});

/** All that changed is one piece: nothing is taken away where something is added, and one entry where one is deleted. */
function onePieceChanged(before: string, after: string, kind: string): void {
  let front = 0;
  while (front < Math.min(before.length, after.length) && before[front] === after[front]) front += 1;
  let back = 0;
  while (back < Math.min(before.length, after.length) - front && before.at(-1 - back) === after.at(-1 - back))
    back += 1;
  const gone = before.slice(front, before.length - back);
  if (kind.startsWith('add')) expect(gone.trim()).toMatch(/^(?:null|\{\s*\}?)?$/); // `{}` becomes a block
  if (kind.startsWith('set')) expect(gone).toMatch(/^[-0-9]*$/);
  if (kind === 'clearLeft') expect(gone.length).toBeLessThan(60);
  expect(after.includes('\r\n')).toBe(before.includes('\r\n') && after.includes('\n'));
}

it('the base policy is what its edits leave it', () => {
  expect(compileTexts(new Map([...baseFiles(), ['access-policy.yaml', BASE_YAML]])).findings).toEqual([]);
});
