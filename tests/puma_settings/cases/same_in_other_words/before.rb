threads "5",5 # as many as the pool
prune_bundler true
preload_app!(false)
self.workers 3
quiet
on_worker_boot do
    # Reconnect.
    ActiveRecord::Base.establish_connection if defined?(ActiveRecord)

end
state_permission 384
send :worker_timeout, 60
bind 'unix:///run/shop/puma.sock'.freeze
