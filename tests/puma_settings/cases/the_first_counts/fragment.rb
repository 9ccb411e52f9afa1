rackup "c.ru"
