@options[:workers] = 2
