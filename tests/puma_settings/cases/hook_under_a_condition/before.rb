if ENV["AR"]
  on_worker_boot do
    x = 1
  end
end
