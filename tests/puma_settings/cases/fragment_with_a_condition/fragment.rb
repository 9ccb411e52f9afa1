workers 3 if true
