/** Who reaches what as CSV, as a page, and as what ssh reads: structure, and texts that would like to be more than texts. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { accessCsv } from '../../src/terminal/access-csv.ts';
import { accessHtml } from '../../src/terminal/access-html.ts';
import { knownHosts, sshConfig } from '../../src/terminal/access-ssh.ts';
import { accessText } from '../../src/terminal/access-text.ts';
import { PLAIN } from '../../src/terminal/style.ts';
import type { AccessReport } from '../../src/verbs/access.ts';
import type { AccessDetail } from '../../src/verbs/access-detail.ts';

const KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ';
const EVIL = `x"'><script>alert(1)</script><img src=//evil.example/i.png>&amp;`;
const hash = 'ab'.repeat(32);

function detail(more: Partial<AccessDetail> = {}): AccessDetail {
  return {
    person: 'bob',
    personId: 'emp_1',
    target: 'web-1',
    targetId: 'srv_1',
    account: 'bsmith',
    since: { release: 2, issued: 1_790_841_600 as never, signedBy: ['alice'] },
    by: { kind: 'rules', rules: [{ name: 'web tier', place: { file: 'access-policy.yaml', line: 9, column: 3 } }] },
    keys: [
      {
        fingerprint: 'SHA256:abc',
        type: 'ssh-ed25519',
        allow: { pty: true, agentForwarding: false, x11: false, forwardTo: [] },
        revoked: false,
      },
    ],
    sudo: [{ runAs: 'root', command: '/usr/bin/id' }],
    rights: [],
    confirmed: { state: 'confirmed', release: 2, time: 1_790_841_700 as never, proof: 'signed' },
    ...more,
  };
}

function report(access: readonly AccessDetail[], more: Partial<AccessReport> = {}): AccessReport {
  return {
    read: {
      organization: 'acme',
      from: 'release',
      release: {
        number: 2,
        hash,
        issued: 1_790_841_600 as never,
        expires: 1_798_000_000 as never,
        signedBy: ['alice'],
        newest: true,
      },
      policy: 'same',
      compared: true,
      moment: 1_790_841_800 as never,
      servers: 2,
      providers: 0,
      people: 1,
    },
    access,
    without: [],
    targets: [
      { name: 'web-1', id: 'srv_1', kind: 'server', address: 'web-1.example.com', port: 22, hostKeys: [KEY] },
      {
        name: 'db-2',
        id: 'srv_2',
        kind: 'server',
        address: '10.0.4.12',
        port: 2222,
        hostKeys: [KEY],
        heard: { state: 'never-heard' },
      },
    ],
    waysIn: [],
    ...more,
  };
}

/** A reader of RFC 4180 of its own. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted = '', end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    row.push(quoted.replaceAll('""', '"'));
    if (end !== '\r\n') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

it('CSV: every field quoted, one line for each access and each way in, and no field is a formula', () => {
  const starts = ['=1+1', '+1', '-1', '@sum', '\tx', '\rx', ' =1', '＝1', '=HYPERLINK("http://evil.example")'];
  const way = {
    target: 'web-1',
    kind: 'key',
    account: 'root',
    subject: 'SHA256:zzz',
    state: 'unknown',
    seen: true,
    looked: true,
    comment: '=cmd|calc',
  } as const;
  const text = accessCsv(
    report([...starts.map((person) => detail({ person })), detail({ person: 'a,b "c"\nd', target: 'db-2' })], {
      waysIn: [way],
    }),
  );
  const rows = readCsv(text);
  expect(rows).toHaveLength(1 + starts.length + 1 + 1);
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([19]));
  expect(rows.flat().filter((field) => /^\s*[=+\-@＝]|^[\t\r\n]/.test(field))).toEqual([]);
  expect(rows[1]?.[2]).toBe("'=1+1");
  expect(rows.at(-2)?.[2]).toBe('a,b "c"\nd');
  expect(rows.at(-1)?.slice(0, 2)).toEqual(['2', 'beside keyward, not accepted']);
  expect(text.replaceAll(/"(?:[^"]|"")*"/g, '')).toMatch(/^(?:,{18}\r\n)+$/);
});

it('the page: nothing in it is a tag but what was made here, and it asks nobody for anything', () => {
  const evil = detail({
    person: EVIL,
    target: EVIL,
    account: EVIL,
    sudo: [{ runAs: EVIL, command: EVIL }],
    by: { kind: 'rules', rules: [{ name: EVIL, place: { file: EVIL, line: 1 } }] },
    confirmed: { state: 'not-believed', why: EVIL },
  });
  const way = {
    target: EVIL,
    kind: EVIL,
    account: EVIL,
    subject: EVIL,
    state: 'unknown',
    seen: false,
    looked: false,
    comment: EVIL,
    owner: EVIL,
  } as const;
  const without = [{ handle: EVIL, id: 'emp_2', kind: 'employee' as const }];
  const text = accessHtml(
    report([evil], {
      waysIn: [way],
      without,
      targets: [{ name: EVIL, id: EVIL, kind: EVIL, address: EVIL, port: 1, hostKeys: [] }],
    }),
  );
  const tags = [...text.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name = '']) => name.toLowerCase());
  const known = [
    'html',
    'head',
    'meta',
    'title',
    'style',
    'body',
    'h1',
    'h2',
    'p',
    'label',
    'input',
    'table',
    'thead',
    'tbody',
    'tr',
    'th',
    'td',
    'button',
    'div',
    'code',
    'time',
    'span',
    'script',
  ];
  expect(tags.filter((tag) => !known.includes(tag))).toEqual([]);
  expect(tags.filter((tag) => tag === 'script')).toHaveLength(2);
  expect(text.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(15);
  const words = text.replace(/<style>[^]*?<\/style>|<script>[^]*?<\/script>|<[^>]*>/g, '');
  expect(words.match(/["'<>]|&(?!(?:amp|lt|gt|quot|#39);)/g)).toBeNull();
  const [all] = [text.match(/<[a-z][^>]*>/gi) ?? []];
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter((tag) => /\s(?:src|href|on[a-z]+|style|action|srcset|background)=/i.test(tag))).toEqual([]);
  expect(text.match(/url\(|@import|fetch\(|XMLHttp|import\(/)).toBeNull();
});

it('the page: its policy names the hash of exactly the style and the script in it', () => {
  const text = accessHtml(report([detail()]));
  const policy = /Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1] ?? '';
  expect(policy).toContain("default-src 'none'");
  for (const [tag, name] of [
    ['style', 'style-src'],
    ['script', 'script-src'],
  ]) {
    const content = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(text)?.[1] ?? '';
    expect(content.length).toBeGreaterThan(100);
    expect(policy).toContain(`${name} 'sha256-${createHash('sha256').update(content).digest('base64')}'`);
  }
  expect(policy).not.toMatch(/unsafe|\*/);
  const cells = text.match(/<td[^>]*>/g) ?? [];
  expect(cells.length).toBe(9 + 2 * 5);
  expect(cells.every((cell) => /data-name="[^"]+"/.test(cell))).toBe(true);
  expect(text).toContain('confirmed: release 2');
  expect(text).toContain('never heard from');
});

