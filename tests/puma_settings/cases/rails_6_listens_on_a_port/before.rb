# Threads that serve requests, at least and at most. Keep the database pool as large.
max_threads_count = ENV.fetch("RAILS_MAX_THREADS") { 5 }
min_threads_count = ENV.fetch("RAILS_MIN_THREADS") { max_threads_count }
threads min_threads_count, max_threads_count

# Nobody wants to wait for a debugger to time out.
worker_timeout 3600 if ENV.fetch("RAILS_ENV", "development") == "development"

port ENV.fetch("PORT") { 3000 }

environment ENV.fetch("RAILS_ENV") { "development" }

pidfile ENV.fetch("PIDFILE") { "tmp/pids/server.pid" }

# Several processes, where there are processors for them.
# workers ENV.fetch("WEB_CONCURRENCY") { 2 }

# preload_app!

# `rails restart` touches a file.
plugin :tmp_restart
