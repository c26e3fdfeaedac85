/**
 * Root trees whose OpenSSH is older than keyward takes, to be refused by. No release that has one can be fetched for ever, so it
 * is built from OpenSSH's own source: `node test/fleet/older-openssh.ts` (as root) lays them beside the trees of trees.ts, from
 * Debian 11's tree there and from the git directory of openssh-portable that KEYWARD_OPENSSH names.
 */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from './command.ts';
import type { Tree } from './trees.ts';

/** Version → its tag. 8.2 has `Include` and ignores `Match` in an included file; 7.9 has no `Include`. */
const TAGS = { '8.2': 'V_8_2_P1', '7.9': 'V_7_9_P1' } as const;

/** Those there could be, and whether they lie in KEYWARD_TREES. */
export function olderOpenssh(
  folder: string | undefined = process.env.KEYWARD_TREES,
): (Tree & { readonly there: boolean })[] {
  return Object.keys(TAGS).map((version) => {
    const tree = join(folder ?? '', `openssh-${version}`);
    return {
      name: `OpenSSH ${version}`,
      tree,
      version: `OpenSSH_${version}`,
      there: folder !== undefined && existsSync(tree),
    };
  });
}

/**
 * Arguments: FOLDER VERSION TAG SOURCE. The compiler stays in a copy that is thrown away. Without its sandbox, which ends a
 * connection at the first call to the kernel that a newer C library makes.
 */
const BUILD = `
  set -eu
  workshop=$1/.workshop made=$1/.unfinished
  rm -rf "$workshop" "$made"
  cp -a "$1/bullseye" "$workshop"
  mkdir "$workshop/source"
  git --git-dir="$4" archive "$3" | tar -x -C "$workshop/source"
  inside() { unshare --mount --pid --fork --kill-child --mount-proc="$workshop/proc" chroot "$workshop" "$@"; }
  inside apt-get update -qq
  inside apt-get install -y -qq --no-install-recommends gcc make libc6-dev autoconf automake libssl-dev zlib1g-dev libpam0g-dev
  inside sh -c 'cd /source && autoreconf -i && ./configure -q --prefix=/usr --sysconfdir=/etc/ssh --libexecdir=/usr/lib/openssh \\
    --with-privsep-path=/run/sshd --with-pid-dir=/run --with-pam --with-sandbox=no CFLAGS="-O1 -fcommon" && make -j2 && make install-nosysconf DESTDIR=/made'
  cp -a "$1/bullseye" "$made"
  cp -a --remove-destination "$workshop/made/usr/bin" "$workshop/made/usr/sbin" "$workshop/made/usr/lib" "$made/usr/"
  sed -i '/^AcceptEnv\\|^KbdInteractive/d' "$made/usr/share/openssh/sshd_config"
  [ "$2" != 7.9 ] || sed -i '/^Include/d' "$made/usr/share/openssh/sshd_config"
  mv "$made" "$1/openssh-$2"
  rm -rf "$workshop"`;

if (import.meta.main) {
  const { KEYWARD_TREES: folder, KEYWARD_OPENSSH: source } = process.env;
  if (folder === undefined || source === undefined)
    throw new Error('KEYWARD_TREES and KEYWARD_OPENSSH name no folders');
  for (const [version, tag] of Object.entries(TAGS)) {
    if (existsSync(join(folder, `openssh-${version}`))) continue;
    const env = { PATH: process.env.PATH ?? '', DEBIAN_FRONTEND: 'noninteractive' };
    const built = await command(['sh', '-c', BUILD, 'build', folder, version, tag, source], { env, timeout: 900_000 });
    rmSync(join(folder, '.workshop'), { recursive: true, force: true });
    if (built.status !== 0)
      throw new Error(`OpenSSH ${version}: status ${built.status}\n${built.stdout}${built.stderr}`);
  }
}
