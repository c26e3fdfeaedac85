/** A keyward that is broken on purpose: a copy of what is built, with texts of its receiver or of a chunk replaced. */
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertBuilt } from '../built.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface FaultyProgram {
  /** Its bin/run.js. */
  readonly path: string;
  clean(): void;
}

/** A file of dist/, as a pattern that fits one, and what of it is replaced. */
export interface Faults {
  readonly file: string;
  readonly texts: readonly (readonly [from: string, to: string])[];
}

/** Throws when a text is not there exactly once: a fault that was not planted would be found nowhere. */
export function plantFaults(...all: readonly Faults[]): FaultyProgram {
  assertBuilt();
  const folder = mkdtempSync(join(tmpdir(), 'keyward-faulty-'));
  for (const name of ['bin', 'dist', 'package.json', 'oclif.manifest.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const { file, texts } of all) {
    const [path, ...others] = globSync(`dist/${file}`, { cwd: folder });
    if (path === undefined || others.length > 0) throw new Error(`there is not one ${file}`);
    const sound = readFileSync(join(folder, path), 'utf8');
    writeFileSync(join(folder, path), texts.reduce((text, fault) => planted(file, text, fault), sound));
  }
  return { path: join(folder, 'bin/run.js'), clean: () => rmSync(folder, { recursive: true, force: true }) };
}

function planted(file: string, text: string, [from, to]: readonly [from: string, to: string]): string {
  if (text.split(from).length !== 2) throw new Error(`${file} does not hold this once: ${from}`);
  return text.replace(from, () => to);
}
