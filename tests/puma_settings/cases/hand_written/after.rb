# frozen_string_literal: true

app_dir = File.expand_path("..", __dir__)
shared_dir = "#{app_dir}/shared"

workers 4 # small box
threads 5, 5
preload_app! false

bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"

if ENV["STATSD"]
  before_fork { Metrics.stop }
end

on_worker_boot do |index|
  # Each worker talks to its own log.
  Log.reopen(index)
end

lowlevel_error_handler do |error|
  [500, {}, ["#{error.class}\n"]]
end
on_worker_boot do
  ActiveRecord::Base.establish_connection if defined?(ActiveRecord)
end
worker_timeout 90

__END__
workers 99
