ENV["E"] ? workers(4) : nil
