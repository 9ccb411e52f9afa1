workers 2
threads 1, 5
environment "production"
bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"
