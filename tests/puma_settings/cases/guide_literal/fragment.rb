environment "production"
bind "unix:///srv/shop/puma.sock"
directory "#{File.expand_path('../../..', __dir__)}/current"
fork_worker
