workers 1
if ENV["MANY"]
  workers 5
end
