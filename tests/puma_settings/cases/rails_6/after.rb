# Threads that serve requests, at least and at most. Keep the database pool as large.
max_threads_count = ENV.fetch("RAILS_MAX_THREADS") { 5 }
min_threads_count = ENV.fetch("RAILS_MIN_THREADS") { max_threads_count }
threads 5, 5

# Nobody wants to wait for a debugger to time out.
worker_timeout 3600 if ENV.fetch("RAILS_ENV", "development") == "development"

bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"

environment "production"

pidfile ENV.fetch("PIDFILE") { "tmp/pids/server.pid" }

# Several processes, where there are processors for them.
# workers ENV.fetch("WEB_CONCURRENCY") { 2 }

# preload_app!

# `rails restart` touches a file.
plugin :tmp_restart
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
