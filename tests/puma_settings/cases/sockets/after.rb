bind "unix:///run/d.sock"
bind "unix:///run/c.sock"
