rackup "a.ru"
rackup "b.ru"
