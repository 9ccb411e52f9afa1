server ENV.fetch("SERVER"), user: ENV.fetch("LOGIN", "shop"), roles: %w[app web]
