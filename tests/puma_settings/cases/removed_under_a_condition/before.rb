prune_bundler unless ENV["NO"]
