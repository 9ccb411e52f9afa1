# ours
bind "unix:///srv/shop/puma.sock"
environment "production"
directory "#{File.expand_path('../../..', __dir__)}/current"
fork_worker
