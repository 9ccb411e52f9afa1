workers 3
bind "unix:///run/b.sock"
