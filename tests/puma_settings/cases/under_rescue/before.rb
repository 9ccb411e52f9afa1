begin
  workers Integer(ENV["N"])
rescue TypeError
  workers 1
end
