"""The same three files and what they make necessary, for pyinfra."""

from pyinfra import host
from pyinfra.operations import files, server, systemd

ours = host.data.files

upstream = files.put(
    src=f"{ours}/upstream.conf", dest="/etc/nginx/conf.d/shop_upstream.conf", user="root", group="root", mode="644"
)
files.directory(path="/etc/systemd/system/puma.service.d", user="root", group="root", mode="755")
drop_in = files.put(
    src=f"{ours}/reload.conf",
    dest="/etc/systemd/system/puma.service.d/10-zdt-exec-reload.conf",
    user="root",
    group="root",
    mode="644",
)
puma = files.put(src=f"{ours}/puma.rb", dest="/srv/shop/shared/puma.rb", user="shop", group="shop", mode="640")

systemd.daemon_reload(_if=drop_in.did_change)
systemd.service(service="nginx", reloaded=True, _if=upstream.did_change)
server.shell(commands=["systemctl kill --signal USR2 --kill-whom main puma"], _if=puma.did_change)
