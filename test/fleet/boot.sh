# What a server does when it is switched on; runs inside, at the first start and after each stop. Arguments: ADDRESS PORT CRON.
set -eu
umask 022
rm -rf /run/* /tmp/* /tmp/.[!.]*
mkdir -p /run/sshd /run/lock
# The address is an argument, not a line of sshd_config: whatever a test writes there, sshd listens nowhere else.
/usr/sbin/sshd -E /var/log/auth.log -o "ListenAddress=$1:$2" < /dev/null > /dev/null
if [ -n "$3" ]; then
  # cron compares times in whole seconds: a table written in the second of its start would never be read (and 0 means never).
  touch -d @1 /etc/cron.d /var/spool/cron/crontabs
  /usr/sbin/cron < /dev/null > /dev/null 2>&1
  /usr/sbin/atd -b 1 < /dev/null > /dev/null 2>&1
fi
