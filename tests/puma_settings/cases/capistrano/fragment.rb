environment "production"
workers 3
threads 5, 5

# The link, not the release behind it.
directory "/srv/shop/current"

bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"

# Explicit, for the default differs between versions.
preload_app! false
prune_bundler

on_worker_boot do
  ActiveRecord::Base.establish_connection if defined?(ActiveRecord)
end

worker_shutdown_timeout 30
state_path "/srv/shop/shared/tmp/pids/puma.state"
state_permission 0600
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0177"
