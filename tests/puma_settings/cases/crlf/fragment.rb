workers 3
on_worker_boot do
  ActiveRecord::Base.establish_connection if defined?(ActiveRecord)
end
