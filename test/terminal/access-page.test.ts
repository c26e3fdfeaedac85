/**
 * The page of who reaches what as a browser lays it out: cards on a phone, a table that sorts on a desk, nothing wider
 * than the window. Needs Chromium; without it, it is skipped by name.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { accessHtml } from '../../src/terminal/access-html.ts';
import type { AccessReport } from '../../src/verbs/access.ts';
import type { AccessDetail } from '../../src/verbs/access-detail.ts';

const chromium = ['chromium', 'chromium-browser', 'google-chrome'].find((name) => spawnSync(name, ['--version']).status === 0);
const folder = mkdtempSync(join(tmpdir(), 'keyward-page-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LONG = 'a-name-of-thirty-two-characters-x';
const MOMENT = 1_790_841_600;

function detail(person: string, target: string): AccessDetail {
  const fingerprint = 'SHA256:rdi8encfKGLPEqgiUAse7ozaG7BeI4GsuHEMmmeht3M';
  const allow = { pty: true, agentForwarding: true, x11: false, forwardTo: ['db-2.internal.example.com:5432'] };
  return {
    ...{ person, personId: 'emp_1', target, targetId: 'srv_1', account: person, rights: [], until: MOMENT as never },
    since: { release: 2, issued: MOMENT as never, signedBy: ['alice', 'dana'] },
    by: { kind: 'rules', rules: [{ name: 'platform runs the web tier', place: { file: 'access-policy.yaml', line: 90, column: 11 } }] },
    keys: [{ fingerprint, type: 'ssh-ed25519', allow, revoked: false }],
    sudo: [{ runAs: 'root', command: '/usr/bin/systemctl restart nginx.service' }],
    confirmed: { state: 'confirmed', release: 12, time: MOMENT as never, proof: 'signed' },
  };
}

const REPORT: AccessReport = {
  read: {
    ...{ organization: 'acme', from: 'release', policy: 'same', compared: true, moment: MOMENT as never, servers: 2, providers: 0, people: 3 },
    release: { number: 12, hash: 'ab'.repeat(32), issued: MOMENT as never, expires: MOMENT as never, signedBy: ['alice'], newest: true },
  },
  ...{ without: [], waysIn: [] },
  access: [detail('zoe', 'web-1'), detail(LONG, LONG), detail('bob', 'web-1')],
  targets: [{ name: LONG, id: `srv_${'a'.repeat(26)}`, kind: 'server', address: 'web-1.internal.example.com', port: 22, hostKeys: [] }],
};

/** What a browser makes of the page: its document after `script`, which is run without the page's own policy. */
function seen(html: string, width: number, script?: string): string {
  const path = join(folder, 'page.html');
  const own = script === undefined ? html : html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>/, '').replace('</body>', `<script>${script}</script></body>`);
  writeFileSync(path, own);
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', `--user-data-dir=${join(folder, 'profile')}`, `--window-size=${width},900`];
  const { stdout, status, stderr } = spawnSync(chromium ?? '', [...flags, '--dump-dom', `file://${path}`], { encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`chromium ended with ${status}: ${stderr}`);
  return stdout;
}

describe.skipIf(chromium === undefined)('the page of who reaches what, in Chromium', { timeout: 60_000 }, () => {
  it.each([
    [500, 'block'],
    [1024, 'block'],
    [1280, 'table'],
    [1920, 'table'],
  ])('%i pixels wide: %s, and nothing is wider than the window', (width, display) => {
    const measure = `document.body.dataset.seen = [innerWidth, document.documentElement.scrollWidth, getComputedStyle(document.querySelector('table')).display].join(' ')`;
    expect(/data-seen="([^"]*)"/.exec(seen(accessHtml(REPORT), width, measure))?.[1]).toBe(`${width} ${width} ${display}`);
  });

  it('sorts by a column up and down, and its own policy lets its own script run', () => {
    const people = (page: string): readonly (string | undefined)[] => [...page.matchAll(/<td data-name="Person" class="name"><div><div>([^<]*)/g)].map(([, name]) => name);
    const press = "document.querySelector('th button').click();";
    expect(people(seen(accessHtml(REPORT), 1280, press))).toEqual([LONG, 'bob', 'zoe']);
    expect(people(seen(accessHtml(REPORT), 1280, press + press))).toEqual(['zoe', 'bob', LONG]);
    expect(accessHtml(REPORT)).toContain('<label hidden>');
    expect(seen(accessHtml(REPORT), 1280)).not.toContain('<label hidden');
  });
});
