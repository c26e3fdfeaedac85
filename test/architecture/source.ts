/** The sources as the architecture tests see them: files, what they import, how long their functions are. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Source {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: string;
  /** `./x.ts`, `node:fs` or a package, as written. */
  readonly what: string;
  /** Nothing of it is there at run time: `import type`, `import('…')` in a type. */
  readonly typesOnly: boolean;
}

export interface FunctionSize {
  readonly path: string;
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

/** Every file below a folder whose name fits, sorted. */
export function sources(folder: string, pattern = '**/*.{ts,js}'): Source[] {
  const paths = globSync(pattern, { cwd: `${ROOT}/${folder}`, exclude: ['**/node_modules/**'] });
  return paths
    .map((path) => `${folder}/${path}`.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => ({ path, text: readFileSync(`${ROOT}/${path}`, 'utf8') }));
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** Every node with the one it stands in, in the order of the text. */
export function* walk(source: Source): Generator<readonly [Node, Node | undefined]> {
  const program: unknown = parseAst(source.text, { lang: source.path.endsWith('.ts') ? 'ts' : 'js' });
  if (isNode(program)) yield* below(program, undefined);
}

function* below(node: Node, parent: Node | undefined): Generator<readonly [Node, Node | undefined]> {
  yield [node, parent];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield* below(child, node);
  }
}

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
]);

/** Static, dynamic, type-only, re-exporting: every way one file names another. One that is computed cannot be judged. */
export function importsOf(source: Source, computed: 'refused' | 'passed over' = 'refused'): Import[] {
  const found: Import[] = [];
  for (const [node] of walk(source)) {
    if (!IMPORTING.has(node.type)) continue;
    const named = node['source'] ?? node['argument'];
    if (isNode(named) && typeof named['value'] === 'string') {
      const typesOnly = node['importKind'] === 'type' || node['exportKind'] === 'type' || node.type === 'TSImportType';
      found.push({ from: source.path, what: named['value'], typesOnly });
    } else if (node.type === 'ImportExpression' && computed === 'refused')
      throw new Error(`${source.path} imports something computed`);
  }
  return found;
}

/** Lines of every function, arrow and method, from its first line to its last. */
export function functionSizes(source: Source): FunctionSize[] {
  const sizes: FunctionSize[] = [];
  for (const [node, parent] of walk(source)) {
    if (!/^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(node.type)) continue;
    const line = lineAt(source.text, node.start);
    sizes.push({
      path: source.path,
      name: nameOf(node) ?? nameOf(parent) ?? '(nameless)',
      line,
      lines: lineAt(source.text, node.end) - line + 1,
    });
  }
  return sizes;
}

function nameOf(node: Node | undefined): string | undefined {
  const named = node?.['id'] ?? node?.['key'];
  return isNode(named) && typeof named['name'] === 'string' ? named['name'] : undefined;
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Where `console` or the process's own streams are used, as `path:line`. */
export function writesOf(source: Source): string[] {
  const found: string[] = [];
  for (const [node] of walk(source)) {
    if (node.type !== 'MemberExpression') continue;
    const [object, property] = [node['object'], node['property']];
    if (!isNode(object) || object.type !== 'Identifier' || !isNode(property)) continue;
    const streams = object['name'] === 'process' && /^(stdout|stderr|stdin)$/.test(String(property['name']));
    if (object['name'] === 'console' || streams) found.push(`${source.path}:${lineAt(source.text, node.start)}`);
  }
  return found;
}

/** The comment a file opens with (after `#!` and a licence line), without its stars; '' when it opens with code. */
export function openingComment(text: string): string {
  const after = text.replace(/^#!.*\n/, '');
  const block = /^\/\*\*([\s\S]*?)\*\//.exec(after)?.[1];
  if (block !== undefined) return block.replace(/^\s*\* ?/gm, '').trim();
  return (/^(?:(?:\/\/|#).*\n)+/.exec(after)?.[0] ?? '').replace(/^(?:\/\/|#) ?/gm, '').trim();
}
