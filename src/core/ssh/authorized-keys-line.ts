/**
 * The lines of an authorized_keys file (sshd(8)): the only place where a key's options are made, and the one that
 * reads whatever lies on a server.
 *
 * Writing: everything by allow-list, in one fixed order, so that one meaning has one spelling:
 *   restrict, pty, agent-forwarding, X11-forwarding, port-forwarding, permitopen="…" (each), permitlisten="…",
 *   from="…", command="…"
 * The receiver puts `expiry-time="…",` in front where a grant ends; nothing else is ever added to a line.
 *
 * Reading: as sshd 9.2 was seen to read, where it is more lenient than it says: blanks of any kind inside the base64
 * are passed over, so a key spelled that way is still a way in. Reading says what is there, not whether it is good.
 */
import { Failure } from '../failure.ts';
import { isHostPort, networkFault } from './addresses.ts';
import { readPublicKey } from './public-key.ts';
import type { KeyReading, PublicKey } from './public-key.ts';
import { decodeBase64, encodeBase64, Malformed, Reader } from './wire.ts';

/** What a key may do beyond running a command; what is not said is refused. The shape of a grant's `allow`. */
interface KeyAllowance {
  readonly pty: boolean;
  readonly agentForwarding: boolean;
  readonly x11: boolean;
  /** `host:port` a local forwarding may reach, an IPv6 address in brackets; none means no forwarding at all. */
  readonly forwardTo: readonly string[];
}

export interface KeyLimits {
  readonly allow: KeyAllowance;
  /** Addresses and networks it may come from; absent: from anywhere. */
  readonly from?: readonly string[] | undefined;
  /** The one command it runs, whatever is asked for. */
  readonly command?: string | undefined;
}

/**
 * sshd knows no "forwarding one way only". A listener on port 1 is the one that may be asked for, and sshd opens no
 * port below 1024 for an account other than root (session.c, bind_permitted), which no managed account is. So no
 * listener is possible on any port or address. `permitlisten="none"` makes sshd refuse the whole line. What no option
 * of a line can refuse is a Unix socket as listener (`-R /path:host:port`): that takes `AllowStreamLocalForwarding no`
 * in the settings of the server, for managed accounts.
 */
const NO_LISTENING = 'permitlisten="localhost:1"';

/** Far above what a person writes, far below what makes a line longer than the 16 KiB that older sshd read. */
export const MOST_ENTRIES = 64;
const LONGEST_COMMAND = 1024;

/** What is wrong with a fixed command, as the end of a sentence; undefined: nothing. */
export function keyCommandFault(command: string): string | undefined {
  if (command.trim() === '') return 'is empty';
  if (/[^ -~]/.test(command)) return 'holds a character that is not printable ASCII';
  if (command !== command.trim()) return 'has a blank at one of its ends';
  // Between quotes sshd knows one escape, \", and everything else stands for itself. Without a quote inside and a
  // backslash at the end there is nothing that two readers could take differently.
  if (command.includes('"')) return 'holds a double quote: use single quotes, or put it into a script and name that';
  if (command.endsWith('\\')) return 'ends with a backslash, which would take in the closing quote';
  return command.length > LONGEST_COMMAND ? `is longer than ${LONGEST_COMMAND} characters` : undefined;
}

/**
 * The line of one key: options, type, base64, no comment. Entries of lists are sorted and stand once. Throws
 * `Failure` of code `policy` for a value that may not stand in a line; the policy finds those first, with the place.
 */
export function renderKeyLine(key: PublicKey, limits: KeyLimits): string {
  return `${keyOptions(limits).join(',')} ${key.line}`;
}

