port 3000
clear_binds!
bind "unix:///run/a.sock"
