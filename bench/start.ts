/** How long the program takes to start: the version, and a policy read and checked, against a bare Node. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compared, inTurns, median } from './figure.ts';
import type { Benchmark } from './figure.ts';
import { entry, node } from './program.ts';
import type { Place, Run } from './program.ts';

const EXAMPLE = fileURLToPath(new URL('../test/stories/fixtures/acme', import.meta.url));
const TIMES = 15;

export const start: Benchmark = {
  name: 'start',
  about: 'keyward --version and keyward check against node -e 0',
  async run(tell) {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-start-'));
    try {
      const cwd = join(folder, 'policy');
      cpSync(EXAMPLE, cwd, { recursive: true });
      mkdirSync(join(folder, 'home'));
      const place: Place = { cwd, env: { HOME: join(folder, 'home'), PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, LC_ALL: 'C.UTF-8' } };
      const program = entry();
      const works = {
        bare: () => good(node(place, '-e', '0')),
        version: () => good(node(place, program, '--version')),
        check: () => good(node(place, program, 'check')),
      };
      // The first run of all fills the compile cache, as the first run on any machine does.
      await inTurns(2, works);
      const took = await inTurns(TIMES, works);
      const bare = median(took.bare);
      tell(`in turns, ${TIMES} times each: node -e 0 took ${bare.toFixed(0)} ms`);
      return [
        compared({ name: 'keyward --version', value: median(took.version), unit: 'ms', most: 1.5 }, 'node -e 0', bare),
        compared({ name: 'keyward check, the example', value: median(took.check), unit: 'ms', most: 5 }, 'node -e 0', bare),
      ];
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function good(running: Promise<Run>): Promise<void> {
  const { status, stderr } = await running;
  if (status !== 0) throw new Error(`it ended with ${status}: ${stderr}`);
}
