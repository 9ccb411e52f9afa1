set :application, "shop"
set :deploy_to, "/srv/shop"
append :linked_dirs, "tmp"
