workers 1
# end
