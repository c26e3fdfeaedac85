/**
 * Whether real servers can run on this machine, and installing what they need. Belongs here: looking. Not: starting any.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { PATH } from './command.ts';

/** Program → Debian package. */
const PROGRAMS: Readonly<Record<string, string>> = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  sudo: 'sudo',
  visudo: 'sudo',
  cron: 'cron',
  crontab: 'cron',
  atd: 'at',
  at: 'at',
  tmux: 'tmux',
  busybox: 'busybox',
  dash: 'dash',
  bash: 'bash',
  useradd: 'passwd',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  runuser: 'util-linux',
  pivot_root: 'util-linux',
  mount: 'mount',
  ps: 'procps',
};

function missingPackages(): string[] {
  const has = (program: string): boolean => PATH.split(':').some((folder) => existsSync(`${folder}/${program}`));
  const missing = Object.entries(PROGRAMS).flatMap(([program, name]) => (has(program) ? [] : [name]));
  return [...new Set(missing)];
}

let answer: { readonly reason: string | undefined } | undefined;

/** Why real servers cannot run here, or undefined when they can. Looked up once. */
export function needs(): string | undefined {
  answer ??= { reason: look() };
  return answer.reason;
}

function look(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid?.() !== 0) return 'needs root';
  const missing = missingPackages();
  if (missing.length > 0) return `needs the packages ${missing.join(' ')}`;
  if (!existsSync('/usr/share/openssh/sshd_config'))
    return 'needs an sshd_config as Debian ships it in /usr/share/openssh';
  if (!existsSync('/proc/self/loginuid')) return 'needs a kernel with login uids (CONFIG_AUDIT)';
  const trial =
    'mount -t tmpfs none /tmp && cd /tmp && mkdir a b c && mount -t overlay -o lowerdir=/usr,upperdir=a,workdir=b none c';
  const unshare = ['--mount', '--uts', '--ipc', '--pid', '--fork', '--propagation', 'private', 'sh', '-c', trial];
  const tried = spawnSync('unshare', unshare, { env: { PATH }, encoding: 'utf8' });
  return tried.status === 0
    ? undefined
    : `needs namespaces and overlays: ${(tried.stderr ?? '').trim().split('\n')[0]}`;
}

/**
 * Installs with apt-get what is missing, where that is possible (root on Debian or Ubuntu); otherwise changes nothing. Services
 * that come with the packages are not started: nobody asked for an sshd or a cron on this machine itself.
 */
export function ensurePackages(): void {
  const missing = process.platform === 'linux' && process.getuid?.() === 0 ? missingPackages() : [];
  if (missing.length === 0 || !existsSync('/usr/bin/apt-get')) return;
  const guard = existsSync('/run/systemd/system') && !existsSync(POLICY);
  if (guard) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 }); // 101: not allowed, invoke-rc.d(8)
  try {
    if (!apt('install', ...missing)) {
      apt('update');
      if (!apt('install', ...missing)) throw new Error(`apt-get could not install ${missing.join(' ')}`);
    }
  } finally {
    if (guard) rmSync(POLICY);
  }
  answer = undefined;
}

const POLICY = '/usr/sbin/policy-rc.d';

/** True when it worked. All its output goes to standard error. */
function apt(...args: string[]): boolean {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const argv = ['-qq', '-y', '--no-install-recommends', ...args];
  return spawnSync('apt-get', argv, { env, stdio: ['ignore', 2, 2] }).status === 0;
}
