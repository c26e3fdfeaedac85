/**
 * The changes commands make in a policy. Each answers with the one file that changes, and its new bytes; comments, order
 * and line ends of the rest stay as they are. Whether the changed policy is a good one, `compilePolicy` says.
 */
import { isName } from '../access/index.ts';
import { Failure } from '../failure.ts';
import type { PolicyFiles } from './compiled.ts';
import { editText, readForEdit } from './edit-text.ts';
import type { Change } from './edit-text.ts';
import { flow } from './flow.ts';
import { encodeUtf8 } from './utf8.ts';
import type { WrittenAccepted, WrittenEmployee, WrittenMachine, WrittenServer } from './written.ts';
import type { YamlText } from './yaml-text.ts';

const MAIN = 'access-policy.yaml';
const MORE_FILES = /^access-policy\.d\/[^/]+\.yaml$/;

/** One file, as it is to be written. */
export interface Edited {
  readonly path: string;
  readonly bytes: Uint8Array;
}

type Section = 'employees' | 'machines' | 'servers';

/** Adds an employee. Throws `usage` when there is one of that handle, or the handle is no name. */
export function addEmployee(files: PolicyFiles, handle: string, employee: WrittenEmployee): Edited {
  return add(files, 'employees', handle, employee);
}

/** Adds a machine. Throws as `addEmployee`. */
export function addMachine(files: PolicyFiles, handle: string, machine: WrittenMachine): Edited {
  return add(files, 'machines', handle, machine);
}

/** Adds a server. Throws as `addEmployee`. */
export function addServer(files: PolicyFiles, name: string, server: WrittenServer): Edited {
  return add(files, 'servers', name, server);
}

/** Writes `left:` into the line of an employee or a machine; a day like 2026-10-02. Throws `not-found`. */
export function setLeft(files: PolicyFiles, handle: string, day: string): Edited {
  const { text, section } = find(files, ['employees', 'machines'], handle);
  return edited(text, { kind: 'set', path: [section, handle, 'left'], value: day });
}

/** Takes `left:` out again. Throws `not-found` when it is not there. */
export function clearLeft(files: PolicyFiles, handle: string): Edited {
  return clear(files, ['employees', 'machines'], handle, 'left');
}

/** Writes `removed:` into the line of a server. Throws `not-found`. */
export function setRemoved(files: PolicyFiles, name: string, day: string): Edited {
  const { text } = find(files, ['servers'], name);
  return edited(text, { kind: 'set', path: ['servers', name, 'removed'], value: day });
}

/** Takes `removed:` out again. Throws `not-found` when it is not there. */
export function clearRemoved(files: PolicyFiles, name: string): Edited {
  return clear(files, ['servers'], name, 'removed');
}

/** Takes a server's line out: after its removal, never instead of it. Throws `not-found`. */
export function deleteServer(files: PolicyFiles, name: string): Edited {
  const { text } = find(files, ['servers'], name);
  return edited(text, { kind: 'delete', path: ['servers', name] });
}

/** Adds ways in to what is accepted on a server. Throws `not-found`. */
export function addAccepted(files: PolicyFiles, name: string, accepted: readonly WrittenAccepted[]): Edited {
  const { text } = find(files, ['servers'], name);
  const path = ['servers', name, 'accepted'];
  let current = text;
  for (const value of accepted) {
    const before = valueAt(current, path);
    const change: Change =
      before === undefined ? { kind: 'set', path, value: [value] } : { kind: 'append', path, value };
    current = readForEdit(text.file, editText(current, change));
  }
  return { path: text.file, bytes: encodeUtf8(current.text) };
}

/** Adds a handle to whose account a server takes over. Throws `not-found`. */
export function addAdopt(files: PolicyFiles, name: string, handle: string): Edited {
  const { text } = find(files, ['servers'], name);
  const path = ['servers', name, 'adopt'];
  return edited(
    text,
    valueAt(text, path) === undefined
      ? { kind: 'set', path, value: [handle] }
      : { kind: 'append', path, value: handle },
  );
}

