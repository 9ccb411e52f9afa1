n = workers(2)
