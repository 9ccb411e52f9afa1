# frozen_string_literal: true

app_dir = File.expand_path("..", __dir__)
shared_dir = "#{app_dir}/shared"

workers Integer(ENV.fetch("WEB_CONCURRENCY", 2)) # small box
threads ENV["MIN"] || 1, ENV["MAX"] || 6
preload_app!

bind "unix://#{shared_dir}/sockets/puma.sock"

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

__END__
workers 99
