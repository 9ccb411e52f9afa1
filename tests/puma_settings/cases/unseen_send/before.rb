[:workers].each { |name| send name, 3 }
