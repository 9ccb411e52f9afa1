ENV["E"] && workers(4)
