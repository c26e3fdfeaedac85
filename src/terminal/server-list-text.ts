/** The servers of an organization, for people. */
import { formatInstant } from '../core/access/index.ts';
import type { ServerListed, ServerListReport } from '../verbs/lists.ts';
import { count, type Style, tame, wrap } from './style.ts';
import { table } from './table.ts';

export function serverListText({ organization, release, servers }: ServerListReport, style: Style): string {
  const from = release === undefined ? 'no release is signed yet' : `by release ${release}`;
  const head = wrap(`${tame(organization)}: ${count(servers.length, 'server')}, ${from}`, style.width, '  ');
  if (servers.length === 0) return `${head}\n\`keyward server enroll\` adds one.`;
  return `${head}\n\n${table(servers.map(row), style, { head: ['server', 'address', 'people', 'release', 'labels'] })}`;
}

function row({ name, address, port, people, labels, state, removed, heard }: ServerListed): readonly string[] {
  const where = address === undefined ? '-' : `${tame(address)}${port === 22 ? '' : `:${port}`}`;
  const has = heard?.release === undefined ? (heard?.state === 'not-believed' ? '!' : '-') : String(heard.release);
  const words = [
    Object.entries(labels)
      .map(([label, value]) => `${tame(label)}=${tame(value)}`)
      .join(' '),
    state === 'unsigned' ? 'in no release yet' : '',
    state === 'no-line' ? 'no line in the policy any more' : '',
    removed === undefined ? '' : `removed ${formatInstant(removed).slice(0, 10)}`,
    heard?.state === 'never-heard' ? 'never heard from' : '',
    heard?.state === 'not-believed' ? 'its receipt is not believed' : '',
  ];
  return [
    tame(name),
    where,
    state === 'unsigned' ? '-' : String(people),
    has,
    words.filter((part) => part !== '').join('; '),
  ];
}
