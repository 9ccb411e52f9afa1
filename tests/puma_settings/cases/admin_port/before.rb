bind "unix:///run/a.sock"
bind "tcp://127.0.0.1:9000"
