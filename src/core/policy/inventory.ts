/**
 * Ansible inventories, INI and YAML: hosts, groups, groups of groups, the four variables that say how a host is reached,
 * and the name that its ssh arguments give its host key. What only Ansible itself can work out (templates, patterns, other connections) is passed over by name. docs.ansible.com, "How to build your inventory".
 */
import { parse } from 'yaml';
import { Failure } from '../failure.ts';
import { hostKeyAlias, SSH_ARGUMENTS } from './host-key-alias.ts';
import { writtenOut } from './host-ranges.ts';
import type { Listed, PassedOver } from './host-lists.ts';

type Vars = ReadonlyMap<string, string>;

interface Group {
  readonly hosts: Set<string>;
  readonly children: Set<string>;
  readonly vars: Map<string, string>;
}

/** Everything an inventory says, before it is worked out host by host. */
class Inventory {
  readonly hosts = new Map<string, Map<string, string>>();
  readonly groups = new Map<string, Group>();
  readonly passedOver: PassedOver[] = [];

  group(name: string): Group {
    const group = this.groups.get(name) ?? { hosts: new Set(), children: new Set(), vars: new Map() };
    this.groups.set(name, group);
    return group;
  }

  /** Every host that a name means, with these variables; a range means many. */
  host(name: string, group: string, vars: Vars): void {
    const names = writtenOut(name);
    if (typeof names === 'string') return void this.passedOver.push({ what: name, why: names });
    for (const one of names) {
      this.group(group).hosts.add(one);
      this.hosts.set(one, new Map([...(this.hosts.get(one) ?? []), ...vars]));
    }
  }

  /** Each host once, in the order they stand. A nearer group says more than a farther one, a host most. */
  listed(): { readonly hosts: readonly Listed[]; readonly passedOver: readonly PassedOver[] } {
    const inherited = this.#inherited();
    const hosts = [...this.hosts].flatMap(([name, own]): readonly Listed[] => {
      const vars = new Map([...(this.groups.get('all')?.vars ?? []), ...(inherited.get(name) ?? []), ...own]);
      const found = reached(name, vars);
      if (typeof found !== 'string') return [found];
      this.passedOver.push({ what: name, why: found });
      return [];
    });
    return { hosts, passedOver: this.passedOver };
  }

  #inherited(): ReadonlyMap<string, Vars> {
    const found = new Map<string, Map<string, string>>();
    const nested = new Set([...this.groups.values()].flatMap(({ children }) => [...children]));
    const walk = (name: string, above: Vars, path: readonly string[]): void => {
      const group = this.groups.get(name);
      if (group === undefined || path.includes(name)) return;
      const vars = new Map([...above, ...group.vars]);
      for (const host of group.hosts) found.set(host, new Map([...(found.get(host) ?? []), ...vars]));
      for (const child of [...group.children].sort()) walk(child, vars, [...path, name]);
    };
    for (const name of [...this.groups.keys()].sort())
      if (!nested.has(name) && name !== 'all') walk(name, new Map(), []);
    walk('all', new Map(), []);
    return found;
  }
}

/** How a host is reached, or why that is not known here. */
function reached(name: string, vars: Vars): Listed | string {
  const of = (what: string): string | undefined => vars.get(`ansible_${what}`) ?? vars.get(`ansible_ssh_${what}`);
  const connection = vars.get('ansible_connection');
  if (connection !== undefined && !['ssh', 'paramiko', 'smart'].includes(connection))
    return `it is not reached by ssh but by ${connection}`;
  const [address = name, port, user] = [of('host'), of('port'), of('user')];
  if ([name, address, port, user].some((value) => value?.includes('{{')))
    return 'Ansible would work out a template here';
  if (/[[\]*]/.test(name)) return 'a pattern: write the hosts out';
  const alias = hostKeyAlias(name, SSH_ARGUMENTS.flatMap((word) => vars.get(word) ?? []));
  if (alias === 'not-understood')
    return 'HostKeyAlias stands in its ssh arguments in a way that is not understood here: give its host key in a JSON list';
  if (port !== undefined && !/^[1-9]\d{0,4}$/.test(port)) return `not a port: ${port}`;
  return {
    name,
    address,
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(user === undefined ? {} : { user }),
    ...(alias === undefined ? {} : { hostKeyAlias: alias.name }),
    hostKeys: [],
    labels: {},
  };
}

