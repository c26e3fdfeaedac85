# As boot.sh, for a server whose process 1 is systemd. Arguments: ADDRESS PORT CRON SOCKET CGROUP.
#
# It runs in a pid, mount and cgroup namespace of its own inside the server's, so that it can be switched off and on again
# while the disk stays. As in any container it finds /sys and /proc/sys read-only: nothing of this machine is set by it.
set -eu
umask 022
mountpoint -q /run || mount --bind /run /run
rm -rf /run/* /tmp/* /tmp/.[!.]*
mkdir -p /run/lock

# An id from before the first start: without one systemd would switch on every unit there is.
[ -s /etc/machine-id ] || tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id
if [ ! -e /etc/default/ssh ]; then
  units=/etc/systemd/system
  mkdir -p $units/multi-user.target.wants $units/sockets.target.wants $units/ssh.socket.d $units/dbus.service.d
  ln -s /lib/systemd/system/multi-user.target $units/default.target
  # What would touch the machine below, or wait for what a server here has not.
  for unit in systemd-udevd.service systemd-udevd-control.socket systemd-udevd-kernel.socket systemd-udev-trigger.service \
    systemd-modules-load.service systemd-networkd.service systemd-resolved.service systemd-timesyncd.service getty.target \
    kmod-static-nodes.service sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount; do
    ln -s /dev/null "$units/$unit"
  done
  echo "SSHD_OPTS='-E /var/log/auth.log -o ListenAddress=$1:$2'" > /etc/default/ssh
  printf '[Socket]\nListenStream=\nListenStream=%s:%s\nFreeBind=yes\n' "$1" "$2" > $units/ssh.socket.d/address.conf
  if [ -n "$4" ]; then ln -s /lib/systemd/system/ssh.socket $units/sockets.target.wants/; else
    ln -s /lib/systemd/system/ssh.service $units/multi-user.target.wants/
  fi
  [ -z "$3" ] || ln -s /lib/systemd/system/cron.service /lib/systemd/system/atd.service $units/multi-user.target.wants/
fi

mkdir -p /sys/fs/cgroup
mount -t cgroup2 none /sys/fs/cgroup
mkdir -p "/sys/fs/cgroup/$5"
echo 0 > "/sys/fs/cgroup/$5/cgroup.procs"
umount /sys/fs/cgroup
setsid unshare --mount --pid --fork --kill-child=KILL --cgroup --mount-proc --propagation private /bin/dash -c '
  echo 4294967295 > /proc/self/loginuid
  mount -o bind /proc/sys /proc/sys
  mount -o remount,bind,ro /proc/sys
  mount -t sysfs sysfs /sys
  mount -o remount,bind,ro /sys
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  exec env -i container=keyward-fleet PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd
' < /dev/null > /var/log/systemd-start 2>&1 &
