// Builds dist/: one entry for each command and one to start them, with what they share in chunks; the receiver's files
// beside them; and oclif.manifest.json. Types are checked separately (npm run typecheck).
//
// Packages named in `dependencies` stay outside the bundle and are loaded when they are needed. Everything else that is
// imported (devDependencies) is bundled, because it makes start-up fast; its licences go to dist/licences.txt.
import { cpSync, existsSync, globSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
// Its plugins need it as a package too; the command line starts a quarter faster with it in the bundle.
const BUNDLED_TOO = new Set(['@oclif/core']);

// Built beside and moved into place, so that a failed build leaves the last one and a running one is not cut in half.
const dist = join(root, `.dist-${process.pid}`);
process.on('exit', () => rmSync(dist, { recursive: true, force: true }));

const ids = commandIds();
const packages = await bundle(ids);
copyReceiver();
writeLicences(packages);
putInPlace();
const listed = await writeManifest();
if (listed.join() !== ids.map((id) => id.replaceAll('/', ':')).join()) {
  throw new Error(`oclif lists ${listed.join(', ')}, but the commands are ${ids.join(', ')}`);
}
process.stderr.write(`built ${ids.length} commands into dist\n`);

function commandIds() {
  const folder = join(root, 'src/commands');
  const files = globSync('**/*.ts', { cwd: folder }).map((file) => file.replaceAll('\\', '/'));
  const commands = files.filter((file) => /^export default class /m.test(readFileSync(join(folder, file), 'utf8')));
  return commands.map((file) => file.replace(/\.ts$/, '')).toSorted();
}

async function bundle(commands) {
  const input = { start: 'src/commands/start.ts' };
  for (const id of commands) input[`commands/${id}`] = `src/commands/${id}.ts`;
  const outside = Object.keys(pjson.dependencies).filter((name) => !BUNDLED_TOO.has(name));
  // oclif asks for TypeScript in development only; it is never there when keyward is installed.
  const external = [...outside, 'typescript'].map((name) => new RegExp(`^${name}(/|$)`));
  const build = await rolldown({ cwd: root, input, platform: 'node', external: [/^node:/, ...external] });
  const { output } = await build.write({
    dir: dist,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name]-[hash].js',
    comments: { legal: true, annotation: false, jsdoc: false },
  });
  await build.close();
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  return [
    ...new Set(modules.flatMap((id) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id)?.[1] ?? [])),
  ].toSorted();
}

/** Another build may put its own there between the two calls. */
function putInPlace(triesLeft = 5) {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  try {
    renameSync(dist, join(root, 'dist'));
  } catch (error) {
    if (triesLeft === 0 || !['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error;
    putInPlace(triesLeft - 1);
  }
}

/** The receiver is read as it stands: its bytes are signed. */
function copyReceiver() {
  const from = join(root, 'src/receiver');
  if (!existsSync(from)) return;
  cpSync(from, join(dist, 'receiver'), { recursive: true, filter: (path) => !/\.(ts|md)$/.test(path) });
}

function writeLicences(folders) {
  const texts = folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    if (file === undefined) throw new Error(`${name} has no licence file to give along`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  writeFileSync(join(dist, 'licences.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}

/** As `oclif manifest` does it; that command succeeds without any command, so the caller compares. */
async function writeManifest() {
  const { Plugin } = await import('@oclif/core');
  const options = {
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  };
  const plugin = new Plugin(options);
  await plugin.load();
  writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, null, 2)}\n`);
  return Object.keys(plugin.manifest.commands).toSorted();
}
