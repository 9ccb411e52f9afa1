workers 3
tag "app"
pidfile "/tmp/p"
