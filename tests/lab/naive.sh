# shellcheck shell=sh
# Puts a live app on the image at $1 the way many hosts have it: Capistrano's layout, Puma under a hand-made unit
# without ExecReload, nginx with a one-line upstream. Nothing of zdt's advice is followed here.
set -eu
root=$1
files=$(dirname "$0")/naive

chroot "$root" useradd --create-home --home-dir /srv/shop --shell /bin/sh --password '*' shop
# New homes are 0700 on Debian 13: nginx's user could not reach the socket.
chmod 0755 "$root/srv/shop"
for release in r1 r2; do
  mkdir -p "$root/srv/shop/releases/$release"
  cp "$files/config.ru" "$root/srv/shop/releases/$release/config.ru"
  printf '%s\n' "$release" >"$root/srv/shop/releases/$release/REVISION"
  ln -s /srv/shop/shared/tmp "$root/srv/shop/releases/$release/tmp"
done
ln -s /srv/shop/releases/r1 "$root/srv/shop/current"
mkdir -p "$root/srv/shop/shared/tmp/sockets" "$root/srv/shop/shared/tmp/pids" "$root/srv/shop/shared/log"
cp "$files/puma.rb" "$root/srv/shop/shared/puma.rb"
chroot "$root" chown -R -h shop:shop /srv/shop

cp "$files/puma.service" "$root/etc/systemd/system/puma.service"
ln -sf /etc/systemd/system/puma.service "$root/etc/systemd/system/multi-user.target.wants/puma.service"
cp "$files/shop_upstream.conf" "$root/etc/nginx/conf.d/shop_upstream.conf"
cp "$files/shop.conf" "$root/etc/nginx/sites-available/shop"
rm -f "$root/etc/nginx/sites-enabled/default"
ln -s /etc/nginx/sites-available/shop "$root/etc/nginx/sites-enabled/shop"
