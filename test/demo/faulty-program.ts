/** A keyward that is broken on purpose: a copy of what is built, with texts of the receiver replaced. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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

/** Throws when a text is not there exactly once: a fault that was not planted would be found nowhere. */
export function plantFaults(faults: readonly (readonly [from: string, to: string])[]): FaultyProgram {
  assertBuilt();
  const folder = mkdtempSync(join(tmpdir(), 'keyward-faulty-'));
  for (const name of ['bin', 'dist', 'package.json', 'oclif.manifest.json']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const receiver = join(folder, 'dist/receiver/keyward-receive');
  const faulty = faults.reduce(
    (text, [from, to]) => {
      if (text.split(from).length !== 2) throw new Error(`the receiver does not hold this once: ${from}`);
      return text.replace(from, () => to);
    },
    readFileSync(receiver, 'utf8'),
  );
  writeFileSync(receiver, faulty);
  return { path: join(folder, 'bin/run.js'), clean: () => rmSync(folder, { recursive: true, force: true }) };
}