/** Reads an INI inventory: `[group]`, `[group:vars]`, `[group:children]`, a host and its variables a line. */
export function readIniInventory(text: string): ReturnType<Inventory['listed']> {
  const inventory = new Inventory();
  let [group, part] = ['ungrouped', 'hosts'];
  for (const line of text.split(/\r?\n/)) {
    const words = wordsOf(line);
    const head = /^\[([^\]:]+)(?::(vars|children))?\]$/.exec(line.trim());
    const [first = '', ...rest] = words;
    if (first === '') continue;
    if (head !== null) {
      [group, part] = [head[1] ?? '', head[2] ?? 'hosts'];
      inventory.group(group);
    } else if (part === 'children') inventory.group(group).children.add(first);
    else if (part === 'vars') setVar(inventory.group(group).vars, words.join(' ').replace(/\s*=\s*/, '='));
    else hostLine(inventory, group, first, rest);
  }
  return inventory.listed();
}

/** `web-1:2222 ansible_user=admin` */
function hostLine(inventory: Inventory, group: string, first: string, rest: readonly string[]): void {
  const [, name = first, port] = /^((?:\[[^\]]*\]|[^[\]:])+):(\d+)$/.exec(first) ?? [];
  const vars = new Map(port === undefined ? [] : [['ansible_port', port]]);
  for (const word of rest) setVar(vars, word);
  inventory.host(name, group, vars);
}

function setVar(vars: Map<string, string>, text: string): void {
  const at = text.indexOf('=');
  if (at > 0) vars.set(text.slice(0, at), text.slice(at + 1));
}

/** Words as a shell takes them apart; what stands behind `#` or begins with `;` is a comment. */
function wordsOf(line: string): readonly string[] {
  const words: string[] = [];
  if (/^\s*;/.test(line)) return words;
  for (const [found] of line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)) {
    if (found.startsWith('#')) break;
    words.push(found.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'));
  }
  return words;
}

/** Reads a YAML inventory: groups with `hosts`, `vars` and `children`. Throws `usage` when it is none. */
export function readYamlInventory(text: string, label: string): ReturnType<Inventory['listed']> {
  const inventory = new Inventory();
  let top: unknown;
  try {
    top = parse(text, { mapAsMap: true, maxAliasCount: 0, logLevel: 'silent' });
  } catch (error) {
    throw new Failure(
      'usage',
      `${label} is no inventory: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : ''}`,
    );
  }
  if (!(top instanceof Map)) throw new Failure('usage', `${label} is no inventory: groups stand at its top`);
  for (const [name, group] of top) readGroup(inventory, String(name), group, 0);
  return inventory.listed();
}

function readGroup(inventory: Inventory, name: string, value: unknown, depth: number): void {
  const group = inventory.group(name);
  if (depth > 32 || !(value instanceof Map)) return;
  for (const [key, text] of entriesOf(value, 'vars')) group.vars.set(key, plain(text));
  for (const [host, vars] of entriesOf(value, 'hosts')) {
    const own = vars instanceof Map ? [...vars].map(([key, text]) => [String(key), plain(text)] as const) : [];
    inventory.host(host, name, new Map(own));
  }
  for (const [child, inner] of entriesOf(value, 'children')) {
    group.children.add(child);
    readGroup(inventory, child, inner, depth + 1);
  }
}

function entriesOf(group: ReadonlyMap<unknown, unknown>, part: string): readonly (readonly [string, unknown])[] {
  const value = group.get(part);
  return value instanceof Map ? [...value].map(([key, inner]) => [String(key), inner] as const) : [];
}

/** A value that is one; lists and mappings say nothing here. */
function plain(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}
