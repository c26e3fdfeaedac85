/**
 * docs/verify.md, run from the page, block by block, in a repository with real signatures: everything holds; and after one
 * byte is changed anywhere, the block that should notice does.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ownFolder } from '../disk/folder.ts';
import { sha } from '../core/texts/signing.ts';
import { makeOrganization } from './organization.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/verify.md'), 'utf8');
const blocks = [...page.matchAll(/^(?:##? (.*)|```sh\n([^]*?)```)$/gm)]
  .reduce<{ title: string; script: string }[]>((all, [, title, script]) => {
    if (title !== undefined) all.push({ title, script: '' });
    else all.push({ title: all.at(-1)?.title ?? '', script: script ?? '' });
    return all;
  }, [])
  .filter(({ script }) => script !== '');

interface Place {
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
}

async function place(): Promise<Place> {
  const org = await makeOrganization({
    signers: ['alice', 'dora'],
    threshold: 2,
    employees: { bob: '', carl: '' },
    servers: { 'web-1': '', 'db-2': '' },
    rules: [
      '{ name: all, to: { employees: [bob, carl] }, servers: { names: ["*"] }, sudo: [{ run-as: root, commands: [/usr/bin/id] }] }',
    ],
  });
  await org.release(['alice', 'dora']);
  const firstRelease = sha(readFileSync(join(org.root, 'releases/1/release'), 'latin1'));
  org.clock.set('2026-10-02T08:00:00Z');
  await org.revoke('carl', 'dora');
  await org.release(['alice', 'dora']);
  await org.revoke('bob', 'alice', { time: org.clock.now() });
  const { journals } = await org.world('alice');
  const journal = await journals.begin(org.name, 'drift', org.clock.now());
  await journal.append({ what: 'begin' });
  const nonce = await journal.append({ what: 'asked', target: 'web-1' });
  await journal.append({ what: 'end' });
  const way = {
    kind: 'key',
    account: 'root',
    subject: 'SHA256:NgtTVYmAjyd4F9GcXyCEs4l3MRwlSH6A3iNJ4OZnlLg',
    state: 'unknown',
    comment: 'old admin',
  } as const;
  await org.receipt('web-1', { nonce: nonce as never, waysIn: [way] });
  return { root: org.root, env: { FIRST_RELEASE: firstRelease, TARGET: org.server('web-1'), JOURNAL: journal.path } };
}

/** A copy with one change, so that nothing is left of a run before. */
function copyOf({ root, env }: Place, change: (root: string, journal: string) => void = () => undefined): Place {
  const folder = ownFolder();
  cpSync(root, folder, { recursive: true });
  const journal = join(folder, '..', `${folder.split('/').at(-1)}.jsonl`);
  cpSync(env['JOURNAL'] ?? '', journal);
  change(folder, journal);
  return { root: folder, env: { ...env, JOURNAL: journal } };
}

/** All blocks in one shell, one after the other, as a reader would paste them: at which one it ends, and all that was said. */
function follow({ root, env }: Place): { readonly at: number; readonly said: readonly string[] } {
  const script = blocks.map((block, i) => `echo "BLOCK ${i}"\n${block.script}`).join('');
  const { status, stdout, stderr } = spawnSync('sh', ['-e', '-c', script], {
    cwd: root,
    env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', ...env },
    encoding: 'utf8',
  });
  const said = stdout.split(/^BLOCK \d+\n/m).slice(1);
  return {
    at: status === 0 ? blocks.length : said.length - 1,
    said: [...said.slice(0, -1), `${said.at(-1) ?? ''}${stderr}`],
  };
}

function edit(root: string, path: string, from: string | RegExp, to: string): void {
  const [file = path] = globSync(path, { cwd: root }).sort();
  const before = readFileSync(join(root, file), 'latin1');
  const after = before.replace(from, to);
  if (after === before) throw new Error(`nothing changed in ${file}`);
  writeFileSync(join(root, file), after, 'latin1');
}

it('the page can be followed as it stands', async () => {
  const { at, said } = follow(copyOf(await place()));
  expect(said.at(-1)).toMatch(/^[0-9a-f]{64}\n$/);
  expect(at).toBe(blocks.length);
  expect(blocks.length).toBe(13);
  const all = said.join('');
  expect(all.match(/Good "keyward-release-v1" signature/g)).toHaveLength(2);
  expect(all).toContain('2 of 2\n');
  expect(all.match(/Good "keyward-revocation-v1" signature/g)).toHaveLength(2);
  expect(all).toMatch(/^counted [0-9a-f]{64}$/m);
  expect(all.match(/in no release yet/g)).toHaveLength(1);
  expect(all).toContain('Good "keyward-receipt-v1" signature for web-1');
  expect(all).toMatch(/^way-in key root SHA256:\S+ unknown old admin$/m);
  expect(all).toMatch(/^account emp_\S+ bob - new - -$/m);
});

it('one byte changed anywhere is noticed, by the block that is about it', async () => {
  const sound = await place();
  const changes: readonly (readonly [what: string, title: string, change: (root: string, journal: string) => void])[] =
    [
      [
        'release 1',
        'Checking keyward without keyward',
        (root) => edit(root, 'releases/1/release', 'threshold 2', 'threshold 1'),
      ],
      ['release 2', 'A release', (root) => edit(root, 'releases/2/release', 'threshold 2', 'threshold 1')],
      [
        'a signature less',
        'A release',
        (root) => edit(root, 'releases/2/dora.sig', /[^]*/, readFileSync(join(root, 'releases/2/alice.sig'), 'latin1')),
      ],
      [
        'a manifest',
        'What it grants',
        (root) =>
          edit(
            root,
            'releases/2/manifest-*',
            /^account (\S+) (\S+) - new - -$/m,
            'account $1 $2 - new - 2027-01-01T00:00:00Z',
          ),
      ],
      ['the policy', 'What it grants', (root) => edit(root, 'access-policy.yaml', 'name: all', 'name: All')],
      ['a revocation', 'A revocation', (root) => edit(root, 'revoked/bob-*', /time 2026/, 'time 2025')],
      ['the receipt', 'A receipt', (root) => edit(root, 'receipts/web-1', 'openssh 9.2p1', 'openssh 9.2p2')],
      ['a line of the journal', 'The journal', (_, journal) => edit('/', journal.slice(1), '"begin"', '"began"')],
      [
        'the journal written again',
        'The journal',
        (_, journal) => writeFileSync(journal, '{"previous":"-","what":"begin"}\n'),
      ],
    ];
  const found = changes.map(
    ([what, , change]) => `${what}: ${blocks[follow(copyOf(sound, change)).at]?.title ?? 'NOT NOTICED'}`,
  );
  expect(found).toEqual(changes.map(([what, title]) => `${what}: ${title}`));
});
