/** Killed at any instant, a file holds old bytes or new ones, and no event that was acknowledged is lost. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openJournals, openRepository, ownFolders } from '../../src/disk/index.ts';
import { ownFolder } from './folder.ts';

const WRITER = fileURLToPath(new URL('writer.ts', import.meta.url));
const KILLS = 25;

/** Runs the writer and kills it some milliseconds after its first event; gives the hashes it had said by then. */
async function killedAfter(milliseconds: number, root: string, home: string): Promise<readonly string[]> {
  const child = spawn(process.execPath, [WRITER, root, home], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (said === '') setTimeout(() => child.kill('SIGKILL'), milliseconds);
    said += chunk.toString();
  });
  await new Promise((resolve) => child.once('close', resolve));
  return said.split('\n').slice(0, -1);
}

test(`${KILLS} kills at random instants`, async () => {
  const root = ownFolder();
  const home = ownFolder();
  const repository = await openRepository(root);
  let files = 0;
  let events = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const said = await killedAfter(Math.random() * 150, root, home);
    for (const [path, bytes] of await repository.read(['releases', 'keys'])) {
      expect(bytes.length, path).toBe(3_000_000);
      expect(Buffer.compare(bytes, Buffer.alloc(bytes.length, bytes[0])), `${path} is of one write`).toBe(0);
      files += 1;
    }
    const run = (await openJournals(ownFolders({ XDG_STATE_HOME: home })).runs('acme')).find(({ lines }) =>
      hashes(lines).includes(said[0] ?? ''),
    );
    expect(hashes(run?.lines ?? [])).toEqual(expect.arrayContaining([...said]));
    events += said.length;
  }
  console.log(`looked at ${files} files and ${events} acknowledged events after ${KILLS} kills`);
  expect(files).toBeGreaterThan(KILLS);
  expect(events).toBeGreaterThan(KILLS);
}, 120_000);

test('the check would see a torn file', async () => {
  const { writeFileSync } = await import('node:fs');
  const root = ownFolder();
  writeFileSync(join(root, 'torn'), Buffer.concat([Buffer.alloc(100_000, 1), Buffer.alloc(100_000, 2)]));
  const bytes = (await (await openRepository(root)).read(['torn'])).get('torn');
  expect(new Set(bytes).size).toBe(2);
});

function hashes(lines: readonly string[]): readonly string[] {
  return lines.map((line) => createHash('sha256').update(line).digest('hex'));
}
