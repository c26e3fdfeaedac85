/**
 * Who reaches what as one page that needs nothing else: no request, no font, no library. Its content security policy
 * allows the one style and the one script in it, by their hashes, and nothing more. It reads as cards on a phone, on paper
 * and without its script.
 */
import { createHash } from 'node:crypto';
import { formatInstant } from '../core/access/index.ts';
import type { AccessDetail } from '../verbs/access-detail.ts';
import type { HeardThen } from '../verbs/access-targets.ts';
import type { AccessReport } from '../verbs/access.ts';
import { SCRIPT, STYLE } from './access-page.ts';
import { headText } from './access-text.ts';
import { allowWords, confirmedWords, credentialWords, ruleWords, sinceWords, sudoWords, unknownWaysLines, wayWords } from './access-words.ts';
import { PLAIN, tame } from './style.ts';

/** HTML that was made here; everything else goes through `text`. */
interface Html {
  readonly html: string;
}
type Column<T> = readonly [name: string, cell: (one: T) => readonly Html[], kind?: 'name'];

export function accessHtml(report: AccessReport): string {
  const { read, person, access, without, waysIn, targets } = report;
  const title = `Who reaches what: ${read.organization}${person === undefined ? '' : `, ${person.handle}`}`;
  const [first = '', ...warnings] = headText(read, { ...PLAIN, width: 10_000 }).split('\n');
  const names = without.map(
    ({ handle, left }) => `${handle}${left === undefined ? '' : ` (left ${formatInstant(left).slice(0, 10)})`}`,
  );
  const body = [
    `<h1>${text(title).html}</h1>`,
    `<p>${text(first).html}</p>`,
    ...warnings.map(
      (line) => `<p${line.startsWith('!') ? ' class="warn"' : ''}>${text(line.replace(/^! /, '')).html}</p>`,
    ),
    `<p class="dim">At ${text(formatInstant(read.moment)).html}. Names and rules stand in the policy, all else in signed manifests.</p>`,
    '<label hidden>Show only lines with these words<input id="filter" type="search" autocomplete="off"></label><p id="shown" class="dim" role="status"></p>',
    section(`Granted (${access.length})`, access, ACCESS, 'Nobody reaches any of it.'),
    section(`Beside keyward, never changed by it (${waysIn.length})`, waysIn, WAYS, 'None is known.'),
    ...unknownWaysLines(report).map((line) => `<p class="warn">${text(line).html}</p>`),
    section(`Targets (${targets.length})`, targets, TARGETS, 'None.'),
    `<h2>Who reaches none of it (${without.length})</h2><p>${text(names.length === 0 ? 'Nobody else is in the policy.' : names.join(', ')).html}</p>`,
  ];
  return page(plain(title), body.join('\n'));
}

