# ours
bind "unix:///srv/shop/old.sock"
