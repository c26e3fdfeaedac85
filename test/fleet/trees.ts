/**
 * Root trees of other Debian releases, so that servers with an older and a newer OpenSSH run beside this machine's own.
 *
 * They take a minute and some 300 MB each and come from the network, so nothing builds them by the way: they lie in the folder
 * that KEYWARD_TREES names, and `node test/fleet/trees.ts` (as root, with debootstrap) builds there what is missing.
 */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';

/** Release → the OpenSSH it brings. 8.4 is the oldest that keyward promises. */
const RELEASES = { bullseye: 'OpenSSH_8.4', trixie: 'OpenSSH_10.0' } as const;

export interface Tree {
  /** For the name of a test. */
  readonly name: string;
  /** For `startFleet`; undefined is this machine's own. */
  readonly tree: string | undefined;
  /** How its `ssh -V` begins. */
  readonly version: string;
}

/** This machine's own programs, and each release that lies in KEYWARD_TREES. */
export function trees(folder: string | undefined = process.env.KEYWARD_TREES): Tree[] {
  const others = Object.entries(RELEASES).map(([release, version]) => ({
    name: `Debian ${release}`,
    tree: join(folder ?? '', release),
    version,
  }));
  return [
    { name: 'this machine', tree: undefined, version: 'OpenSSH_' },
    ...(folder === undefined ? [] : others.filter(({ tree }) => existsSync(tree))),
  ];
}

const PACKAGES = ['openssh-server', 'sudo', 'cron', 'at', 'procps', 'busybox', 'tmux', 'systemd', 'dbus', 'libpam-systemd'];

/** Builds into the folder the releases that are not there yet. */
async function buildTrees(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const release of Object.keys(RELEASES)) {
    if (existsSync(join(folder, release))) continue;
    const unfinished = mkdtempSync(join(folder, '.unfinished-'));
    try {
      await must(['debootstrap', '--variant=minbase', release, unfinished]);
      // With a second step: named at once, the packages of some releases do not install.
      const inside = [
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        `--mount-proc=${unfinished}/proc`,
        'chroot',
        unfinished,
      ];
      await must([...inside, 'apt-get', '-qq', '-y', '--no-install-recommends', 'install', ...PACKAGES]);
      await must(['chmod', '755', unfinished]);
      renameSync(unfinished, join(folder, release));
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
}

async function must(argv: readonly string[]): Promise<void> {
  const answer = await command(argv, { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeout: 600_000 });
  if (answer.status !== 0)
    throw new Error(`${argv.join(' ')}: status ${answer.status}\n${answer.stdout}${answer.stderr}`);
}

if (import.meta.main) {
  const folder = process.env.KEYWARD_TREES;
  if (folder === undefined) throw new Error('KEYWARD_TREES names no folder');
  await buildTrees(folder);
}
