tag "a"
return if ENV["E"]
workers 2
