/**
 * Lists of servers that somebody has already: an Ansible inventory, a known_hosts file, a JSON list. What servers of a
 * policy begin with; nothing in a list is a grant. Which of them it is shows in the text itself.
 */
import { isName } from '../access/index.ts';
import { Failure } from '../failure.ts';
import { readPublicKey } from '../ssh/public-key.ts';
import type { PublicKey } from '../ssh/public-key.ts';
import { isHost } from './forms.ts';
import { readIniInventory, readYamlInventory } from './inventory.ts';

/** A server as a list names it. */
export interface Listed {
  /** As it stands there; not yet a name of the policy. */
  readonly name: string;
  readonly address: string;
  /** What the list calls it, where that is another name than the address. */
  readonly alias?: string;
  /** The only name its host key goes by in known_hosts, where the list says so. */
  readonly hostKeyAlias?: string;
  readonly port?: number;
  readonly user?: string;
  /** None: the list does not say. */
  readonly hostKeys: readonly PublicKey[];
  readonly labels: Readonly<Record<string, string>>;
}

/** What a list holds and cannot be used. */
export interface PassedOver {
  readonly what: string;
  readonly why: string;
}

/** `name` is one of the policy now, each once. */
export interface HostList {
  readonly kind: 'inventory' | 'known_hosts' | 'json';
  readonly hosts: readonly Listed[];
  readonly passedOver: readonly PassedOver[];
}

const LARGEST = 1024 * 1024;

/**
 * Reads a list. `named` gives the policy's own name of an address, where it has one.
 * Throws `usage` when it is none of the three, or names no server at all.
 */
export function readHostList(
  text: string,
  label: string,
  named: (address: string, port: number) => string | undefined,
): HostList {
  if (text.length > LARGEST) throw new Failure('usage', `${label} is larger than ${LARGEST} bytes: no list of servers`);
  const { kind, hosts, passedOver } = readAny(text, label);
  if (hosts.length === 0) {
    throw new Failure(
      'usage',
      `${label} names no server${passedOver.length === 0 ? '' : `: ${passedOver[0]?.what}: ${passedOver[0]?.why}`}`,
      {
        next: 'give an Ansible inventory (INI or YAML), a known_hosts file, or JSON: [{"name": "web-1", "address": "10.0.0.1"}]',
      },
    );
  }
  return { kind, ...withNames(hosts, passedOver, named) };
}

function readAny(text: string, label: string): HostList {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(#|;|$)/.test(line));
  const json = asJson(text);
  if (json !== undefined) return { kind: 'json', ...readJson(json, label) };
  if (lines.some((line) => /^(@\S+\s+)?\S+\s+(ssh-|ecdsa-|sk-)\S+\s+AAAA/.test(line)))
    return { kind: 'known_hosts', ...readKnownHosts(lines) };
  const isYaml = /^(---|[\w.-]+:(\s|$))/.test(lines[0] ?? '');
  return { kind: 'inventory', ...(isYaml ? readYamlInventory(text, label) : readIniInventory(text)) };
}

function asJson(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined; // an INI file begins with a bracket, too
  }
}

type Hosts = Pick<HostList, 'hosts' | 'passedOver'>;

function readJson(value: unknown, label: string): Hosts {
  if (!Array.isArray(value))
    throw new Failure('usage', `${label}: a list stands at the top: [{"name": "web-1", "address": "10.0.0.1"}]`);
  const hosts: Listed[] = [];
  const passedOver: PassedOver[] = [];
  for (const [index, entry] of value.entries()) {
    const found = jsonHost(typeof entry === 'string' ? { name: entry } : entry);
    if (typeof found === 'string') passedOver.push({ what: `entry ${index + 1}`, why: found });
    else hosts.push(found);
  }
  return { hosts, passedOver };
}

const FIELDS = new Set(['name', 'address', 'port', 'user', 'hostKeys', 'labels']);

