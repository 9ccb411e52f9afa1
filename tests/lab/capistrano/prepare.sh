# shellcheck shell=sh
# Makes a naive host one that deploys to itself: releases to deploy, an account that may reload Puma, keys between the two.
set -eu
cd /srv/shop
for release in r3 r4 bad; do
  mkdir -p "built/$release"
  cp releases/r1/config.ru "built/$release/config.ru"
done
echo 'raise "no such table"' >built/bad/config.ru
for folder in built/* releases/*; do
  # Where gems come from is not asked: they are Debian's, and on the host.
  printf 'source "https://rubygems.org"\ngem "puma"\n' >"$folder/Gemfile"
done
chown -R shop: built releases

# What docs/capistrano.md asks for, and no more.
cat >/etc/sudoers.d/shop <<'TEXT'
shop ALL=(root) NOPASSWD: /bin/systemctl start puma, /bin/systemctl stop puma, /bin/systemctl reload puma
TEXT
usermod -a -G systemd-journal shop

su deploy -c 'ssh-keygen -q -t ed25519 -N "" -f ~/.ssh/id_ed25519'
cat /home/deploy/.ssh/id_ed25519.pub >>/home/deploy/.ssh/authorized_keys
printf 'localhost %s\n' "$(cut -d' ' -f1,2 /etc/ssh/ssh_host_ed25519_key.pub)" >/home/deploy/.ssh/known_hosts
mkdir -p .ssh
cp /home/deploy/.ssh/id_ed25519.pub .ssh/authorized_keys
chmod 0700 .ssh
chown -R shop: .ssh
chown -R deploy: /home/deploy
