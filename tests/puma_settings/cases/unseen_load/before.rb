load "more.rb"
