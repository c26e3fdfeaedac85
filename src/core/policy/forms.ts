/** Forms of what people write besides names: addresses, networks, sudo commands. Each by a list of what is allowed. */

import { sudoCommandFault } from '../access/index.ts';

/** RFC 1123 host name, lower case. */
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/;
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}$/;

/** Four numbers without leading zeros, or undefined. */
function ipv4Words(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) return undefined;
  return [0, 2].map((i) => Number(parts[i]) * 256 + Number(parts[i + 1]));
}

/** RFC 4291: eight words of 16 bits, lower case; no zone. */
function ipv6Words(text: string): readonly number[] | undefined {
  if (!/^[0-9a-f:.]{2,45}$/.test(text) || text.split('::').length > 2) return undefined;
  const halves = text.split('::').map((half) => (half === '' ? [] : half.split(':')));
  const words: (readonly number[] | undefined)[] = halves.map((parts) => wordsOf(parts));
  const [front, back] = words;
  if (front === undefined || (halves.length === 2 && back === undefined)) return undefined;
  const length = front.length + (back?.length ?? 0);
  if (halves.length === 1) return length === 8 ? front : undefined;
  return length > 7 ? undefined : [...front, ...Array.from({ length: 8 - length }, () => 0), ...(back ?? [])];
}

function wordsOf(parts: readonly string[]): readonly number[] | undefined {
  const words: number[] = [];
  for (const [i, part] of parts.entries()) {
    const v4 = i === parts.length - 1 && part.includes('.') ? ipv4Words(part) : undefined;
    if (v4 !== undefined) words.push(...v4);
    else if (/^[0-9a-f]{1,4}$/.test(part)) words.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return words;
}

export function isIpAddress(text: string): boolean {
  return ipv4Words(text) !== undefined || ipv6Words(text) !== undefined;
}

/** A host name, or an IP address without brackets or zone. Something like 10.0.4.300 is neither. */
export function isHost(text: string): boolean {
  return isIpAddress(text) || (HOST.test(text) && !/^[0-9.]*$/.test(text) && !/(?:^|\.)\d+$/.test(text));
}

/** `host:port` as sshd's permitopen takes it; an IPv6 address stands in brackets. */
export function isHostPort(text: string): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+)):([1-9]\d{0,4})$/.exec(text);
  if (match === null || Number(match[3]) > 65535) return false;
  return match[1] === undefined ? isHost(match[2] ?? '') : ipv6Words(match[1]) !== undefined;
}

/** What is wrong with an address or a network in CIDR form, and on a second line what it should be; undefined: nothing. */
export function networkFault(text: string): string | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const words = ipv4Words(address) ?? ipv6Words(address);
  if (words === undefined || rest.length > 0) return 'This is no IP address and no network\nWrite one like 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.';
  if (length === undefined) return undefined;
  const most = words.length * 16;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > most) return `The length after / must be 0 to ${most}`;
  const bits = Number(length);
  const network = words.map((word, i) => word & (0xffff << Math.max(0, 16 - Math.max(0, bits - i * 16))) & 0xffff);
  if (network.every((word, i) => word === words[i])) return undefined;
  // sshd refuses the whole list for such a network.
  return `${text} has bits set beyond its length\nWrite ${spell(network)}/${bits}, or the address alone.`;
}

/** Whether a network holds every address, so that it limits nothing. */
export function isEverywhere(text: string): boolean {
  return text.endsWith('/0') && networkFault(text) === undefined;
}

function spell(words: readonly number[]): string {
  if (words.length === 2) return words.flatMap((word) => [word >> 8, word & 255]).join('.');
  const whole = words.map((word) => word.toString(16)).join(':');
  return whole.replace(/(?:^|:)0(?::0)+(?:$|:)/, '::');
}

/** A fingerprint as `ssh-keygen -l` prints it. */
export function isFingerprint(text: string): boolean {
  return FINGERPRINT.test(text);
}

/** What is wrong with a command in the list of a sudo rule. */
export function commandFault(text: string): string | undefined {
  return text === 'ALL' ? 'Everything is commands: ALL, without a list' : sudoCommandFault(text)?.replace(/\.$/, '');
}

/** What is wrong with the one command of a rule's `command`. */
export function fixedCommandFault(text: string): string | undefined {
  if (text.trim() === '') return 'It is empty';
  if (/[^ -~]/.test(text)) return 'It holds a character that is not printable ASCII';
  if (text !== text.trim()) return 'A blank stands at one of its ends';
  return text.length > 1024 ? 'It is longer than 1,024 characters' : undefined;
}
