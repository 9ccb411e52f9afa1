cluster do
  workers 2
end
