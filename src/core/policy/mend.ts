/**
 * A policy file that is no YAML any more (half typed, in a merge): those entries of its people and targets that are YAML
 * by themselves. For reading handles and addresses in an emergency only: what is left out may have meant anything.
 */
import { readYaml } from './yaml-text.ts';
import { Report } from './report.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';

const SECTION = /^(employees|machines|servers|providers):\s*(?:\{\s*\})?\s*(?:#.*)?$/;
/** What git writes between the two sides of a merge; both sides are read. */
const MARKER = /^(?:<{7}|\|{7}|={7}|>{7})(?: |$)/;

/** The bytes as they are where they are YAML, or no text. */
export function mended(file: string, bytes: Uint8Array): Uint8Array {
  const decoded = decodeUtf8(bytes);
  if (!decoded.ok || isYaml(file, bytes)) return bytes;
  const lines = decoded.text.split('\n').map((line) => line.replace(/\r$/, '')).filter((line) => !MARKER.test(line));
  const sections = new Map<string, string[]>();
  let own: string[] | undefined;
  for (const line of lines) {
    const name = SECTION.exec(line)?.[1];
    if (name !== undefined) sections.set(name, (own = sections.get(name) ?? []));
    else if (/^[^\s#]/.test(line)) own = undefined;
    else own?.push(line);
  }
  const kept = [...sections].map(([name, body]) => [`${name}:`, ...entriesOf(body).filter(isWhole(file, name))].join('\n'));
  return encodeUtf8(`${kept.join('\n')}\n`);
}

/** Each entry with the lines that are indented further than its own; of two of one name the first. */
function entriesOf(body: readonly string[]): readonly string[] {
  const indents = body.flatMap((line) => (/^( +)[^\s#]/.exec(line)?.[1] ?? '').length || []);
  const own = Math.min(...indents);
  const entries: string[][] = [];
  for (const line of body) {
    const begins = /^( +)[^\s#]/.exec(line)?.[1]?.length === own;
    if (begins) entries.push([line]);
    else entries.at(-1)?.push(line);
  }
  const named = new Map(entries.map((entry) => [entry[0]?.split(':')[0] ?? '', entry]).reverse() as [string, string[]][]);
  return [...named.values()].reverse().map((entry) => entry.join('\n'));
}

function isWhole(file: string, section: string): (entry: string) => boolean {
  return (entry) => isYaml(file, encodeUtf8(`${section}:\n${entry}\n`));
}

function isYaml(file: string, bytes: Uint8Array): boolean {
  return readYaml(file, bytes, new Report()) !== undefined;
}
