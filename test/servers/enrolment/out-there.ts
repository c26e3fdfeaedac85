/**
 * What a company's servers really look like before keyward comes: one condition each, as the words that make it so on a
 * real server, and what enrolling must come to. Belongs here: the table. Not: running it.
 */
import { existsSync } from 'node:fs';
import type { KeyPair } from '../../fleet/index.ts';

export interface Keys {
  /** Somebody with an account of her own on every server, `legacy`. */
  readonly legacy: KeyPair;
  readonly mallory: KeyPair;
  readonly dave: KeyPair;
  readonly root: KeyPair;
}

export interface Condition {
  /** The server's name. */
  readonly name: string;
  readonly what: string;
  /** Run by root in a shell; then sshd reads its settings again, unless `reload` is false. */
  readonly plant: (keys: Keys) => string;
  readonly reload?: false;
  /** `enrolled`, or how it says what it found: then every byte is as it was. */
  readonly comes: 'enrolled' | RegExp;
  /** A way in that is named: `kind account subject`. */
  readonly named?: (keys: Keys) => string;
  /** A program of this machine it takes; where it is missing the condition is left out, and said. */
  readonly needs?: string;
  /** What may become of dave's grant there; `in` when left out. */
  readonly dave?: 'in' | 'account-taken' | 'uid-taken' | 'kept out by the server';
}

const key = (pair: KeyPair): string => pair.publicLine;
const sshd = (...lines: readonly string[]): string =>
  `printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} | cat - /etc/ssh/sshd_config > /tmp/c && cat /tmp/c > /etc/ssh/sshd_config`;
/** So little room is left on the disk that holds /etc, /tmp and /var. */
const room = (kilobytes: number): string =>
  `used=$(df -k --output=used / | tail -n 1); mount -o remount,size=$((used + ${kilobytes}))k /`;
/** `sshd -i` for each connection, by systemd's own program for socket activation. */
const SOCKET = `kill $(cat /run/sshd.pid); address=$(sed -n '2s/ .*//p' /etc/hosts)
  setsid systemd-socket-activate -l $address:22 --inetd -a /usr/sbin/sshd -i > /dev/null 2>&1 < /dev/null &
  sleep 0.3`;
/** All that it has but what the tests themselves go through; they read files with a `find` that can print. */
const BUSYBOX = `cp /usr/bin/find /usr/local/bin/
  for one in $(busybox --list); do
    case $one in busybox | su | login | mount | umount | nsenter | unshare | init | halt | reboot | poweroff) continue ;; esac
    for folder in /usr/bin /usr/sbin; do [ ! -e $folder/$one ] || ln -sf /bin/busybox $folder/$one; done
  done`;

