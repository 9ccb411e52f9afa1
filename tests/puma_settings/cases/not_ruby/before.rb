workers 2
bind "unix:///a