function jsonHost(entry: unknown): Listed | string {
  if (typeof entry !== 'object' || entry === null) return 'neither a name nor an object';
  const { name, address = name, port, user, hostKeys = [], labels = {} } = entry as Record<string, unknown>;
  const unknown = Object.keys(entry).find((key) => !FIELDS.has(key));
  if (unknown !== undefined) return `unknown field ${unknown}; there are ${[...FIELDS].join(', ')}`;
  if (typeof name !== 'string' || typeof address !== 'string') return 'it has no name';
  if (port !== undefined && !(Number.isInteger(port) && (port as number) > 0 && (port as number) < 65_536))
    return 'port is a number from 1 to 65535';
  if (user !== undefined && typeof user !== 'string') return 'user is text';
  if (!isTexts(labels)) return 'labels are words: {"role": "web"}';
  const keys = (Array.isArray(hostKeys) ? (hostKeys as readonly unknown[]) : [hostKeys]).map((line) =>
    readPublicKey(String(line)),
  );
  const bad = keys.find((key) => !key.ok);
  if (bad?.ok === false) return `a host key: ${bad.message}`;
  const good = keys.flatMap((key) => (key.ok ? [key.key] : []));
  return {
    name,
    address,
    ...(port === undefined ? {} : { port: port as number }),
    ...(user === undefined ? {} : { user }),
    hostKeys: good,
    labels,
  };
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return typeof value === 'object' && value !== null && Object.values(value).every((one) => typeof one === 'string');
}

/** The keys of one address stand on several lines; of several names of one line the first names it. sshd(8). */
function readKnownHosts(lines: readonly string[]): Hosts {
  const hosts = new Map<string, Listed>();
  const passedOver: PassedOver[] = [];
  for (const line of lines) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') === true ? words.shift() : undefined;
    const [names = '', ...key] = words;
    const first = names.split(',')[0] ?? '';
    const [, address = first, port = '22'] = /^\[([^\]]+)\]:(\d+)$/.exec(first) ?? [];
    const reading = readPublicKey(key.slice(0, 2).join(' '));
    const why = knownHostFault(marker, first, reading.ok ? undefined : reading.message);
    if (why !== undefined) passedOver.push({ what: names.slice(0, 60), why });
    else if (reading.ok) {
      const known = hosts.get(`${address} ${port}`) ?? {
        name: address,
        address,
        port: Number(port),
        hostKeys: [],
        labels: {},
      };
      hosts.set(`${address} ${port}`, { ...known, hostKeys: [...known.hostKeys, reading.key] });
    }
  }
  return { hosts: [...hosts.values()], passedOver };
}

function knownHostFault(marker: string | undefined, name: string, key: string | undefined): string | undefined {
  if (marker !== undefined) return `${marker} is no server`;
  if (name.startsWith('|')) return 'its name is hashed, and cannot be read back: name the server in an inventory or a JSON list, and this key is found by the name in known_hosts';
  if (/[*?!]/.test(name)) return 'a pattern';
  return key;
}

/** The policy's own name of an address; else the first part of the host's name; else all of it. */
function withNames(
  hosts: readonly Listed[],
  before: readonly PassedOver[],
  named: (address: string, port: number) => string | undefined,
): Hosts {
  const passedOver = [...before];
  const taken = new Map<string, Listed>();
  const short = (name: string): string =>
    /^[\d.]+$/.test(name) ? name.replaceAll('.', '-') : (name.toLowerCase().split('.')[0] ?? '');
  const shared = (name: string): boolean => hosts.filter((other) => short(other.name) === short(name)).length > 1;
  for (const host of hosts) {
    const address = host.address.toLowerCase();
    const whole = host.name.toLowerCase().replaceAll(/[.:]/g, '-');
    const name = named(address, host.port ?? 22) ?? (shared(host.name) ? whole : short(host.name));
    if (!isHost(address))
      passedOver.push({ what: host.name, why: `${host.address} is no host name and no IP address` });
    else if (!isName(name))
      passedOver.push({ what: host.name, why: 'no name for the policy can be made of it: give it one in a JSON list' });
    else if (taken.has(name)) passedOver.push({ what: host.name, why: `${name} stands there twice` });
    else taken.set(name, { ...host, name, address, ...(host.name.toLowerCase() === address ? {} : { alias: host.name }) });
  }
  return { hosts: [...taken.values()], passedOver };
}
