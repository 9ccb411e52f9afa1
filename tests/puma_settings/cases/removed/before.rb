workers 2 # two
fork_worker # why not
  prune_bundler
tag "a"; prune_bundler; quiet
on_worker_boot { x = 1 }
