tap { |config| config.workers 2 }
