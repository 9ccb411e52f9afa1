# shellcheck shell=sh
# Runs inside a host with two apps: each gets a unit made by hand, that starts Puma from a login shell. One says `exec`; under the other
# the shell stays the main process.
set -eu
systemctl disable --now puma@shop.service 'puma@my\x2dapp.service'
rm /etc/systemd/system/puma@.service
for name in shop my-app; do
	start="exec puma -C /srv/$name/shared/puma.rb"
	[ "$name" = shop ] || start="puma -C /srv/$name/shared/puma.rb; echo ended"
	cat >"/etc/systemd/system/$name.service" <<-END
		[Unit]
		Description=$name, by hand

		[Service]
		User=$name
		Environment=RAILS_ENV=production SECRET_KEY_BASE=hunter2
		ExecStart=/bin/bash -lc 'cd /srv/$name/current && DATABASE_URL=postgres://u:hunter2@db/$name $start'
		Restart=always

		[Install]
		WantedBy=multi-user.target
	END
done
systemctl daemon-reload
systemctl enable --now shop.service my-app.service
for host in localhost my-app.test; do
	until curl -fsS -o /dev/null --max-time 2 -H "Host: $host" http://localhost/ 2>/dev/null; do sleep 0.1; done
done
# As for any naive host: an app that has only just booted is not that of a running site.
sleep 2
