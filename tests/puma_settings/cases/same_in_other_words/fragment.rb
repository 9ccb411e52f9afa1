threads 5, 5
prune_bundler
preload_app! false
workers 3
log_requests false
on_worker_boot do
  ActiveRecord::Base.establish_connection if defined?(ActiveRecord)
end
state_permission 0600
worker_timeout 60
bind "unix:///run/shop/puma.sock"
