/**
 * Reads the files of a policy into the written policy: all entries that have their shape, each with its place. What has
 * another shape is reported and left out; that it was named is remembered, so that nobody calls it unknown.
 */
import type * as v from 'valibot';
import type { Place } from '../failure.ts';
import { At } from './at.ts';
import type { Entry } from './at.ts';
import type { PolicyFiles } from './compiled.ts';
import { asciiTwin } from './characters.ts';
import { nearest } from './nearest.ts';
import { list } from './report.ts';
import type { Report } from './report.ts';
import { shapeOf } from './shape.ts';
import { Employee, HEAD, Machine, PolicyTest, Provider, Rule, SECTIONS, Server, Team, Undone } from './written.ts';
import type {
  WrittenAllow,
  WrittenEmployee,
  WrittenMachine,
  WrittenProvider,
  WrittenRule,
  WrittenServer,
  WrittenTest,
} from './written.ts';
import { readYaml } from './yaml-text.ts';
import type { YamlText } from './yaml-text.ts';
import { BROKEN, kindOf } from './yaml-values.ts';

export const MAIN_FILE = 'access-policy.yaml';
const MORE_FILES = /^access-policy\.d\/[^/]+\.yaml$/;
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;

export interface ReadPolicy {
  readonly organization?: Entry<string>;
  readonly threshold?: Entry<number>;
  /** What rules allow that say nothing of it. */
  readonly defaultAllow: WrittenAllow;
  readonly teams: readonly Entry<string>[];
  readonly employees: readonly Entry<WrittenEmployee>[];
  readonly machines: readonly Entry<WrittenMachine>[];
  readonly servers: readonly Entry<WrittenServer>[];
  readonly rules: readonly Entry<WrittenRule>[];
  readonly providers: readonly Entry<WrittenProvider>[];
  readonly undone: readonly Entry<string>[];
  readonly tests: readonly Entry<WrittenTest>[];
  /** Every name, also of what is left out for its shape, with where it first stands. */
  readonly named: Readonly<Record<NameKind, ReadonlyMap<string, Place>>>;
  /** False when some file could not be read: then nothing can be called unknown. */
  readonly whole: boolean;
  /** True when nothing at all was left out: then a selector that finds nothing means nothing. */
  readonly complete: boolean;
  /** YAML files read. */
  readonly files: readonly string[];
}

/** Employees and machines share their names: each has a file in keys/. */
export type NameKind = 'people' | 'teams' | 'servers' | 'providers' | 'rules';

type Sections = { -readonly [Name in keyof ReadPolicy]: ReadPolicy[Name] };

/** Reads every file there is. Never throws for what stands in a file. */
export function readPolicy(files: PolicyFiles, report: Report): ReadPolicy {
  const paths = [...files.keys()].filter((path) => path === MAIN_FILE || MORE_FILES.test(path)).sort(mainFirst);
  const reader = new PolicyReader(report, paths);
  if (!files.has(MAIN_FILE)) {
    report.error(
      'no-policy',
      { file: MAIN_FILE },
      'There is no access-policy.yaml: nobody is given anything.',
      'Run keyward init, or give --repo.',
    );
    reader.policy.whole = false;
  }
  for (const path of files.keys()) {
    if (!path.startsWith('access-policy.') || paths.includes(path)) continue;
    report.warning(
      'stray-file',
      { file: path },
      'This file is passed over.',
      'A policy file is access-policy.d/<name>.yaml.',
    );
  }
  let room = LARGEST_TOGETHER;
  for (const path of paths) {
    const bytes = files.get(path) ?? new Uint8Array();
    room -= bytes.length;
    const text = room < 0 ? tooMuch(path, report) : readYaml(path, bytes, report);
    if (text === undefined) reader.policy.whole = false;
    else reader.readFile(text);
  }
  reader.policy.complete = report.errors === 0;
  return reader.policy;
}

/** Ten thousand people and ten thousand servers take some 2 MB. Whoever takes somebody out waits for all that is read here. */
const LARGEST_TOGETHER = 8 * 1024 * 1024;

function tooMuch(file: string, report: Report): undefined {
  report.error('too-large', { file }, `With this file the policy has more than ${LARGEST_TOGETHER} bytes, which are the most.`);
}

class PolicyReader {
  readonly report: Report;
  readonly policy: Sections;
  readonly #named: Record<NameKind, Map<string, Place>>;

  constructor(report: Report, files: readonly string[]) {
    this.report = report;
    this.#named = { people: new Map(), teams: new Map(), servers: new Map(), providers: new Map(), rules: new Map() };
    const none = {
      teams: [],
      employees: [],
      machines: [],
      servers: [],
      rules: [],
      providers: [],
      undone: [],
      tests: [],
    };
    this.policy = { ...none, defaultAllow: [], named: this.#named, whole: true, complete: true, files };
  }

  readFile(text: YamlText): void {
    const top = text.value;
    if (top === BROKEN || (top === null && text.file !== MAIN_FILE)) return;
    if (typeof top !== 'object' || Array.isArray(top)) {
      this.report.error(
        'wrong-type',
        text.place([]),
        `A policy must be a mapping with fields such as employees and rules, not ${kindOf(top)}.`,
      );
      this.policy.whole = false;
      return;
    }
    if (top === null) this.policy.whole = false;
    const fields = (top ?? {}) as Record<string, unknown>;
    this.#checkFields(fields, text);
    if (text.file === MAIN_FILE) this.#readHead(fields, text);
    this.#list(text, fields, 'teams', Team, 'teams');
    this.#mapping(text, fields, 'employees', Employee, 'people');
    this.#mapping(text, fields, 'machines', Machine, 'people');
    this.#mapping(text, fields, 'servers', Server, 'servers');
    this.#list(text, fields, 'rules', Rule, 'rules');
    this.#mapping(text, fields, 'providers', Provider, 'providers');
    this.#list(text, fields, 'undone', Undone);
    this.#list(text, fields, 'tests', PolicyTest);
  }

  #checkFields(fields: Record<string, unknown>, text: YamlText): void {
    const main = text.file === MAIN_FILE;
    const known = [...(main ? Object.keys(HEAD) : ['version']), ...Object.keys(SECTIONS)];
    for (const field of Object.keys(fields)) {
      if (known.includes(field)) continue;
      const place = text.place([field], 'key');
      const near = nearest(field, known);
      const elsewhere = field in HEAD ? `${field} stands in ${MAIN_FILE} only.` : `Fields here are ${list(known, 12)}.`;
      this.report.error(
        'unknown-field',
        place,
        `There is no field ${field} here.`,
        near === undefined ? elsewhere : `Did you mean ${near}?`,
      );
    }
    if ('version' in fields && !main)
      shapeOf(HEAD.version, fields['version'], new At(text, ['version'], ''), this.report);
  }

