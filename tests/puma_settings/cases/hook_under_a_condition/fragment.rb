on_worker_boot do
  x = 1
end
