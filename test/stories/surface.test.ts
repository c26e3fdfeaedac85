/** A changed command, flag or JSON field is a diff of a reviewed file. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, it } from 'vitest';
import { surface } from '../../tools/surface.ts';
import { assertBuilt } from '../built.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
beforeAll(assertBuilt);

it('is what the reviewed files say (node tools/surface.ts writes them)', async () => {
  const files = await surface();
  const text = files.get('test/stories/surface.txt') ?? '';
  const commands = text.split('\n').filter((line) => line.startsWith('keyward ')).length;
  console.log(`the surface has ${commands} commands and ${files.size - 1} schemas`);
  expect(commands).toBeGreaterThan(1);
  for (const [path, expected] of files) expect(readFileSync(`${ROOT}/${path}`, 'utf8'), path).toBe(expected);
  const written = globSync('schemas/*.json', { cwd: ROOT }).map((path) => path.replaceAll('\\', '/'));
  expect(
    // access-policy's is made from the policy's own shape: test/core/policy/json-schema.test.ts.
    written.filter((path) => !files.has(path) && path !== 'schemas/access-policy.schema.json'),
    'schemas that nothing makes',
  ).toEqual([]);
});

it('every command has a summary, an example and JSON with a schema', () => {
  const { commands } = JSON.parse(readFileSync(`${ROOT}/oclif.manifest.json`, 'utf8'));
  const bare = Object.entries<{ summary?: string; examples?: string[] }>(commands).filter(
    ([, command]) => !command.summary || !command.examples?.length,
  );
  expect(bare.map(([id]) => id)).toEqual([]);
  const text = readFileSync(`${ROOT}/test/stories/surface.txt`, 'utf8');
  expect(text.match(/json: none yet/g) ?? []).toEqual([]);
});