it('ssh-config: a block for each server that is reached, pinned to the signed keys; nothing of a policy becomes an option', () => {
  const person = { handle: 'bob', id: 'emp_1', kind: 'employee' as const };
  const text = sshConfig(report([detail()], { person }));
  expect(text.split('\n').filter((line) => !line.startsWith('#') && line !== '')).toEqual([
    'Host web-1',
    '  HostName web-1.example.com',
    '  Port 22',
    '  User bsmith',
    '  HostKeyAlias web-1.acme.keyward',
    '  UserKnownHostsFile ~/.ssh/keyward-acme.known_hosts',
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '  UpdateHostKeys no',
    '  PreferredAuthentications publickey',
  ]);
  expect(text).toContain('addresses from the policy');
  const targets = [
    { name: 'web-1', id: 'srv_1', kind: 'server', address: 'a\n  ProxyCommand evil', port: 22, hostKeys: [KEY] },
  ];
  expect(sshConfig(report([detail()], { person, targets }))).not.toContain('ProxyCommand');
  expect(knownHosts(report([detail()], { person, targets }))).not.toContain('ProxyCommand');
  const revoked = { name: 'bob-1', by: 'alice', time: 1_790_841_700 as never, heldThere: false };
  expect(sshConfig(report([detail({ revoked })], { person }))).not.toContain('Host web-1');
});

it('known_hosts: the keys of the servers that are reached, by the name of their own and by address', () => {
  const person = { handle: 'bob', id: 'emp_1', kind: 'employee' as const };
  const lines = (text: string): string[] => text.split('\n').filter((line) => !line.startsWith('#'));
  expect(lines(knownHosts(report([detail()], { person })))).toEqual([`web-1.acme.keyward,web-1.example.com ${KEY}`]);
  expect(lines(knownHosts(report([detail()])))).toEqual([
    `web-1.acme.keyward,web-1.example.com ${KEY}`,
    `db-2.acme.keyward,[10.0.4.12]:2222 ${KEY}`,
  ]);
});

it('tells of a login what it is opened with and how old that is, in every format', () => {
  const day = (text: string) => (Date.parse(text) / 1000) as never;
  const one = detail({
    keys: [],
    sudo: [],
    rights: [{ what: 'console', value: 'yes' }],
    credentials: [
      { account: 'bsmith', kind: 'password', active: true, made: day('2026-10-01T09:00:00Z'), used: day('2026-11-24T00:00:00Z') },
      { account: 'bsmith', kind: 'access-key', subject: 'AKIA1234', active: false, made: day('2026-11-20T09:00:00Z') },
    ],
  });
  const person = { handle: 'bob', id: 'emp_1', kind: 'employee' as const };
  for (const text of [accessCsv(report([one])), accessHtml(report([one])), accessText(report([one], { person }), PLAIN)]) {
    const flat = text.replaceAll(/\s+/g, ' ');
    expect(flat).toContain('password made 2026-10-01, last used 2026-11-24');
    expect(flat).toContain('access key AKIA1234, inactive, made 2026-11-20, no use is known');
  }
});
