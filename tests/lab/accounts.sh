# shellcheck shell=sh
# Makes the image at $1 one host: name, keys, accounts. Runs before it boots, so nothing has to be waited for.
#   root by key; deploy with sudo without a password; nosudo without sudo.
set -eu
root=$1

printf '%s\n' "$ZDT_LAB_NAME" >"$root/etc/hostname"
printf '127.0.0.1 localhost %s\n' "$ZDT_LAB_NAME" >"$root/etc/hosts"
# A machine-id of its own: an empty one means "first boot", which is slower and writes presets.
tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
# Clockwork that would change files while a test compares them.
for timer in "$root"/usr/lib/systemd/system/*.timer; do
  [ -e "$timer" ] && ln -sf /dev/null "$root/etc/systemd/system/$(basename "$timer")"
done
# Nobody logs in at a console.
ln -sf /dev/null "$root/etc/systemd/system/console-getty.service"

rm -f "$root"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C "$ZDT_LAB_NAME" -f "$root/etc/ssh/ssh_host_ed25519_key"

# `*` instead of `!`: sshd takes `!` for a locked account and refuses its key.
account() {
  chroot "$root" useradd --create-home --shell /bin/sh --password '*' "$1"
}
authorize() { # HOME OWNER
  mkdir -p "$root$1/.ssh"
  chmod 0700 "$root$1/.ssh"
  cp "$ZDT_LAB_KEY.pub" "$root$1/.ssh/authorized_keys"
  chroot "$root" chown -R "$2:" "$1/.ssh"
}
account deploy
account nosudo
authorize /root root
authorize /home/deploy deploy
authorize /home/nosudo nosudo
printf 'deploy ALL=(ALL) NOPASSWD: ALL\n' >"$root/etc/sudoers.d/deploy"
chmod 0440 "$root/etc/sudoers.d/deploy"
