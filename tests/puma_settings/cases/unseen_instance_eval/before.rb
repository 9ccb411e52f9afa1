instance_eval(File.read("more.rb"))
