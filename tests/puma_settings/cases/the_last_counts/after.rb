workers 1
workers 2 if ENV["FEW"]
workers 3