  #readHead(fields: Record<string, unknown>, text: YamlText): void {
    const read = <Schema extends v.GenericSchema>(
      name: string,
      schema: Schema,
    ): Entry<v.InferOutput<Schema>> | undefined => {
      const at = new At(text, [name], name);
      if (!(name in fields)) {
        if (schema.type !== 'optional')
          this.report.error(
            'missing-field',
            { file: text.file, line: 1, column: 1 },
            `${MAIN_FILE} has no ${name}.`,
            `Add ${name}.`,
          );
        return undefined;
      }
      const value = shapeOf(schema, fields[name], at, this.report);
      return value === undefined ? undefined : { name, value, at };
    };
    read('version', HEAD.version);
    const organization = read('organization', HEAD.organization);
    const threshold = read('threshold', HEAD.threshold);
    if (organization !== undefined) this.policy.organization = organization;
    if (threshold !== undefined) this.policy.threshold = threshold;
    this.policy.defaultAllow = read('defaults', HEAD.defaults)?.value?.allow ?? [];
  }

  #mapping<Schema extends v.GenericSchema>(
    text: YamlText,
    fields: Record<string, unknown>,
    section: 'employees' | 'machines' | 'servers' | 'providers',
    schema: Schema,
    kind: NameKind,
  ): void {
    const value = fields[section];
    if (value === undefined || value === null || value === BROKEN) return;
    if (typeof value !== 'object' || Array.isArray(value)) {
      this.report.error(
        'wrong-type',
        text.place([section]),
        `${section} must be a mapping from names, not ${kindOf(value)}.`,
      );
      return;
    }
    for (const [name, written] of Object.entries(value)) {
      const at = new At(text, [section, name], name);
      const usable = this.#name(name, at.key(), kind);
      const shaped = shapeOf(schema, written, at, this.report);
      if (usable && shaped !== undefined) (this.policy[section] as Entry<unknown>[]).push({ name, value: shaped, at });
    }
  }

  #list<Schema extends v.GenericSchema>(
    text: YamlText,
    fields: Record<string, unknown>,
    section: 'teams' | 'rules' | 'undone' | 'tests',
    schema: Schema,
    kind?: NameKind,
  ): void {
    const value = fields[section];
    if (value === undefined || value === null || value === BROKEN) return;
    if (!Array.isArray(value)) {
      this.report.error('wrong-type', text.place([section]), `${section} must be a list, not ${kindOf(value)}.`);
      return;
    }
    for (const [index, item] of value.entries()) {
      const shown = section === 'rules' || section === 'tests' ? `${section.slice(0, -1)} ${index + 1}` : '';
      const name = nameOf(item);
      const at = new At(text, [section, index], name ?? shown);
      const shaped: unknown = shapeOf(schema, item, at, this.report);
      const place = section === 'rules' ? at.value('name') : at.value();
      const first = kind === undefined || name === undefined || this.#once(name, place, kind);
      if (first && shaped !== undefined)
        (this.policy[section] as Entry<unknown>[]).push({ name: name ?? shown, value: shaped, at });
    }
  }

  #name(name: string, place: Place, kind: NameKind): boolean {
    const twin = /[^ -~]/.test(name) ? asciiTwin(name) : undefined;
    if (twin !== undefined)
      this.report.error(
        'lookalike-name',
        place,
        `This name holds letters that only look like ${twin}.`,
        `Write ${twin} in ASCII.`,
      );
    else if (!NAME.test(name)) {
      const lower = NAME.test(name.toLowerCase()) ? `Write ${name.toLowerCase()}.` : undefined;
      this.report.error(
        'name-form',
        place,
        'A name is 1 to 32 of a-z, 0-9, - and _, and begins with a letter or digit.',
        lower,
      );
    }
    return NAME.test(name) && this.#once(name, place, kind);
  }

  #once(name: string, place: Place, kind: NameKind): boolean {
    const before = this.#named[kind].get(name);
    if (before === undefined) this.#named[kind].set(name, place);
    else
      this.report.error(
        'duplicate-name',
        place,
        `${name} stands in ${before.file}:${before.line ?? 1} already.`,
        'Keep one of them.',
      );
    return before === undefined;
  }
}

/** What an item of a list is called: a text by itself, a mapping by its name. */
function nameOf(item: unknown): string | undefined {
  if (typeof item === 'string') return item;
  const name = typeof item === 'object' && item !== null && 'name' in item ? item.name : undefined;
  return typeof name === 'string' ? name : undefined;
}

function mainFirst(a: string, b: string): number {
  if (a === b) return 0;
  return b === MAIN_FILE || (a !== MAIN_FILE && a > b) ? 1 : -1;
}
