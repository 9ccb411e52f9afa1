bind "unix:///run/a.sock"
bind "unix:///run/b.sock" # second
bind "unix:///run/c.sock"
