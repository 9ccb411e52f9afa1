bind "unix:///run/d.sock"
