def tune
  workers 2
end
tune
