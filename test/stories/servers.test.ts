/** Stories with real servers: test/stories/servers/*.txt, with what they need of the server in their environment. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertBuilt } from '../built.ts';
import { type Fleet, makeKey, needs, startFleet } from '../fleet/index.ts';
import { tell } from './harness.ts';
import { jsonFaults } from './json-schemas.ts';
import { parseStory } from './story.ts';

const HERE = join(import.meta.dirname, 'servers');
const stories = globSync('*.txt', { cwd: HERE }).toSorted();
const update = process.env['STORIES'] === 'update';
const missing = needs();

describe.skipIf(missing !== undefined)('stories on real servers', () => {
  let fleet: Fleet;
  let folder: string;
  const env: Record<string, string> = {};

  beforeAll(async () => {
    assertBuilt();
    folder = mkdtempSync(join(tmpdir(), 'keyward-story-servers-'));
    fleet = await startFleet(['web-1']);
    const web1 = fleet.server('web-1');
    const root = await makeKey(folder, 'root-key');
    await web1.addRootKey(root.publicLine);
    const hostKeys = join(folder, 'web-1.pub');
    writeFileSync(hostKeys, `${web1.hostKeys.join('\n')}\n`);
    Object.assign(env, { WEB1: web1.address, WEB1_PORT: String(web1.port), WEB1_KEYS: hostKeys, ROOT_KEY: root.path });
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await fleet.stop();
  });

  it.each(stories)('%s', async (name) => {
    const path = join(HERE, name);
    const text = readFileSync(path, 'utf8');
    const { faults, commands, retold } = await tell(parseStory(text), text, jsonFaults, env);
    if (update) writeFileSync(path, retold);
    console.log(`told ${commands} commands with a real server`);
    expect(update ? '' : faults.join('\n')).toBe('');
  });
});
