# Runs as process 1 of fresh mount, uts, ipc and pid namespaces and turns them into one server.
#
# Given in the environment: FLEET, NAME, TREE, SHELL_PATH, PASSWD, GROUP, SHADOW, GSHADOW, BOOT (the text of boot.sh or of
# boot-systemd.sh) and ADDRESS, PORT, CRON, SOCKET, CGROUP for it. The new root is a tmpfs: programs are an overlay over TREE,
# everything else is made here, so nothing of this machine's /etc, /home, /var or /run is in it. It goes with its last process.
set -eu
umask 022
read -r pid rest < /proc/self/stat # the outer /proc is still mounted: the number the harness knows this process by
echo 4294967295 > /proc/self/loginuid # a daemon has no login uid, whoever started the tests

# Propagation is private, so only this namespace sees it; /sys is on every machine and never holds a root tree.
mount -t tmpfs -o mode=755 "keyward-fleet-$FLEET" /sys
cd /sys
mkdir root
mount -t tmpfs -o mode=755 "keyward-fleet-$FLEET" root

# Programs. /usr/local is whatever somebody put there, so it is hidden behind a whiteout and made anew.
for dir in usr bin sbin lib lib32 lib64 libx32; do
  if [ -L "$TREE/$dir" ]; then
    set -- "$@" "$TREE/$dir"
  elif [ -d "$TREE/$dir" ]; then
    mkdir -p "up/$dir" "work/$dir" "root/$dir"
    [ "$dir" != usr ] || mknod up/usr/local c 0 0
    mount -t overlay -o "lowerdir=$TREE/$dir,upperdir=up/$dir,workdir=work/$dir" overlay "root/$dir"
  fi
done
[ $# = 0 ] || cp -a "$@" root/

# /etc: the distribution's own settings by name, the rest clean.
mkdir -p root/etc/default root/usr/local/bin root/usr/local/sbin
cd "$TREE/etc"
set --
for file in adduser.conf alternatives at.deny bash.bashrc bindresvport.blacklist debian_version default/useradd deluser.conf \
  gai.conf host.conf inputrc ld.so.cache ld.so.conf ld.so.conf.d libaudit.conf localtime login.defs lsb-release networks \
  nsswitch.conf os-release pam.conf pam.d profile protocols security services shells skel timezone; do
  if [ -e "$file" ] || [ -L "$file" ]; then set -- "$@" "$file"; fi
done
cp -a --parents "$@" /sys/root/etc/
cd /sys/root

mount -t proc -o nosuid,nodev,noexec,x-mount.mkdir proc proc
mount -t tmpfs -o mode=755,x-mount.mkdir "keyward-fleet-$FLEET" dev
cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty dev/
mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666,x-mount.mkdir devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd

pivot_root . .
umount -l .
cd /

mkdir -p dev/shm home media mnt opt root run/lock srv sys tmp var/lib/sudo var/log var/mail var/spool/cron var/tmp \
  etc/cron.d etc/ssh/sshd_config.d etc/sudoers.d
chmod 700 root var/lib/sudo
chmod 1777 dev/shm tmp var/tmp run/lock
chmod 2775 var/mail
ln -s /run var/run
ln -s ../mail var/spool/mail
printf '%s' "$PASSWD" > etc/passwd
printf '%s' "$GROUP" > etc/group
(umask 137 && printf '%s' "$SHADOW" > etc/shadow && printf '%s' "$GSHADOW" > etc/gshadow)
chgrp shadow etc/shadow etc/gshadow
chgrp mail var/mail
: > etc/environment
: > etc/default/locale
: > var/log/wtmp
: > var/log/lastlog
printf '127.0.0.1 localhost\n%s %s\n' "$ADDRESS" "$NAME" > etc/hosts
echo "$NAME" > etc/hostname
echo "$NAME" > proc/sys/kernel/hostname

(umask 337 && cat > etc/sudoers) << 'SUDOERS'
Defaults env_reset
Defaults mail_badpass
Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
Defaults use_pty
root ALL=(ALL:ALL) ALL
%sudo ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
SUDOERS
chmod 750 etc/sudoers.d

# No RSA host key: making one takes longer than all the rest.
cp usr/share/openssh/sshd_config etc/ssh/sshd_config
ssh-keygen -q -t ed25519 -N '' -C "root@$NAME" -f etc/ssh/ssh_host_ed25519_key
ssh-keygen -q -t ecdsa -N '' -C "root@$NAME" -f etc/ssh/ssh_host_ecdsa_key

if [ -n "$CRON" ]; then
  install -d -m 1730 -g crontab var/spool/cron/crontabs
  install -d -m 1770 -o daemon -g daemon var/spool/cron/atjobs var/spool/cron/atspool
  [ -e var/spool/cron/atjobs/.SEQ ] || install -m 600 -o daemon -g daemon /dev/null var/spool/cron/atjobs/.SEQ
fi
[ -z "$SHELL_PATH" ] || ln -sf "$SHELL_PATH" bin/sh

env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/dash -c "$BOOT" boot "$ADDRESS" "$PORT" "$CRON" "$SOCKET" "$CGROUP"

echo "$pid"
exec > /dev/null 2>&1 < /dev/null
# Process 1 only has to take in orphans. With this signal ignored the kernel reaps them by itself
# (`trap '' CHLD` would not do: dash keeps it from what it executes).
exec env -i --ignore-signal=CHLD sleep infinity
