# shellcheck shell=sh
# Runs inside a naive host: the app's unit becomes one of its user, as Capistrano's Puma plugin makes it. The image needs
# libpam-systemd, as every Debian host has it: without it no systemd runs for a user.
set -eu
units=/srv/shop/.config/systemd/user name=puma_shop_production.service
systemctl disable --now puma.service
mkdir -p "$units/default.target.wants"
sed -e '/^User=/d' -e 's/multi-user.target/default.target/' /etc/systemd/system/puma.service >"$units/$name"
ln -s "../$name" "$units/default.target.wants/$name"
rm /etc/systemd/system/puma.service
systemctl daemon-reload
chown -R -h shop:shop /srv/shop/.config
# By systemd: from 257 on logind answers no process of a control group that it does not see, as that of the lab's `exec`.
systemd-run --quiet --wait loginctl enable-linger shop
until curl -fsS -o /dev/null --max-time 2 http://localhost/ 2>/dev/null; do sleep 0.1; done
# As for any naive host: an app that has only just booted is not that of a running site.
sleep 2
