workers 1
