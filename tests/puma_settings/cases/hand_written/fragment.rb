workers 4
threads 5, 5
preload_app! false
bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"
on_worker_boot do
  ActiveRecord::Base.establish_connection if defined?(ActiveRecord)
end
worker_timeout 90