const ALL: readonly Condition[] = [
  {
    name: 'plain',
    what: 'as a distribution makes it (no systemd, as all of them)',
    plant: () => ':',
    comes: 'enrolled',
  },
  {
    name: 'name-taken',
    what: 'an account has the courier’s name',
    plant: () => 'useradd keyward-courier',
    comes: /name-taken/,
  },
  { name: 'group-taken', what: 'a group has keyward’s name', plant: () => 'groupadd keyward', comes: /name-taken/ },
  {
    name: 'account-taken',
    what: 'somebody else has dave’s name',
    plant: () => 'useradd -m dave',
    comes: 'enrolled',
    dave: 'account-taken',
  },
  {
    name: 'uid-taken',
    what: 'somebody else has dave’s uid',
    plant: () => 'useradd -m -u 7001 other',
    comes: 'enrolled',
    dave: 'uid-taken',
  },
  {
    name: 'adopt',
    what: 'dave has an account and a key there',
    plant: (k) =>
      `useradd -m -u 7001 -s /bin/bash dave; install -d -o dave -m 700 ~dave/.ssh; echo '${key(k.mallory)}' > ~dave/.ssh/authorized_keys`,
    comes: 'enrolled',
    named: (k) => `key dave ${k.mallory.fingerprint}`,
  },
  { name: 'allow-users', what: 'AllowUsers', plant: () => sshd('AllowUsers root legacy'), comes: 'enrolled' },
  {
    name: 'deny-users',
    what: 'DenyUsers that fits the courier',
    plant: () => sshd('DenyUsers keyward* nobody'),
    comes: 'enrolled',
  },
  {
    name: 'allow-groups',
    what: 'AllowGroups',
    plant: () => `groupadd people; usermod -aG people legacy; usermod -aG people root; ${sshd('AllowGroups people')}`,
    comes: 'enrolled',
  },
  {
    name: 'allow-from',
    what: 'AllowUsers that says from where',
    plant: () => sshd('AllowUsers root@127.0.0.1 legacy@127.*'),
    comes: 'enrolled',
    dave: 'kept out by the server',
  },
  {
    name: 'drop-in',
    what: 'another drop-in is read first',
    plant: () =>
      "printf 'PasswordAuthentication yes\\nAuthenticationMethods any\\n' > /etc/ssh/sshd_config.d/00-first.conf",
    comes: 'enrolled',
  },
  {
    name: 'drop-in-wins',
    what: 'another drop-in that wins over the revoked keys',
    plant: () => "echo 'RevokedKeys /dev/null' > /etc/ssh/sshd_config.d/00-first.conf",
    comes:
      /another setting of sshd stands before those of keyward; before them it reads \/etc\/ssh\/sshd_config\.d\/00-first\.conf/,
  },
  {
    name: 'no-include',
    what: 'sshd_config reads no drop-ins',
    plant: () => "sed -i '/^Include/d' /etc/ssh/sshd_config",
    comes: /no-include/,
  },
  {
    name: 'keys-elsewhere',
    what: 'AuthorizedKeysFile elsewhere',
    plant: (k) =>
      `mkdir /etc/ssh/people; mv ~legacy/.ssh/authorized_keys /etc/ssh/people/legacy; chown root /etc/ssh/people/legacy; chmod 644 /etc/ssh/people/legacy; echo '${key(k.root)}' > /etc/ssh/people/root; ${sshd('AuthorizedKeysFile /etc/ssh/people/%u')}`,
    comes: 'enrolled',
    named: (k) => `key legacy ${k.legacy.fingerprint}`,
  },
  {
    name: 'keys2',
    what: 'authorized_keys2',
    plant: (k) =>
      `install -o legacy -m 600 /dev/null ~legacy/.ssh/authorized_keys2; echo '${key(k.mallory)}' > ~legacy/.ssh/authorized_keys2`,
    comes: 'enrolled',
    named: (k) => `key legacy ${k.mallory.fingerprint}`,
  },
  {
    name: 'revoked',
    what: 'a list of revoked keys of its own',
    plant: (k) =>
      `echo '${key(k.mallory)}' > /etc/ssh/gone; echo '${key(k.mallory)}' >> ~legacy/.ssh/authorized_keys; echo 'RevokedKeys /etc/ssh/gone' >> /etc/ssh/sshd_config`,
    comes: 'enrolled',
  },
  {
    name: 'revoked-above',
    what: 'a list of its own above the Include line',
    plant: (k) => `echo '${key(k.mallory)}' > /etc/ssh/gone; ${sshd('RevokedKeys /etc/ssh/gone')}`,
    comes:
      /another setting of sshd stands before those of keyward; before them it reads what stands above its Include line/,
  },
  {
    name: 'krl',
    what: 'a KRL of its own',
    plant: (k) =>
      `echo '${key(k.mallory)}' > /tmp/k; ssh-keygen -q -k -f /etc/ssh/gone /tmp/k; ${sshd('RevokedKeys /etc/ssh/gone')}`,
    comes: /KRL.*revoked-keys-unreadable/,
  },
  {
    name: 'keys-command',
    what: 'an AuthorizedKeysCommand',
    plant: (k) =>
      `printf '#!/bin/sh\\n[ "$1" != legacy ] || echo "%s"\\n' '${key(k.mallory)}' > /usr/local/bin/keys; chmod 755 /usr/local/bin/keys; ${sshd('AuthorizedKeysCommand /usr/local/bin/keys %u', 'AuthorizedKeysCommandUser nobody')}`,
    comes: 'enrolled',
    named: () => 'keys-command legacy /usr/local/bin/keys',
  },
  {
    name: 'ca',
    what: 'a bare cert-authority line',
    plant: (k) => `echo 'cert-authority ${key(k.mallory)}' >> ~legacy/.ssh/authorized_keys`,
    comes: 'enrolled',
    named: (k) => `ca legacy ${k.mallory.fingerprint}`,
  },
  {
    name: 'sshd-broken',
    what: 'a broken sshd_config',
    plant: () => 'echo Nonsense >> /etc/ssh/sshd_config',
    reload: false,
    comes: /sshd-broken/,
  },
  {
    name: 'sudoers-broken',
    what: 'a broken sudoers file',
    plant: () => 'echo nonsense > /etc/sudoers.d/other',
    comes: /sudoers-broken/,
  },
  { name: 'disk-full', what: 'a full disk', plant: () => room(0), reload: false, comes: /No space left/ },
  {
    name: 'disk-nearly',
    what: 'a disk that is full when half of it is written',
    plant: () => room(204),
    reload: false,
    comes: /failed there: ./,
  },
  {
    name: 'disk-almost',
    what: 'a disk that is full when most of it is written',
    plant: () => room(264),
    reload: false,
    comes: /failed there: ./,
  },
  {
    name: 'local-full',
    what: 'a full /usr/local',
    plant: () => 'mount -t tmpfs -o size=16k none /usr/local/sbin',
    comes: /failed there: \/usr\/local\/sbin\/keyward-receive cannot be written/,
  },
  {
    name: 'local-read-only',
    what: 'a read-only /usr/local',
    plant: () => 'mount --bind /usr/local /usr/local; mount -o remount,ro,bind /usr/local',
    comes: /failed there: \/usr\/local\/sbin\/keyward-receive cannot be written/,
  },
  { name: 'no-sudo', what: 'no sudo', plant: () => 'rm /usr/bin/sudo', comes: /no-sudo/ },
  { name: 'no-flock', what: 'no flock', plant: () => 'rm /usr/bin/flock', comes: /no-flock/ },
  { name: 'no-useradd', what: 'no useradd', plant: () => 'rm /usr/sbin/useradd', comes: /no-account-tools/ },
  {
    name: 'socket',
    what: 'sshd started by a socket for each connection',
    plant: () => SOCKET,
    reload: false,
    comes: 'enrolled',
    needs: '/usr/bin/systemd-socket-activate',
  },
  {
    name: 'busybox',
    what: 'busybox for sh, coreutils, awk, sed and find',
    plant: () => BUSYBOX,
    comes: 'enrolled',
    needs: '/bin/busybox',
  },
  {
    name: 'no-pam',
    what: 'no PAM',
    plant: () => `sed -i 's/^UsePAM.*/UsePAM no/' /etc/ssh/sshd_config; usermod -p '*' legacy; usermod -p '*' root`,
    comes: 'enrolled',
  },
  // A stub: it shows the refusal alone, and no login by an older sshd.
  {
    name: 'openssh-old',
    what: 'an sshd that says it is OpenSSH 8.3',
    plant: () =>
      `printf '#!/bin/sh\\ncase $1 in -V) echo OpenSSH_8.3p1 >&2 ;; *) exec /usr/sbin/sshd.real "$@" ;; esac\\n' > /tmp/sshd; chmod 755 /tmp/sshd; mv /usr/sbin/sshd /usr/sbin/sshd.real; mv /tmp/sshd /usr/sbin/sshd`,
    reload: false,
    comes: /older than 8\.4/,
  },
];

export const CONDITIONS = ALL.filter(({ needs }) => needs === undefined || existsSync(needs));
export const LEFT_OUT = ALL.filter((one) => !CONDITIONS.includes(one)).map(
  ({ name, needs = '' }) => `${name}: needs ${needs}`,
);
