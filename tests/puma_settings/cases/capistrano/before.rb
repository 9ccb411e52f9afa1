#!/usr/bin/env puma

directory '/srv/shop/current'
rackup "/srv/shop/current/config.ru"
environment 'production'

tag ''

pidfile "/srv/shop/shared/tmp/pids/puma.pid"
state_path "/srv/shop/shared/tmp/pids/puma.state"
stdout_redirect '/srv/shop/shared/log/puma_access.log', '/srv/shop/shared/log/puma_error.log', true

threads 0,16

bind 'unix:///srv/shop/shared/tmp/sockets/shop-puma.sock'

workers 0

restart_command 'bundle exec puma'

prune_bundler

on_restart do
  puts 'Refreshing Gemfile'
  ENV["BUNDLE_GEMFILE"] = ""
end
