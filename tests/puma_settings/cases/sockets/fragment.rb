bind "unix:///run/c.sock"
bind "unix:///run/d.sock"
