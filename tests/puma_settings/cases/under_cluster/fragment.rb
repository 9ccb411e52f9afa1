workers 3
