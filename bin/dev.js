#!/usr/bin/env node
// Runs src as it stands, without a build: Node strips the types. For work on keyward itself; not in the package.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { settings } from '@oclif/core';
import { start } from '../src/commands/start.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
pjson.oclif.commands.target = './src/commands';
// oclif would look for a compiler of its own and silently run the last build when there is none.
settings.enableAutoTranspile = false;

process.exit(await start(process.argv.slice(2), { root, pjson, ignoreManifest: true, isRoot: true }));