/** Takes a revocation back by its name, `bob-1a2b3c4d`. Throws `usage` when it is taken back already. */
export function addUndone(files: PolicyFiles, name: string): Edited {
  const texts = readAll(files);
  for (const text of texts) {
    const undone = valueAt(text, ['undone']);
    if (Array.isArray(undone) && undone.includes(name))
      throw new Failure('usage', `${name} is taken back already.`, { place: { file: text.file } });
  }
  return edited(mainOf(texts), { kind: 'append', path: ['undone'], value: name });
}

/** Writes how many signers it takes. */
export function setThreshold(files: PolicyFiles, threshold: number): Edited {
  return edited(mainOf(readAll(files)), { kind: 'set', path: ['threshold'], value: threshold });
}

/** The policy `init` begins with: one employee, who signs, and nobody who reaches anything. */
export function firstPolicy(organization: string, employee: { readonly handle: string; readonly id: string }): Edited {
  const lines = [
    '# Who may reach what. Nobody gets anything that does not stand here; `keyward check` says what is wrong with it.',
    'version: 1',
    `organization: ${flow(organization)}`,
    'threshold: 1                             # one person alone can give access; more signers make it safer',
    '',
    'defaults: { allow: [pty] }',
    'teams: []',
    '',
    'employees:',
    `  ${flow(employee.handle)}: { id: ${employee.id} }`,
    '',
    'machines: {}',
    '',
    'servers: {}',
    '',
    'rules: []',
    '',
    'undone: []',
    '',
    'tests: []',
  ];
  return { path: MAIN, bytes: encodeUtf8(`${lines.join('\n')}\n`) };
}

function add(files: PolicyFiles, section: Section, name: string, value: object): Edited {
  if (!isName(name))
    throw new Failure('usage', `${JSON.stringify(name.slice(0, 40))} is no name.`, {
      next: 'A name is 1 to 32 of a-z, 0-9, - and _, and begins with a letter or digit.',
    });
  const texts = readAll(files);
  const kinds: readonly Section[] = section === 'servers' ? ['servers'] : ['employees', 'machines'];
  for (const text of texts) {
    for (const kind of kinds) {
      if (valueAt(text, [kind, name]) === undefined) continue;
      throw new Failure('usage', `${name} is in the policy already.`, {
        place: text.place([kind, name], 'key'),
        next: 'Choose another name.',
      });
    }
  }
  return edited(mainOf(texts), { kind: 'set', path: [section, name], value });
}

function clear(files: PolicyFiles, sections: readonly Section[], name: string, field: string): Edited {
  const { text, section } = find(files, sections, name);
  if (valueAt(text, [section, name, field]) !== undefined)
    return edited(text, { kind: 'delete', path: [section, name, field] });
  throw new Failure('not-found', `${name} has no ${field}.`, { place: text.place([section, name], 'key') });
}

function edited(text: YamlText, change: Change): Edited {
  return { path: text.file, bytes: editText(text, change) };
}

function find(
  files: PolicyFiles,
  sections: readonly Section[],
  name: string,
): { readonly text: YamlText; readonly section: Section } {
  for (const text of readAll(files)) {
    for (const section of sections) if (valueAt(text, [section, name]) !== undefined) return { text, section };
  }
  throw new Failure('not-found', `${JSON.stringify(name.slice(0, 40))} is not in the policy.`, {
    place: { file: MAIN },
  });
}

function readAll(files: PolicyFiles): readonly YamlText[] {
  const more = [...files.keys()].filter((path) => MORE_FILES.test(path)).sort();
  return [MAIN, ...more].flatMap((path) => {
    const bytes = files.get(path);
    return bytes === undefined ? [] : [readForEdit(path, bytes)];
  });
}

function mainOf([main]: readonly YamlText[]): YamlText {
  if (main?.file === MAIN) return main;
  throw new Failure('no-repository', `There is no ${MAIN} here.`, { next: 'Run keyward init, or give --repo.' });
}

/** What stands at a path; undefined where nothing does. */
function valueAt(text: YamlText, path: readonly string[]): unknown {
  let value: unknown = text.value;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
