bind "unix:///run/d.sock"
bind "tcp://127.0.0.1:9000"
