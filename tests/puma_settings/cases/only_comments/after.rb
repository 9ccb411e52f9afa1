# Nothing here yet.
workers 3