/**
 * Servers whose process 1 is a real systemd. Belongs here: finding that process and its cgroup from outside, and whether one can
 * be had here at all. Not: what is started in it (boot-systemd.sh), nor anything of keyward.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { connect } from 'node:net';
import { needs } from './needs.ts';

/** Debian packages that this machine's own tree needs for it, and a file of each. */
const PACKAGES = {
  systemd: '/lib/systemd/systemd',
  dbus: '/usr/bin/dbus-daemon',
  'libpam-systemd': '/usr/share/pam-configs/systemd',
  'openssh-server': '/lib/systemd/system/ssh.socket',
} as const;

/** Why no server here can have systemd as its process 1, or undefined when it can. */
export function needsSystemd(tree = ''): string | undefined {
  const missing = Object.entries(PACKAGES).filter(([, file]) => !existsSync(tree + file));
  if (missing.length > 0) return `needs the packages ${missing.map(([name]) => name).join(' ')}`;
  return needs() ?? (cgroups() === undefined ? 'needs a cgroup2 file system that can be written' : undefined);
}

/** Where this machine has its cgroup2 file system. */
function cgroups(): string | undefined {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.find((line) => / rw\S*( \S+)* - cgroup2 /.test(line))?.split(' ')[4];
}

/** The cgroup of a server, as boot-systemd.sh makes it. */
export const cgroupName = (fleet: string, name: string): string => `keyward-fleet-${fleet}-${name}`;

/** Takes a server's cgroup away, once nothing runs in it. */
export function removeCgroup(name: string): void {
  const root = cgroups();
  if (root === undefined || !existsSync(`${root}/${name}`)) return;
  const remove = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) remove(`${folder}/${entry.name}`);
    rmdirSync(folder);
  };
  remove(`${root}/${name}`);
}

/** The number, on this machine, of the systemd that a process of this pid namespace started; undefined while it is off. */
export function systemdOf(namespace: string): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => {
      if (!(pid > 0)) return false;
      try {
        const status = readFileSync(`/proc/${pid}/status`, 'utf8');
        const parent = /^PPid:\t(\d+)$/m.exec(status)?.[1];
        return /^NSpid:.*\t1$/m.test(status) && readlinkSync(`/proc/${parent}/ns/pid`) === namespace;
      } catch {
        return false; // ended in the meantime
      }
    });
}

/** Whether somebody takes connections there. */
export function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
