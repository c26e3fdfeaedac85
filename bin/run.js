#!/usr/bin/env node
// The entry of the installed program. Nothing is imported before the version of Node is known to be new enough, and
// what needs no command line (the version) is answered before one is loaded.
const PLUGIN_COMMANDS = new Set(['help', 'autocomplete']);
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`keyward needs Node 22.12 or newer; this is Node ${process.versions.node}.\n`);
  process.stderr.write('next: install a newer Node (https://nodejs.org) and run it again\nexit 1: Node is too old\n');
  process.exitCode = 1;
} else {
  await main();
}

async function main() {
  const { readFileSync } = await import('node:fs');
  const root = new URL('..', import.meta.url);
  const pjson = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  if (process.argv.length === 3 && process.argv[2] === '--version') {
    process.stdout.write(`keyward ${pjson.version} (Node ${process.versions.node}, ${process.platform} ${process.arch})\n`);
    return;
  }
  await useCompileCache();
  const { fileURLToPath } = await import('node:url');
  const { start } = await import('../dist/start.js');
  const argv = process.argv.slice(2);
  // Help and completion come from plugins; looking for them costs as much as reading a policy.
  if (/^[a-z]/.test(argv[0] ?? '') && !PLUGIN_COMMANDS.has(argv[0])) pjson.oclif.plugins = [];
  process.exit(await start(argv, { root: fileURLToPath(root), pjson }));
}

/**
 * Node keeps compiled code in a folder of the user's own; in a shared one it would be a way to plant code. Without
 * such a folder keyward only starts a little slower.
 */
async function useCompileCache() {
  try {
    const { mkdirSync, statSync } = await import('node:fs');
    const path = await import('node:path');
    const { homedir } = await import('node:os');
    const { enableCompileCache } = await import('node:module');
    const base = process.env.XDG_CACHE_HOME;
    const folder = path.join(
      base && path.isAbsolute(base) ? base : path.join(homedir(), '.cache'),
      'keyward',
      'compiled',
    );
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    const own = process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0);
    if (own) enableCompileCache(folder);
  } catch {
    // No home, no room, no right: start without.
  }
}
