# shellcheck shell=sh
# Runs inside a naive host: its app becomes `puma@shop.service`, and a second one, my-app, an instance of the same template.
set -eu
systemctl disable --now puma.service
sed -e 's/^User=.*/User=%I/' -e 's,/srv/shop,/srv/%I,' /etc/systemd/system/puma.service >/etc/systemd/system/puma@.service
rm /etc/systemd/system/puma.service

useradd --create-home --home-dir /srv/my-app --shell /bin/sh --password '*' my-app
chmod 0755 /srv/my-app
for name in releases shared current; do cp -a "/srv/shop/$name" /srv/my-app/; done
rm -rf /srv/my-app/shared/tmp/sockets/* /srv/my-app/shared/tmp/pids/*
ln -sfn /srv/my-app/releases/r1 /srv/my-app/current
for release in r1 r2; do
	ln -sfn /srv/my-app/shared/tmp "/srv/my-app/releases/$release/tmp"
	sed -i -e 's,/srv/shop,/srv/my-app,' -e 's/release=/app=my-app release=/' "/srv/my-app/releases/$release/config.ru"
done
sed -i 's,/srv/shop,/srv/my-app,' /srv/my-app/shared/puma.rb
chown -R -h my-app:my-app /srv/my-app

sed 's/shop/my-app/' /etc/nginx/conf.d/shop_upstream.conf >/etc/nginx/conf.d/my-app_upstream.conf
sed -e 's/80 default_server/80/' -e 's,http://shop,http://my-app,' -e 's/^server {/server {\n    server_name my-app.test;/' \
	/etc/nginx/sites-available/shop >/etc/nginx/sites-enabled/my-app
systemctl daemon-reload
systemctl enable --now puma@shop.service 'puma@my\x2dapp.service'
systemctl reload nginx.service
for host in localhost my-app.test; do
	until curl -fsS -o /dev/null --max-time 2 -H "Host: $host" http://localhost/ 2>/dev/null; do sleep 0.1; done
done
# As for any naive host: an app that has only just booted is not that of a running site.
sleep 2
