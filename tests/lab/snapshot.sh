# shellcheck shell=sh
# Prints everything that a plan could have touched, one line a path: type, mode, owner, group, modification time,
# link target; then each file's content as a hash. Run inside a host before and after; the texts must be the same.
#
# Left out, because a login alone changes it, with no zdt anywhere (measured on the three suites; zdt never writes there):
#   /run/motd.dynamic, and the modification time of /run that it moves          PAM, at each login
#   /run/utmp, /run/user, /run/sudo                                             PAM and sudo, on a first login
#   /run/log, /run/systemd/{sessions,users,inhibit,journal,netif}               journald, logind, networkd
LC_ALL=C
export LC_ALL

paths() {
  find /etc /srv /var/lib /var/tmp /run /tmp \( -path /run/motd.dynamic -o -path /run/utmp -o -path /run/user \
    -o -path /run/sudo -o -path /run/log -o -path /run/systemd/sessions -o -path /run/systemd/users \
    -o -path /run/systemd/inhibit -o -path /run/systemd/journal -o -path /run/systemd/netif \) -prune -o "$@"
}

paths -path /run -printf '%p\t%y %m %U:%G\n' -o -printf '%p\t%y %m %U:%G %T@ %l\n' | sort
paths -type f -print0 | sort -z | xargs -0 -r sha256sum | sed 's/^\([0-9a-f]*\)  \(.*\)$/\2\t\1/'
