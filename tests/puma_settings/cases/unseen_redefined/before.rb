def workers(n) = super(n * 2)
