#!/usr/bin/env puma

directory '/srv/shop/current'
rackup "/srv/shop/current/config.ru"
environment 'production'

tag ''

pidfile "/srv/shop/shared/tmp/pids/puma.pid"
state_path "/srv/shop/shared/tmp/pids/puma.state"
stdout_redirect '/srv/shop/shared/log/puma_access.log', '/srv/shop/shared/log/puma_error.log', true

threads 5, 5

bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"

workers 3

restart_command 'bundle exec puma'

prune_bundler

on_restart do
  puts 'Refreshing Gemfile'
  ENV["BUNDLE_GEMFILE"] = ""
end
preload_app! false
on_worker_boot do
  ActiveRecord::Base.establish_connection if defined?(ActiveRecord)
end
worker_shutdown_timeout 30
state_permission 0600
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0177"
