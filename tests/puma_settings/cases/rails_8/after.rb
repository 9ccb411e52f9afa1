# As many threads as the database pool has connections.
threads_count = ENV.fetch("RAILS_MAX_THREADS", 3)
threads 5, 5

bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"

plugin :tmp_restart
environment "production"
workers 3
directory "/srv/shop/current"
preload_app! false
prune_bundler
on_worker_boot do
  ActiveRecord::Base.establish_connection if defined?(ActiveRecord)
end
worker_shutdown_timeout 30
state_path "/srv/shop/shared/tmp/pids/puma.state"
state_permission 0600
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0177"

# The queue in the same process, for small servers.
plugin :solid_queue if ENV["SOLID_QUEUE_IN_PUMA"]

pidfile ENV["PIDFILE"] if ENV["PIDFILE"]
