[2].each { |n| workers n }
