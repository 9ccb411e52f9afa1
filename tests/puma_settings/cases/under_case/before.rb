case ENV["E"]
when "p" then workers 4
end
