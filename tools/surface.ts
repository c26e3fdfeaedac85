/**
 * The surface of keyward in files that are read in review: schemas/*.json, and test/stories/surface.txt with every
 * command, argument, flag and JSON field. `node tools/surface.ts` writes them; a test compares.
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { toJsonSchema } from '@valibot/to-json-schema';
import type { GenericSchema } from 'valibot';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const JSON_ROOM = join(ROOT, 'src/terminal/json');

/** The schema of each `--json`, by name. */
export async function jsonSchemas(): Promise<ReadonlyMap<string, GenericSchema>> {
  const names = globSync('*.ts', { cwd: JSON_ROOM }).map((file) => basename(file, '.ts'));
  const found = new Map<string, GenericSchema>();
  for (const name of names.filter((name) => name !== 'index' && name !== 'values').toSorted()) {
    const module: { schema?: GenericSchema } = await import(join(JSON_ROOM, `${name}.ts`));
    if (module.schema === undefined) throw new Error(`src/terminal/json/${name}.ts exports no schema`);
    found.set(name, module.schema);
  }
  return found;
}

/** Every generated file and what must stand in it. */
export async function surface(): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  const schemas = await jsonSchemas();
  for (const [name, schema] of schemas) {
    const text = toJsonSchema(schema, { target: 'draft-07' });
    files.set(`schemas/${name}.schema.json`, `${JSON.stringify({ title: `keyward: ${name}`, ...text }, null, 2)}\n`);
  }
  files.set('test/stories/surface.txt', surfaceText(schemas));
  return files;
}

interface Manifest {
  readonly commands: Readonly<Record<string, ManifestCommand>>;
}
interface ManifestCommand {
  readonly summary?: string;
  readonly hidden?: boolean;
  readonly args: Readonly<
    Record<string, { readonly name: string; readonly required?: boolean; readonly options?: readonly string[] }>
  >;
  readonly flags: Readonly<Record<string, ManifestFlag>>;
}
interface ManifestFlag {
  readonly name: string;
  readonly char?: string;
  readonly type: string;
  readonly multiple?: boolean;
  readonly required?: boolean;
  readonly options?: readonly string[];
  readonly default?: unknown;
  readonly helpGroup?: string;
  readonly helpValue?: string;
}

function surfaceText(schemas: ReadonlyMap<string, GenericSchema>): string {
  const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8'));
  const lines = [
    '# Every command, argument, flag and JSON field. Written by `node tools/surface.ts`; a change here is a change for users.',
  ];
  const all = Object.entries(manifest.commands).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const globals = new Map(
    all
      .flatMap(([, command]) => Object.values(command.flags))
      .filter(isGlobal)
      .map((flag) => [flag.name, flag]),
  );
  lines.push('', 'every command', ...[...globals.values()].map(flagLine).toSorted());
  for (const [id, command] of all) {
    const args = Object.values(command.args).map((arg) =>
      arg.required === true ? ` ${arg.name.toUpperCase()}` : ` [${arg.name.toUpperCase()}]`,
    );
    lines.push('', `keyward ${id.replaceAll(':', ' ')}${args.join('')}`);
    const own = Object.values(command.flags).filter((flag) => !isGlobal(flag));
    lines.push(...own.map(flagLine).toSorted());
    const schema = schemas.get(id.replaceAll(':', '-'));
    lines.push(
      ...(schema === undefined ? ['  json: none yet'] : fieldLines(toJsonSchema(schema, { target: 'draft-07' }), '')),
    );
  }
  const failure = schemas.get('failure');
  if (failure !== undefined)
    lines.push('', 'any command that fails', ...fieldLines(toJsonSchema(failure, { target: 'draft-07' }), ''));
  return `${lines.join('\n')}\n`;
}

function isGlobal(flag: ManifestFlag): boolean {
  return flag.helpGroup === 'GLOBAL';
}

function flagLine(flag: ManifestFlag): string {
  const value = flag.type === 'boolean' ? '' : `=${flag.options?.join('|') ?? flag.helpValue ?? '<value>'}`;
  const more = [
    flag.multiple === true ? 'several' : '',
    flag.required === true ? 'required' : '',
    flag.default === undefined ? '' : `default ${JSON.stringify(flag.default)}`,
  ];
  const said = more.filter((word) => word !== '').join(', ');
  return `  ${flag.char === undefined ? '' : `-${flag.char} `}--${flag.name}${value}${said === '' ? '' : `  (${said})`}`;
}

type JsonSchema = ReturnType<typeof toJsonSchema>;

/** `json: .findings[].place.line?  integer`, one line a field. */
function fieldLines(schema: JsonSchema, path: string): string[] {
  const words = schema.enum ?? (schema.const === undefined ? schema.type : [schema.const]);
  const here = [words ?? 'one of these']
    .flat()
    .map((word) => (typeof word === 'string' ? word : JSON.stringify(word)))
    .join('|');
  const lines = path === '' ? [] : [`  json: ${path}  ${here}`];
  for (const other of schema.anyOf ?? []) if (typeof other === 'object') lines.push(...fieldLines(other, `${path}|`));
  if (typeof schema.items === 'object' && !Array.isArray(schema.items))
    lines.push(...fieldLines(schema.items, `${path}[]`));
  if (typeof schema.additionalProperties === 'object')
    lines.push(...fieldLines(schema.additionalProperties, `${path}.<name>`));
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const optional = schema.required?.includes(name) === true ? '' : '?';
    if (typeof field === 'object') lines.push(...fieldLines(field, `${path}.${name}${optional}`));
  }
  return lines;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = await surface();
  for (const [path, text] of files) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true });
    writeFileSync(join(ROOT, path), text);
  }
  process.stderr.write(`wrote ${files.size} files of the surface\n`);
}
