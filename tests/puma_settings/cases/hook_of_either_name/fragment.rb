send(respond_to?(:before_worker_boot) ? :before_worker_boot : :on_worker_boot) do
  x = 1
end
