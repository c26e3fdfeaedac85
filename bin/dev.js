#!/usr/bin/env node
// Runs src as it stands, without a build: Node strips the types. For work on keyward itself; not in the package.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settings } from '@oclif/core';
import { start } from '../src/commands/start.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const folder = new URL('../src/commands/', import.meta.url);
const files = globSync('**/*.ts', { cwd: fileURLToPath(folder) });
const commands = files.filter((file) => /^export default class /m.test(readFileSync(new URL(file, folder), 'utf8')));
pjson.oclif.commands = { strategy: 'pattern', target: './src/commands', globPatterns: commands };
// oclif would look for a compiler of its own and silently run the last build when there is none.
settings.enableAutoTranspile = false;

process.exit(await start(process.argv.slice(2), { root, pjson, ignoreManifest: true, isRoot: true }));
