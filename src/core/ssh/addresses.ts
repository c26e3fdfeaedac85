/**
 * Addresses, networks and host names, as far as sshd reads them in the options of a key: every form by a list of what
 * is allowed, so that nothing here can hold a comma, a quote, a blank, a wildcard or a negation.
 */

/** RFC 1123 host name, lower case; its last label is no number, so 10.0.4.300 is none. */
const HOST = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** The bytes of an IPv4 address in its one spelling: no leading zeros. */
function ipv4(text: string): readonly number[] | undefined {
  const parts = text.split('.');
  const sound = parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return sound ? parts.map(Number) : undefined;
}

/** The bytes of an IPv6 address (RFC 4291 section 2.2), lower case, without a zone. */
function ipv6(text: string): readonly number[] | undefined {
  if (!/^[0-9a-f:.]{2,45}$/.test(text)) return undefined;
  const halves = text
    .split('::')
    .map((half, i, all) => (half === '' ? [] : words(half.split(':'), i === all.length - 1)));
  const [front, back] = halves;
  if (front === undefined || halves.length > 2 || halves.includes(undefined)) return undefined;
  if (halves.length === 1) return front.length === 16 ? front : undefined;
  const length = front.length + (back?.length ?? 0);
  return length > 14 ? undefined : [...front, ...Array.from({ length: 16 - length }, () => 0), ...(back ?? [])];
}

/** The bytes of groups of four hex digits; the very last may be an IPv4 address. */
function words(parts: readonly string[], atEnd: boolean): readonly number[] | undefined {
  const bytes: number[] = [];
  for (const [i, part] of parts.entries()) {
    const last = atEnd && i === parts.length - 1 ? ipv4(part) : undefined;
    if (last !== undefined) bytes.push(...last);
    else if (/^[0-9a-f]{1,4}$/.test(part)) bytes.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 255);
    else return undefined;
  }
  return bytes;
}

/** An IPv4 or IPv6 address without brackets or zone. */
export function isIpAddress(text: string): boolean {
  return ipv4(text) !== undefined || ipv6(text) !== undefined;
}

/** A host name or an IP address. */
export function isHost(text: string): boolean {
  return isIpAddress(text) || HOST.test(text);
}

/**
 * `host:port` as sshd's permitopen takes it, an IPv6 address in brackets, no wildcard. sshd compares it letter by
 * letter with what a client asks for, so another spelling of the same address is another target.
 */
export function isHostPort(text: string): boolean {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^[\]:]+)):([1-9]\d{0,4})$/.exec(text);
  if (match === null || Number(match[3]) > 65535) return false;
  return match[1] === undefined ? isHost(match[2] ?? '') : ipv6(match[1]) !== undefined;
}

/** What is wrong with an address or a network in CIDR form, and what to write; undefined: nothing. */
export function networkFault(text: string): { readonly message: string; readonly suggestion?: string } | undefined {
  const [address = '', length, ...rest] = text.split('/');
  const bytes = ipv4(address) ?? ipv6(address);
  if (bytes === undefined || rest.length > 0) {
    return {
      message: 'This is no IP address and no network',
      suggestion: 'Write one like 203.0.113.7, 203.0.113.0/24 or 2001:db8::/32.',
    };
  }
  if (length === undefined) return undefined;
  const most = bytes.length * 8;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > most) {
    return { message: `The length after / must be 0 to ${most}` };
  }
  const network = bytes.map((byte, i) => byte & (0xff << Math.max(0, 8 - Math.max(0, Number(length) - i * 8))) & 0xff);
  if (network.every((byte, i) => byte === bytes[i])) return undefined;
  // sshd refuses the whole list, and with it the key, for one such network.
  return {
    message: `${text} has bits set beyond its length`,
    suggestion: `Write ${spell(network)}/${length}, or the address alone.`,
  };
}

function spell(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const zeros = groups
    .join(':')
    .match(/(?<![^:])0(?::0)+(?![^:])/g)
    ?.sort((a, b) => b.length - a.length)[0];
  return zeros === undefined ? groups.join(':') : groups.join(':').replace(new RegExp(`(?:^|:)${zeros}(?:$|:)`), '::');
}