function page(title: string, body: string): string {
  const hash = (content: string): string => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
  const policy = `default-src 'none'; style-src ${hash(STYLE)}; script-src ${hash(SCRIPT)}; base-uri 'none'; form-action 'none'`;
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    `<title>${title}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    `<body>\n${body}\n<script>${SCRIPT}</script>\n</body>`,
    '</html>',
  ].join('\n');
}

const ACCESS: readonly Column<AccessDetail>[] = [
  [
    'Person',
    ({ person, revoked }) => [
      text(person),
      ...(revoked === undefined ? [] : [warn(`revoked ${formatInstant(revoked.time)} by ${revoked.by}`)]),
    ],
    'name',
  ],
  ['Target', ({ target }) => [text(target)], 'name'],
  ['Account', ({ account }) => [text(account)]],
  ['May', mayCell],
  ['Keys', (one) => [...[...new Set(one.keys.map(({ fingerprint }) => fingerprint))].map(code), ...credentialWords(one).map(text)]],
  ['Until', ({ until }) => [text(until === undefined ? 'no end' : formatInstant(until))]],
  ['Since', (one) => [text(sinceWords(one))]],
  ['By rule', (one) => ruleWords(one).map(text)],
  [
    'Target’s answer',
    ({ confirmed }) => [
      confirmed?.state === 'confirmed' ? text(confirmedWords(confirmed)) : warn(confirmedWords(confirmed)),
    ],
  ],
];

function mayCell(one: AccessDetail): readonly Html[] {
  const { keys, rights } = one;
  const commands = [...new Set(keys.flatMap(({ command }) => command ?? []))];
  const login = keys.length === 0 ? [] : [commands.length > 0 ? `run only ${commands.join(', ')}` : 'log in'];
  const from = [...new Set(keys.flatMap((key) => key.from ?? []))];
  return [
    text([...login, ...new Set(keys.flatMap(allowWords))].join(', ')),
    ...(from.length === 0 ? [] : [text(`from ${from.join(' ')}`)]),
    ...sudoWords(one).map((words) => text(`sudo as ${words}`)),
    ...rights.map(({ what, value }) => text(`${what} ${value}`)),
  ].filter(({ html }) => html !== '');
}

const WAYS: readonly Column<AccessReport['waysIn'][number]>[] = [
  ['Target', ({ target }) => [text(target)], 'name'],
  ['Kind', ({ kind }) => [text(kind)]],
  ['Account', ({ account }) => [text(account ?? '')]],
  ['What', ({ subject, comment }) => [code(subject), ...(comment === undefined ? [] : [text(comment)])]],
  ['Whose', ({ owner }) => [text(owner ?? '')]],
  [
    'State',
    (way) => [way.state === 'accepted' ? text('accepted') : warn('not accepted'), text(wayWords(way))],
  ],
];

const TARGETS: readonly Column<AccessReport['targets'][number]>[] = [
  ['Target', ({ name }) => [text(name)], 'name'],
  ['Kind', ({ kind }) => [text(kind)]],
  [
    'Address, by the policy',
    ({ address, port }) => [text(address === undefined ? '' : `${address}${port === 22 ? '' : ` port ${port ?? ''}`}`)],
  ],
  ['Id', ({ id }) => [code(id)]],
  ['Last answer', ({ heard }) => [heard?.state === 'heard' ? text(heardWords(heard)) : warn(heardWords(heard))]],
];

function heardWords(heard: HeardThen | undefined): string {
  if (heard === undefined) return 'not asked';
  if (heard.state === 'never-heard') return 'never heard from';
  if (heard.state !== 'heard') return `${heard.state === 'unknown' ? 'unknown' : 'not believed'}: ${heard.why}`;
  return `release ${heard.release}, ${formatInstant(heard.time)}${heard.proof === 'signed' ? '' : ', unsigned'}`;
}

function section<T>(title: string, all: readonly T[], columns: readonly Column<T>[], none: string): string {
  if (all.length === 0) return `<h2>${text(title).html}</h2><p>${text(none).html}</p>`;
  const head = columns.map(([name]) => `<th scope="col"><button type="button">${name}</button></th>`).join('');
  const rows = all.map((one) => `<tr>${columns.map((column) => cell(column, one)).join('')}</tr>`);
  return `<h2>${text(title).html}</h2>\n<table><thead><tr>${head}</tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function cell<T>([name, cellOf, kind]: Column<T>, one: T): string {
  const parts = cellOf(one).filter(({ html }) => html !== '');
  const shown = parts.map(({ html }) => `<div>${html}</div>`).join('');
  const classes = [kind ?? '', parts.length === 0 ? 'none' : ''].filter((word) => word !== '').join(' ');
  return `<td data-name="${name}"${classes === '' ? '' : ` class="${classes}"`}>${parts.length === 0 ? '' : `<div>${shown}</div>`}</td>`;
}

/** Moments stay in one piece; where there is little room they break behind the day. */
function text(words: string): Html {
  return { html: plain(words).replace(/(\d{4}-\d\d-\d\d)(T\d\d:\d\d:\d\dZ)/g, '<time><span>$1</span><span>$2</span></time>') };
}

function plain(words: string): string {
  return tame(words)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function code(words: string): Html {
  return { html: `<code>${text(words).html}</code>` };
}

function warn(words: string): Html {
  return { html: `<span class="warn">${text(words).html}</span>` };
}
