import { describe, expect, it } from 'vitest';
import { MAY_IMPORT, PACKAGES, packageOf, PENDING, resolved, roomOf, TYPES_ONLY } from './rooms.ts';
import { importsOf, type Source, sources, writesOf } from './source.ts';

interface Reading {
  readonly imports: number;
  readonly violations: readonly string[];
  /** `room → room` and `room → package`, as the tables spell them. */
  readonly used: ReadonlySet<string>;
}

function read(files: readonly Source[]): Reading {
  const violations: string[] = [];
  const used = new Set<string>();
  let imports = 0;
  for (const file of files) {
    const room = roomOf(file.path);
    if (room === undefined) violations.push(`${file.path} is in no room`);
    for (const { what, typesOnly } of importsOf(file)) {
      imports += 1;
      const permission = what.startsWith('.') ? roomPermission(room, file.path, what) : packagePermission(room, what);
      const tooMuch = permission !== undefined && TYPES_ONLY.has(permission) && !typesOnly;
      if (permission === undefined || tooMuch) violations.push(`${file.path} imports ${what}`);
      else if (permission !== '') used.add(permission);
    }
  }
  return { imports, violations, used };
}

/** The permission an import uses; '' when it needs none; undefined when there is none. */
function roomPermission(room: string | undefined, path: string, what: string): string | undefined {
  const other = roomOf(resolved(path, what));
  if (other === undefined || room === undefined) return undefined;
  if (other === room || other === 'core/failure') return '';
  const allowed = MAY_IMPORT[room] ?? [];
  const entry = allowed.find((name) => name === other || (name === 'core' && other.startsWith('core/')));
  return entry === undefined ? undefined : `${room} → ${entry}`;
}

function packagePermission(room: string | undefined, what: string): string | undefined {
  const entry = packageOf(what);
  if (entry === undefined || room === undefined || !(PACKAGES[entry] ?? []).includes(room)) return undefined;
  return `${room} → ${entry}`;
}

function permissions(): string[] {
  const rooms = Object.entries(MAY_IMPORT).flatMap(([room, others]) => others.map((other) => `${room} → ${other}`));
  const packages = Object.entries(PACKAGES).flatMap(([name, owners]) => owners.map((room) => `${room} → ${name}`));
  return [...rooms, ...packages];
}

describe('the walls between the rooms', () => {
  const files = sources('src');
  const reading = read(files);

  it('read enough of the sources to mean something', () => {
    console.log(
      `read ${files.length} files and ${reading.imports} imports in src; pending: ${PENDING.join(', ') || 'none'}`,
    );
    expect(files.length).toBeGreaterThan(50);
    expect(reading.imports).toBeGreaterThan(150);
  });

  it('hold: no file imports what its room may not', () => {
    expect(reading.violations).toEqual([]);
  });

  it('have no door that nobody uses, and nothing pending that came', () => {
    const unused = permissions().filter((permission) => !reading.used.has(permission));
    expect(
      unused.filter((permission) => !PENDING.includes(permission)),
      'unused permissions',
    ).toEqual([]);
    expect(
      PENDING.filter((permission) => !unused.includes(permission)),
      'pending that is stale',
    ).toEqual([]);
  });

  it.each([
    ['a core room reaching out', 'src/core/plan/planted.ts', "import { read } from '../../disk/index.ts';"],
    ['a core room on a sideways path', 'src/core/ssh/planted.ts', "export * from '../policy/index.ts';"],
    ['a type only', 'src/terminal/planted.ts', "import type { World } from '../world.ts';"],
    ['more than a type', 'src/terminal/planted.ts', "import { deliver } from '../verbs/deliver.ts';"],
    ['a type in place', 'src/verbs/planted.ts', "export type X = import('../terminal/terminal.ts').Screen;"],
    ['an import while running', 'src/verbs/planted.ts', "export const x = async () => import('ssh2');"],
    ['a package of another room', 'src/disk/planted.ts', "import sshpk from 'sshpk';"],
    ['a module of Node in the core', 'src/core/journal/planted.ts', "import 'node:crypto';"],
    ['a package nobody listed', 'src/disk/planted.ts', "import 'left-pad';"],
    ['somebody who imports a command', 'src/verbs/planted.ts', "import '../commands/base.ts';"],
    ['a file in no room', 'src/helpers/planted.ts', ''],
  ])('find a planted fault: %s', (_, path, text) => {
    expect(read([{ path, text }]).violations).toHaveLength(1);
  });

  it('let pass what is allowed', () => {
    const text =
      "import { Failure } from '../failure.ts';\nimport type { X } from '../ssh/public-key.ts';\nimport 'yaml';\n";
    expect(read([{ path: 'src/core/policy/planted.ts', text }])).toMatchObject({ imports: 3, violations: [] });
  });
});

describe('writing to the terminal', () => {
  it('happens in terminal/ only', () => {
    const others = sources('src').filter((file) => roomOf(file.path) !== 'terminal');
    expect(others.length).toBeGreaterThan(40);
    expect(others.flatMap(writesOf)).toEqual([]);
  });

  it('is found where it is planted', () => {
    const text = 'console.log(1);\nprocess.stdout.write("x");\nprocess.env;\n';
    expect(writesOf({ path: 'src/verbs/planted.ts', text })).toEqual([
      'src/verbs/planted.ts:1',
      'src/verbs/planted.ts:2',
    ]);
  });
});
