workers Integer(ENV["N"]) rescue nil