function keyOptions({ allow, from, command }: KeyLimits): readonly string[] {
  const targets = entries('forward-to', allow.forwardTo);
  const sources = from === undefined ? undefined : entries('from', from);
  for (const target of targets) must(isHostPort(target), 'A target to forward to is no host:port.');
  for (const source of sources ?? []) must(networkFault(source) === undefined, 'An address to come from is none.');
  // An empty list would render as an option that holds for everybody or nobody; neither was meant.
  must(sources === undefined || sources.length > 0, 'The list of addresses to come from is empty.');
  const fault = command === undefined ? undefined : keyCommandFault(command);
  must(fault === undefined, `The command ${fault ?? ''}.`);
  const quoted = (name: string, value: string): string => `${name}="${value}"`;
  return [
    'restrict',
    ...(allow.pty ? ['pty'] : []),
    ...(allow.agentForwarding ? ['agent-forwarding'] : []),
    ...(allow.x11 ? ['X11-forwarding'] : []),
    ...(targets.length > 0 ? ['port-forwarding'] : []),
    ...targets.map((target) => quoted('permitopen', target)),
    ...(targets.length > 0 ? [NO_LISTENING] : []),
    ...(sources === undefined ? [] : [quoted('from', sources.join(','))]),
    ...(command === undefined ? [] : [quoted('command', command)]),
  ];
}

function entries(what: string, list: readonly string[]): readonly string[] {
  const sorted = [...new Set(list)].sort();
  must(sorted.length <= MOST_ENTRIES, `There are more than ${MOST_ENTRIES} entries in ${what}.`);
  return sorted;
}

function must(holds: boolean, message: string): void {
  if (!holds) throw new Failure('policy', message, { next: 'Run `keyward check`: it names the line.' });
}

/** One option as it stands: its name in lower case, and the value without its quotes where it has one. */
export interface KeyOption {
  readonly name: string;
  readonly value?: string;
}

/** What one line of an authorized_keys file is to sshd. */
export type KeyLineReading =
  /** Blank, or a comment. */
  | { readonly kind: 'nothing' }
  /** No key that sshd could read; it passes over such a line. */
  | { readonly kind: 'no-key' }
  | {
      readonly kind: 'key';
      readonly options: readonly KeyOption[];
      /** A line `cert-authority …` lets in everybody whom this key certifies. */
      readonly authority: boolean;
      readonly type: string;
      /** The raw key, also of those that keyward would not let in: it is a way in all the same. */
      readonly blob: Uint8Array;
      /** What keyward thinks of the key itself. */
      readonly key: KeyReading;
      readonly comment: string;
    };

/** Reads one line of any authorized_keys file, without its line end. Never throws. */
export function parseAuthorizedKeysLine(line: string): KeyLineReading {
  // C strings: sshd sees nothing after a NUL.
  const text = (line.split('\0')[0] ?? '').replace(/^[ \t]+/, '');
  if (text === '' || text.startsWith('#') || /^[\r\n]/.test(text)) return { kind: 'nothing' };
  const plain = readKey(text);
  if (plain !== undefined) return { kind: 'key', options: [], authority: false, ...plain };
  const end = optionsEnd(text);
  const found = end === undefined ? undefined : readKey(text.slice(end).replace(/^[ \t]+/, ''));
  if (found === undefined) return { kind: 'no-key' };
  const options = splitOptions(text.slice(0, end));
  return { kind: 'key', options, authority: options.some((option) => option.name === 'cert-authority'), ...found };
}

function readKey(
  text: string,
): Pick<KeyLineReading & { kind: 'key' }, 'type' | 'blob' | 'key' | 'comment'> | undefined {
  const [type = '', base64 = '', ...rest] = text.split(/[ \t]+/);
  // Longer than any key sshd holds: not decoded.
  if (base64.length > 16 * 1024) return undefined;
  try {
    const blob = decodeBase64(base64.replace(/[\r\n\v\f]/g, ''));
    if (new Reader(blob).text() !== type) return undefined;
    return { type, blob, key: readPublicKey(`${type} ${encodeBase64(blob)}`), comment: rest.join(' ').trim() };
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Where the options end: at the first blank outside quotes. Undefined: a quote stays open. */
function optionsEnd(text: string): number | undefined {
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (char === '\\' && text[i + 1] === '"') i++;
    else if (char === '"') quoted = !quoted;
    else if (!quoted && (char === ' ' || char === '\t')) return i;
  }
  return undefined;
}

function splitOptions(text: string): readonly KeyOption[] {
  return [...text.matchAll(/([^,="]+)(?:="((?:\\"|[^"])*)")?/g)].map(([, name = '', value]) => ({
    name: name.toLowerCase(),
    ...(value === undefined ? {} : { value: value.replaceAll('\\"', '"') }),
  }));
}
