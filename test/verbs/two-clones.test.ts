/** Two clones of one repository compile to equal bytes, whatever the clone's git does and in whatever order files are read. */
import { spawnSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRepository } from '../../src/disk/index.ts';
import { readClone } from '../../src/verbs/clone.ts';
import type { Clone } from '../../src/verbs/clone.ts';
import { prepare } from '../../src/verbs/draft.ts';
import type { Prepared } from '../../src/verbs/draft.ts';
import { crypto } from '../core/texts/signing.ts';
import { ownFolder } from '../disk/folder.ts';
import { makeOrganization } from './organization.ts';
import type { Organization } from './organization.ts';

function git(folder: string, ...args: readonly string[]): void {
  const author = ['-c', 'user.name=acme', '-c', 'user.email=acme@example.com'];
  const { status, stderr } = spawnSync('git', [...author, ...args], { cwd: folder, encoding: 'utf8' });
  if (status !== 0) throw new Error(`git ${args.join(' ')}: ${stderr}`);
}

async function company(): Promise<Organization> {
  const acme = await makeOrganization({
    signers: ['alice', 'bob'],
    threshold: 2,
    employees: { carol: 'until: 2027-03-31', dave: '' },
    machines: { robot: 'owner: alice' },
    servers: { 'web-1': 'labels: { role: web }', 'web-2': 'labels: { role: web }', 'db-1': '' },
    rules: [
      '{ name: web, to: { employees: [carol, dave] }, servers: { labels: { role: web } }, sudo: [{ run-as: root, commands: ALL }] }',
      '{ name: db, to: { employees: [dave], machines: [robot] }, servers: { names: ["db-*"] }, until: 2027-01-31T18:00:00Z }',
    ],
  });
  await acme.release(['alice', 'bob']);
  await acme.compare('alice');
  await acme.revoke('carol', 'bob');
  git(acme.root, 'init', '-q');
  git(acme.root, 'add', '-A');
  git(acme.root, 'commit', '-q', '-m', 'begin');
  return acme;
}

/** What alice's device makes of a clone. */
async function readIn(acme: Organization, root: string): Promise<Clone> {
  const world = await acme.world('alice');
  return readClone({ ...world, repository: await openRepository(root) }, { for: 'act' });
}

const made = (clone: Clone): Prepared => prepare(clone, { number: 2, issued: clone.now, receiver: 'a'.repeat(64) }, crypto);
const bytes = ({ text, inputs, manifests, fresh }: Prepared): string => JSON.stringify([text, inputs, [...manifests.keys()].sort(), [...fresh].map((one) => one.join(' ')).sort()]);

test('a clone, made by a git that changes line ends where it may, compiles to the same bytes', async () => {
  const acme = await company();
  const folder = join(ownFolder(), 'clone');
  git(acme.root, '-c', 'core.autocrlf=true', 'clone', '-q', acme.root, folder);
  const [here, there] = [await readIn(acme, acme.root), await readIn(acme, folder)];
  expect(made(there).manifests.size).toBe(3);
  expect(bytes(made(there))).toBe(bytes(made(here)));
  appendFileSync(join(folder, 'access-policy.yaml'), '# a comment\n');
  expect(bytes(made(await readIn(acme, folder)))).not.toBe(bytes(made(here)));
});

test('in whatever order the files are read, the bytes are equal', async () => {
  const acme = await company();
  const clone = await readIn(acme, acme.root);
  const wanted = bytes(made(clone));
  let orders = 0;
  fc.assert(
    fc.property(fc.shuffledSubarray([...clone.files], { minLength: clone.files.size }), (files) => {
      orders += 1;
      expect(bytes(made({ ...clone, files: new Map(files), revocations: clone.revocations.toReversed() }))).toBe(wanted);
    }),
    { numRuns: 50 },
  );
  console.log(`two clones: ${orders} orders of ${clone.files.size} files`);
});
