w: bare
